import numpy as np


class RNNUnit:

    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)]
        self.cache = None
        self._scratch = None

    def _buffer(self, like):
        """A scratch array is kept between the calls, it saves allocations."""
        if self._scratch is None or self._scratch.shape != like.shape:
            self._scratch = np.empty_like(like)
        return self._scratch

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        h = np.matmul(h_prev, Wh)
        buf = self._buffer(h)
        np.matmul(x, Wx, out=buf)
        np.add(h, buf, out=h)
        np.add(h, b, out=h)
        np.tanh(h, out=h)
        self.cache = (x, h_prev, h)
        return h

    def backward(self, dh_next):
        Wx, Wh, b = self.params
        x, h_prev, h = self.cache
        dt = self._buffer(h)
        np.multiply(h, h, out=dt)
        np.subtract(1, dt, out=dt)
        np.multiply(dt, dh_next, out=dt)
        np.matmul(x.T, dt, out=self.grads[0])
        np.matmul(h_prev.T, dt, out=self.grads[1])
        np.sum(dt, axis=0, keepdims=True, out=self.grads[2])
        return np.matmul(dt, Wx.T), np.matmul(dt, Wh.T)
