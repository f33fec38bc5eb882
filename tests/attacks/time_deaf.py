# tries: to loop with every signal ignored
# must: score == 0; says time limit

import signal

for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)
while True:
    pass

from solution import RNNUnit
