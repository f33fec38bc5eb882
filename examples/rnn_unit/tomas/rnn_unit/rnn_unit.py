import numpy as np

class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)]
        self.cache = None

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        h_next = np.tanh(x @ Wx + h_prev @ Wh + b)
        self.cache = (x, h_prev)
        return h_next

    def backward(self, dh_next):
        Wx, Wh, b = self.params
        x, h_prev = self.cache
        # same as the affine layer from last term, with two inputs
        dx = dh_next @ Wx.T
        dh_prev = dh_next @ Wh.T
        self.grads[0][...] = x.T @ dh_next
        self.grads[1][...] = h_prev.T @ dh_next
        self.grads[2][...] = np.sum(dh_next, axis=0, keepdims=True)
        return dx, dh_prev
