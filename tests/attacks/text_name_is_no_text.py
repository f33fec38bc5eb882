# tries: to raise an exception whose name is a number
# must: score == 0


class Numbered(type):
    __name__ = 7


class Error(Exception, metaclass=Numbered):
    __qualname__ = "Error"


raise Error
