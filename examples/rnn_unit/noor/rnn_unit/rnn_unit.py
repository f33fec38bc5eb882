import numpy as np


class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)]
        self.cache = None

    def _pre(self, x, h_prev):
        Wx, Wh, b = self.params
        return h_prev @ Wh + x @ Wx + b

    def forward(self, x, h_prev):
        # only the inputs are kept; backward computes the rest again
        self.cache = (x, h_prev)
        return np.tanh(self._pre(x, h_prev))

    def backward(self, dh_next):
        Wx, Wh, b = self.params
        x, h_prev = self.cache
        with np.errstate(over="ignore"):
            sech = 1.0 / np.cosh(self._pre(x, h_prev))
        dt = dh_next * sech**2  # tanh' = sech^2
        np.copyto(self.grads[0], x.T @ dt)
        np.copyto(self.grads[1], h_prev.T @ dt)
        np.copyto(self.grads[2], np.ones((1, len(x))) @ dt)
        return dt @ Wx.T, dt @ Wh.T
