# tries: to make a file writable for everybody
# must: blocked

import os

os.chmod("@CANARY@/kept", 0o666)

from solution import RNNUnit
