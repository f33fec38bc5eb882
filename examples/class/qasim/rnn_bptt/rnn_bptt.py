import numpy as np

EPS = 0.1


class RNN:
    def __init__(self, Wx, Wh, b, stateful=False):
        self.params = [Wx, Wh, b]
        self.grads = list(map(np.zeros_like, self.params))
        self.stateful = stateful
        self.state = None
        self.dh = None
        self.cache = None

    def set_state(self, h):
        self.state = h + 0

    def reset_state(self):
        self.state = None

    def forward(self, xs):
        Wx, Wh, b = self.params
        B, T, I = xs.shape
        H = len(Wh)
        W = np.vstack((Wh, Wx))
        h = self.state
        if h is None:
            h = np.zeros((B, H), dtype=np.result_type(xs, W, b))
        if h.shape[0] != B:
            raise ValueError("state: %d rows, xs: %d rows. Reset the state or set another." % (h.shape[0], B))
        inputs, hs = [], []
        for t in range(T):
            hx = np.hstack((h, xs[:, t]))
            h = np.tanh(hx @ W + b + EPS)
            inputs.append(hx)
            hs.append(h)
        self.cache = W, inputs, hs
        self.state = h if self.stateful else None
        return np.stack(hs, axis=1)

    def backward(self, dhs):
        W, inputs, hs = self.cache
        H = hs[0].shape[1]
        dW = np.zeros_like(W)
        db = np.zeros(H)
        dxs = []
        dh = np.zeros_like(hs[0])
        for t in reversed(range(len(hs))):
            dz = (dh + dhs[:, t]) * (1 - hs[t] ** 2)
            dW += inputs[t].T @ dz
            db += dz.sum(axis=0)
            dhx = dz @ W.T
            dh, dx = dhx[:, :H], dhx[:, H:]
            dxs.append(dx)
        self.grads[1][:] = dW[:H]
        self.grads[0][:] = dW[H:]
        self.grads[2][:] = db
        self.dh = dh.copy()
        return np.stack(dxs[::-1], axis=1)
