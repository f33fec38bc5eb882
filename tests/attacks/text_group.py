# tries: to raise a group of groups of exceptions
# must: score == 0

error = ValueError("deep")
for _ in range(10**4):
    error = ExceptionGroup("group", [error])
raise error
