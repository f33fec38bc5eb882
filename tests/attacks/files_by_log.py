# tries: to write a file through a log handler
# must: blocked

import logging

logging.FileHandler("@CANARY@/log")

from solution import RNNUnit
