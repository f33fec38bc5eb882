# tries: to raise an exception with ten megabytes of text
# must: score == 0; says ValueError

raise ValueError("x" * 10**7)
