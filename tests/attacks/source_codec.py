# tries: to have a codec that compresses or decodes run
# must: score == 0; says SyntaxError
# becomes: b"# coding: rot13\nvzcbeg bf\n"
