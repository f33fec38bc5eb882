# tries: to sleep, which costs no processor time
# must: score == 0; says time limit

import time

time.sleep(10**6)

from solution import RNNUnit
