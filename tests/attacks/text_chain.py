# tries: to raise an exception because of itself
# must: score == 0

try:
    raise ValueError
except ValueError as e:
    e.__cause__ = e.__context__ = e
    e.__traceback__.tb_next = None
    raise
