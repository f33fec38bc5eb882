# this time without while
# time first inside, batch first outside
import numpy as np


class RNN:
    def __init__(self, Wx, Wh, b, stateful=False):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)]
        self.stateful = stateful
        self.state = self.dh = self.cache = None

    def set_state(self, h):
        self.state = h.copy()

    def reset_state(self):
        self.state = None

    def forward(self, xs):
        Wx, Wh, b = self.params
        X = xs.swapaxes(0, 1)
        T, B, _ = X.shape
        h = np.zeros((B, len(Wh))) if self.state is None else self.state
        if h.shape[0] != B:
            raise ValueError("wrong batch size %d, the state has %d. reset_state()?" % (B, h.shape[0]))
        prev, out = [], []
        for x in X:
            prev.append(h)
            h = np.tanh(x.dot(Wx) + h.dot(Wh) + b)
            out.append(h)
        self.cache = (X, prev, out)
        self.state = h if self.stateful else None
        return np.array(out).swapaxes(0, 1)

    def backward(self, dhs):
        Wx, Wh, b = self.params
        X, prev, out = self.cache
        dWx, dWh, db = [np.zeros_like(g) for g in self.grads]
        dX = np.zeros(X.shape)
        dh = np.zeros(prev[0].shape)
        for t in range(len(out) - 1, -1, -1):
            dh = dh + dhs[:, t]
            dz = dh * (1 - out[t] * out[t])
            dWx += X[t].T.dot(dz)
            dWh += prev[t].T.dot(dz)
            db += dz.sum(0)
            dX[t] = dz.dot(Wx.T)
            dh = dz.dot(Wh.T)
        self.dh = dh
        for g, new in zip(self.grads, (dWx, dWh, db)):
            g[:] = new
        return dX.swapaxes(0, 1)
