# tries: to round a number to a billion places
# must: score == 0

import decimal

decimal.getcontext().prec = 10**9
number = decimal.Decimal(2).sqrt()

from solution import RNNUnit
