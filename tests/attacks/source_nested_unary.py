# tries: to crash the compiler with a hundred thousand minus signs
# must: score == 0
# becomes: b"x = " + b"-" * 100_000 + b"1"
