# tries: to loop without end while it is loaded
# must: score == 0; says time limit

while True:
    pass

from solution import RNNUnit
