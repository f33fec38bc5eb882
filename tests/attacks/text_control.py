# tries: to repaint the terminal of who reads its exception
# must: score == 0

raise ValueError("\x1b[2J\x1b]0;owned\x07\x9b31m\x08\x08\x08passed\r\n\n\n 100 of 100\x00")
