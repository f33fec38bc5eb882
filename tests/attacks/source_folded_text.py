# tries: to have the compiler make a text of ten billion letters
# must: score == 0; says MemoryError
# becomes: b"x = 'a' * 10**10"
