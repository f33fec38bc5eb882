# tries: to loop in the garbage collector
# must: score == 0; says time limit

import gc


def go_on(*_):
    while True:
        pass


gc.callbacks.append(go_on)
gc.collect()
