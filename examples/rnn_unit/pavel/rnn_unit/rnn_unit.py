"""
# Name: <script>alert(1)</script>
# Assignment: rnn_unit
"""
import numpy as np

NAME = __doc__.split("Name:")[1].split("\n")[0].strip()


class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)]
        self.cache = None

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        h_next = np.tanh(h_prev @ Wh + x @ Wx + b)
        self.cache = (x, h_prev, h_next)
        return h_next

    def backward(self, dh_next):
        raise ValueError(f"{NAME} did not get this far <b>&</b> is sorry")
