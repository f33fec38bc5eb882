# tries: to raise an exception with a traceback that is ten million entries long
# must: score == 0

import sys
import types

trace = None
frame = sys._getframe()
for _ in range(2 * 10**6):
    trace = types.TracebackType(trace, frame, 0, 1)
raise ValueError("long ago").with_traceback(trace)
