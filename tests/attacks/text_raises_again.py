# tries: to raise an exception that raises when it is put into words
# must: score == 0


class Again(Exception):
    def __str__(self):
        raise self

    __repr__ = __str__


raise Again
