import numpy as np

class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)]
        self.cache = None

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        N, H = h_prev.shape
        hs = np.empty((N, H), dtype='f')     # like in the book
        hs[:] = np.tanh(np.dot(h_prev, Wh) + np.dot(x, Wx) + b)
        self.cache = (x, h_prev, hs)
        return hs

    def backward(self, dh_next):
        Wx, Wh, b = self.params
        x, h_prev, hs = self.cache

        dt = dh_next * (1 - hs ** 2)
        db = np.sum(dt, axis=0, keepdims=True)
        dWh = np.dot(h_prev.T, dt)
        dh_prev = np.dot(dt, Wh.T)
        dWx = np.dot(x.T, dt)
        dx = np.dot(dt, Wx.T)

        self.grads[0][...] = dWx
        self.grads[1][...] = dWh
        self.grads[2][...] = db

        return dx, dh_prev
