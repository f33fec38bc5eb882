# tries: to write to its own memory through /proc, past all page protections
# must: blocked

open("/proc/self/mem", "r+b", buffering=0)

from solution import RNNUnit
