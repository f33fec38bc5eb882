import numpy as np


class RNN:
    # again one example at a time: every row of the batch is a sequence of its own

    def __init__(self, Wx, Wh, b, stateful=False):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.stateful = stateful
        self.state = None
        self.dh = None
        self.cache = None

    def set_state(self, h):
        self.state = h.copy()

    def reset_state(self):
        self.state = None

    def forward(self, xs):
        Wx, Wh, b = self.params
        start = self.state
        if start is None:
            start = np.zeros((len(xs), len(Wh)))
        if len(start) != len(xs):
            raise ValueError("%d sequences but %d states, use reset_state" % (len(xs), len(start)))
        hs = []
        for n in range(len(xs)):
            row = []
            h = start[n]
            for x in xs[n]:
                h = np.tanh(h.dot(Wh) + x.dot(Wx) + b[0])
                row.append(h)
            hs.append(row)
        hs = np.array(hs)
        self.cache = (xs, start, hs.copy())
        self.state = hs[:, -1].copy() if self.stateful else None
        return hs

    def backward(self, dhs):
        Wx, Wh, b = self.params
        xs, start, hs = self.cache
        dWx, dWh, db = self.grads
        for g in self.grads:
            g.fill(0)
        dxs = np.zeros_like(xs)
        self.dh = np.zeros_like(start)
        for n in range(len(xs)):
            carry = np.zeros(len(Wh))
            for t in reversed(range(len(xs[n]))):
                h = hs[n][t]
                h_prev = hs[n][t - 1] if t > 0 else start[n]
                d = (dhs[n][t] + carry) * (1 - h * h)
                dWx += np.outer(xs[n][t], d)
                dWh += np.outer(h_prev, d)
                db += d
                dxs[n][t] = Wx.dot(d)
                carry = Wh.dot(d)
            self.dh[n] = carry
        return dxs
