# tries: to abort
# must: score == 0; says ended

import os

os.abort()
