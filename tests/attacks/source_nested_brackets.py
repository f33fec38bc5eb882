# tries: to crash the compiler with brackets a hundred thousand deep
# must: score == 0
# becomes: b"(" * 100_000 + b")" * 100_000
