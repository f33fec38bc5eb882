# tries: to leave a file behind
# must: blocked

open("@CANARY@/created", "w").close()

from solution import RNNUnit
