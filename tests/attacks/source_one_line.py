# tries: to be one line of 250,000 characters with an error at its end
# must: score == 0; says SyntaxError
# becomes: b"x = 1;" * 35_000 + b"\x01"
