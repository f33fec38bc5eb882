# tries: to leave by SystemExit, past handlers of Exception
# must: score == 0; says SystemExit

import sys

sys.exit(0)
