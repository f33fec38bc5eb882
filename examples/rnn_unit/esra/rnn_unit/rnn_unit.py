import numpy as np

f32 = np.float32   # everything in single precision, like the book does


class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx.astype(f32), Wh.astype(f32), b.astype(f32)]
        self.grads = [np.zeros(p.shape, dtype=f32) for p in self.params]
        self.cache = None

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        x = x.astype('f')
        h_prev = h_prev.astype('f')
        t = np.dot(h_prev, Wh) + np.dot(x, Wx) + b
        h_next = np.tanh(t)
        self.cache = (x, h_prev, h_next)
        return h_next

    def backward(self, dh_next):
        Wx, Wh, b = self.params
        x, h_prev, h_next = self.cache

        dt = dh_next.astype('f') * (1 - h_next ** 2)
        db = np.sum(dt, axis=0, keepdims=True)
        dWh = np.dot(h_prev.T, dt)
        dh_prev = np.dot(dt, Wh.T)
        dWx = np.dot(x.T, dt)
        dx = np.dot(dt, Wx.T)

        self.grads[0][...] = dWx
        self.grads[1][...] = dWh
        self.grads[2][...] = db
        return dx, dh_prev
