# tries: to read a file through the cache that tracebacks use
# must: blocked

import linecache

assert linecache.getlines("/etc/passwd")

from solution import RNNUnit
