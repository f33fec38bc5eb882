import numpy as np


class RNNUnit:
    # I think about one example at a time, so: one example at a time.

    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)]
        self.cache = []

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        self.cache = []
        rows = []
        for n in range(len(x)):
            h = np.tanh(h_prev[n].dot(Wh) + x[n].dot(Wx) + b[0])
            self.cache.append((x[n], h_prev[n], h))
            rows.append(h)
        return np.array(rows)

    def backward(self, dh_next):
        Wx, Wh, b = self.params
        dWx, dWh, db = self.grads
        dWx.fill(0)
        dWh.fill(0)
        db.fill(0)
        dx = []
        dh_prev = []
        for n, (x, h_prev, h) in enumerate(self.cache):
            d = dh_next[n] * (1 - h * h)
            dWx += np.outer(x, d)
            dWh += np.outer(h_prev, d)
            db += d
            dx.append(Wx.dot(d))
            dh_prev.append(Wh.dot(d))
        return np.array(dx), np.array(dh_prev)
