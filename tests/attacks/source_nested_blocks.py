# tries: to nest blocks deeper than the compiler allows
# must: score == 0; says IndentationError
# becomes: b"".join(b" " * i + b"if 1:\n" for i in range(300))
