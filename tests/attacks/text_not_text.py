# tries: to raise an exception whose words are no text
# must: score == 0


class Loud(str):
    def __getitem__(self, key):
        raise SystemExit(0)

    __len__ = __iter__ = __format__ = __getitem__


class Error(Exception):
    def __str__(self):
        return Loud("loud")


raise Error
