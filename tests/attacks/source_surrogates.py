# tries: to be in bytes that no encoding has
# must: score == 0; says SyntaxError
# becomes: b"x = '\xed\xa0\x80'\n"
