# tries: to be no text at all
# must: score == 0; says null
# becomes: bytes(range(256)) * 100
