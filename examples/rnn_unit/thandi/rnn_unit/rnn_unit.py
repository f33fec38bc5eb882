import numpy as np


class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)]
        self.cache = None

    def forward(self, x, h_prev):
        self.cache = (x, h_prev)
        h_next = np.zeros_like(h_prev)
        return h_next

    def backward(self, dh_next):
        x, h_prev = self.cache
        dx = np.zeros_like(x)
        dh_prev = np.zeros_like(h_prev)
        return dx, dh_prev
