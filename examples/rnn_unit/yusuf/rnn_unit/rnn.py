# my solution
import numpy as np


class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)]
        self.cache = None

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        h_next = np.tanh(x @ Wx + h_prev @ Wh + b)
        self.cache = (x, h_prev, h_next)
        return h_next

    def backward(self, dh_next):
        Wx, Wh, b = self.params
        x, h_prev, h_next = self.cache

        grad_t = dh_next * (1 - h_next**2)
        self.grads[0][...] = x.T @ grad_t
        self.grads[1][...] = h_prev.T @ grad_t
        self.grads[2][...] = grad_t.sum(axis=0, keepdims=True)
        return grad_t @ Wx.T, grad_t @ Wh.T
