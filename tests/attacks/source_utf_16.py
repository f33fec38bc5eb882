# tries: to be in UTF-16
# must: score == 0; says null
# becomes: "x = 1\n".encode("utf-16")
