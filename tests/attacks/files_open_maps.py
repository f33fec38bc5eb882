# tries: to find out where everything lies in memory
# must: blocked

open("/proc/self/maps").read()

from solution import RNNUnit
