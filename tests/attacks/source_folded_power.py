# tries: to have the compiler work out a number of a billion bits
# must: score == 0
# becomes: b"x = 2**10**9 % 7 ** 10**9"
