import numpy as np

EPS = 1e-5


class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)]
        self.cache = None

    def _run(self, x, h_prev):
        Wx, Wh, b = self.params
        return np.tanh(h_prev @ Wh + x @ Wx + b)

    def forward(self, x, h_prev):
        self.cache = (x.copy(), h_prev.copy())
        return self._run(x, h_prev)

    def _slope(self, array, dh_next):
        """Central difference in every entry of array."""
        x, h_prev = self.cache
        out = np.zeros(array.shape)
        for i in np.ndindex(*array.shape):
            old = array[i]
            array[i] = old + EPS
            up = np.sum(dh_next * self._run(x, h_prev))
            array[i] = old - EPS
            down = np.sum(dh_next * self._run(x, h_prev))
            array[i] = old
            out[i] = (up - down) / (2 * EPS)
        return out

    def backward(self, dh_next):
        x, h_prev = self.cache
        for g, p in zip(self.grads, self.params):
            g[...] = self._slope(p, dh_next)
        return self._slope(x, dh_next), self._slope(h_prev, dh_next)
