# tries: to define the class as something else
# must: score == 0
# becomes: b"RNNUnit = None\n"
