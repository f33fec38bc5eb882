# tries: to be no text at all
# must: score == 0; says Syntax
# becomes: bytes(range(256)) * 100
