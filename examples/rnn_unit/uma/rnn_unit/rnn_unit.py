import numpy as np

def dtanh(y):
    return 1 - y

class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)]

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        y = np.tanh(np.dot(x, Wx) + np.dot(h_prev, Wh) + b)
        self.cache = x, h_prev, y
        return y

    def backward(self, dh_next):
        Wx, Wh, b = self.params
        x, h_prev, y = self.cache
        delta = dh_next * dtanh(y)
        self.grads[0][...] = np.dot(x.T, delta)
        self.grads[1][...] = np.dot(h_prev.T, delta)
        self.grads[2][...] = np.sum(delta, axis=0, keepdims=True)
        return np.dot(delta, Wx.T), np.dot(delta, Wh.T)
