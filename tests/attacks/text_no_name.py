# tries: to raise an exception whose class has no proper name
# must: score == 0


class Nameless(type):
    @property
    def __name__(cls):
        raise ValueError("no name")


class Error(Exception, metaclass=Nameless):
    pass


raise Error
