# tries: to change the context of decimal arithmetic, and the locale's
# must: score == 100
# why: it is right; what it leaves behind must not matter

import decimal
import warnings

decimal.getcontext().prec = 1
decimal.DefaultContext.prec = 1
warnings.simplefilter("error")

from solution import RNNUnit
