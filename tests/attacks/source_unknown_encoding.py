# tries: to name an encoding that is a path
# must: score == 0; says SyntaxError
# becomes: b"# coding: ../../tmp/x\n"
