# tries: to be empty
# must: score == 0; says RNNUnit
# becomes: b""
