# tries: to loop when the type of its answer is looked at
# must: score == 0; says time limit

import numpy as np


class Endless(type):
    @property
    def __name__(cls):
        while True:
            pass


class Answer(metaclass=Endless):
    pass


class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.grads = [Answer()] * 3

    def forward(self, x, h_prev):
        return Answer()

    def backward(self, dh_next):
        return Answer(), Answer()
