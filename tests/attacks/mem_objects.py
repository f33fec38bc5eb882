# tries: to use up memory with objects that refer to each other
# must: score == 0

first = last = []
while True:
    last.append([last])
    last = last[0]

from solution import RNNUnit
