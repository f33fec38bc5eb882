# tries: to end while it is loaded, with the exit code of success
# must: score == 0; says ended

import os

os._exit(0)
