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
        hp, hs = [], []
        for x in X:
            hp.append(h)
            h = np.tanh(x.dot(Wx) + h.dot(Wh) + b)
            hs.append(h)
        self.cache = (X, hp, hs)
        self.state = h if self.stateful else None
        return np.array(hs).swapaxes(0, 1)

    def backward(self, dhs):
        Wx, Wh, b = self.params
        X, hp, hs = self.cache
        gWx, gWh, gb = [np.zeros_like(g) for g in self.grads]
        dX = np.zeros(X.shape)
        dh = np.zeros(hp[0].shape)
        t = len(hs) - 1
        while t >= 0:
            dh = dh + dhs[:, t]
            delta = dh
            gWx += X[t].T.dot(delta)
            gWh += hp[t].T.dot(delta)
            gb += delta.sum(0)
            dX[t] = delta.dot(Wx.T)
            dh = delta.dot(Wh.T)
            t -= 1
        self.dh = dh
        for g, new in zip(self.grads, (gWx, gWh, gb)):
            g[:] = new
        return dX.swapaxes(0, 1)
