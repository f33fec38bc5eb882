import numpy as np

# h and x in one row, Wh and Wx in one matrix


class RNN:
    def __init__(self, Wx, Wh, b, stateful=False):
        self.params = [Wx.astype('f'), Wh.astype('f'), b.astype('f')]
        self.grads = list(map(np.zeros_like, self.params))
        self.stateful = stateful
        self.state = None
        self.dh = None
        self.cache = None

    def set_state(self, h):
        self.state = h.astype('f')

    def reset_state(self):
        self.state = None

    def forward(self, xs):
        Wx, Wh, b = self.params
        xs = xs.astype('f')
        B, T, I = xs.shape
        H = len(Wh)
        W = np.vstack((Wh, Wx))
        h = self.state
        if h is None:
            h = np.zeros((B, H), dtype=np.result_type(xs, W, b))
        if h.shape[0] != B:
            raise ValueError("state: %d rows, xs: %d rows. Reset the state or set another." % (h.shape[0], B))
        joined, hs = [], []
        for t in range(T):
            hx = np.hstack((h, xs[:, t]))
            h = np.tanh(hx @ W + b)
            joined.append(hx)
            hs.append(h)
        self.cache = W, joined, hs
        self.state = h if self.stateful else None
        return np.stack(hs, axis=1)

    def backward(self, dhs):
        W, joined, hs = self.cache
        dhs = dhs.astype('f')
        H = hs[0].shape[1]
        dW = np.zeros_like(W)
        db = np.zeros(H, dtype='f')
        dxs = []
        dh = np.zeros_like(hs[0])
        for t in reversed(range(len(hs))):
            da = (dh + dhs[:, t]) * (1 - hs[t] ** 2)
            dW += joined[t].T @ da
            db += da.sum(axis=0)
            dhx = da @ W.T
            dh, dx = dhx[:, :H], dhx[:, H:]
            dxs.append(dx)
        self.grads[1][:] = dW[:H]
        self.grads[0][:] = dW[H:]
        self.grads[2][:] = db
        self.dh = dh.copy()
        return np.stack(dxs[::-1], axis=1)
