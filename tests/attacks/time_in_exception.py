# tries: to loop when its exception is put into words
# must: score == 0; says time limit


class Endless(Exception):
    def __str__(self):
        while True:
            pass


raise Endless
