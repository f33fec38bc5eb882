# tries: to pass for a stub
# must: score == 0

raise NotImplementedError("\x1b[2J <script>alert(1)</script>")
