# tries: to read a file through the loader of a module that is there
# must: blocked

import json

json.__loader__.get_data("/etc/passwd")

from solution import RNNUnit
