# tries: to print without end
# must: score == 0; says time limit

while True:
    print("x" * 1000)
