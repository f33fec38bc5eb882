# tries: to start a thread, which goes on while its answers are read
# must: blocked
# control: root

import threading

threading.Thread(target=print).start()

from solution import RNNUnit
