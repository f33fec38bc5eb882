# tries: to raise a syntax error of its own making
# must: score == 0

raise SyntaxError("\x1b[2J", ("rnn_unit.py", 2**70, -1, "<script>\x1b[2J</script>" * 10**5))
