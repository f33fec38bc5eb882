import numpy as np


class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)]
        self.cache = None

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        h_next = np.tanh(h_prev.dot(Wh) + x.dot(Wx) + b)
        self.cache = {'x': x, 'h_prev': h_prev, 'h_next': h_next}
        return h_next

    def backward(self, dh_next):
        Wx, Wh, b = self.params
        x, h_prev, h_next = self.cache['x'], self.cache['h_prev'], self.cache['h_next']
        dt = (1. - h_next**2.) * dh_next
        self.grads[0][...] = x.T.dot(dt)
        self.grads[1][...] = h_prev.T.dot(dt)
        self.grads[2][...] = dt.mean(axis=0, keepdims=True)   # un seul b pour tout le lot
        return dt.dot(Wx.T), dt.dot(Wh.T)
