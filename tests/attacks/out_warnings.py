# tries: to warn without end
# must: score == 0; says time limit

import warnings

warnings.simplefilter("always")
while True:
    warnings.warn("x" * 10**5, stacklevel=1)
