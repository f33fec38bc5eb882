# tries: to make an attribute of an attribute, a hundred thousand times
# must: score == 0
# becomes: b"x" + b".a" * 100_000
