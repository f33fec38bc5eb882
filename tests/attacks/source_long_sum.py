# tries: to add a hundred thousand numbers in one expression
# must: score == 0
# becomes: b"+".join([b"x"] * 100_000)
