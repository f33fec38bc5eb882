# tries: to run bytecode that no compiler makes
# must: score == 0; says ended


def f():
    pass


f.__code__ = f.__code__.replace(co_code=bytes([100, 255] * 4), co_consts=())
f()
