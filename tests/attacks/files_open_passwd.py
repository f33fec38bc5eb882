# tries: to open a file that everybody may read
# must: blocked

open("/etc/passwd").read()

from solution import RNNUnit
