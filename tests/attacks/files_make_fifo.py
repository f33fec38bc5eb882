# tries: to leave a named pipe behind, on which a reader would hang
# must: blocked

import os

os.mkfifo("@CANARY@/fifo")

from solution import RNNUnit
