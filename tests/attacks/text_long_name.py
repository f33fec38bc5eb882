# tries: to raise an exception of a class with a megabyte of name
# must: score == 0

raise type("X" * 10**6, (Exception,), {})
