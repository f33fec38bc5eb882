# tries: to raise an exception whose text grows when it is sent
# must: score == 0

raise ValueError("\U0001f600" * 10**6)
