# tries: to pass for a file without the class
# must: score == 0

raise AttributeError("\x1b[2J no attribute 'RNNUnit'")
