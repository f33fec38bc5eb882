import numpy as np


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    """x: (N, D), prev_h: (N, H). Returns next_h: (N, H) and a cache."""
    next_h = np.tanh(np.dot(x, Wx) + np.dot(prev_h, Wh) + b)
    return next_h, (x, prev_h, Wx, Wh, next_h)


def rnn_step_backward(dnext_h, cache):
    """Returns dx, dprev_h, dWx, dWh, db of one time step."""
    x, prev_h, Wx, Wh, next_h = cache
    dscore = dnext_h * (1.0 - np.square(next_h))
    dx = np.dot(dscore, Wx.T)
    dprev_h = np.dot(dscore, Wh.T)
    dWx = np.dot(x.T, dscore)
    dWh = np.dot(prev_h.T, dscore)
    db = np.sum(dscore, axis=0, keepdims=True)
    return dx, dprev_h, dWx, dWh, db


class RNN:
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
        N, T, D = xs.shape
        if self.state is None:
            prev_h = np.zeros((N, Wh.shape[0]), dtype=np.result_type(xs, *self.params))
        else:
            prev_h = self.state
            if prev_h.shape[0] != N:
                raise ValueError(
                    f"the state has {prev_h.shape[0]} rows but the batch has {N}, call reset_state()"
                )
        hs = np.zeros((N, T, Wh.shape[0]))
        self.cache = []
        for t in range(T):
            prev_h, step = rnn_step_forward(xs[:, t, :], prev_h, Wx, Wh, b)
            hs[:, t, :] = prev_h
            self.cache.append(step)
        self.state = prev_h if self.stateful else None
        return hs

    def backward(self, dhs):
        N, T, H = dhs.shape
        dx, dprev_h, dWx, dWh, db = rnn_step_backward(dhs[:, T - 1, :], self.cache[T - 1])
        dxs = np.zeros((N, T, dx.shape[1]))
        dxs[:, T - 1, :] = dx
        for t in range(T - 2, -1, -1):
            dx, dprev_h, dWx_t, dWh_t, db_t = rnn_step_backward(dhs[:, t, :] + dprev_h, self.cache[t])
            dxs[:, t, :] = dx
            dWx += dWx_t
            dWh += dWh_t
            db += db_t
        self.dh = dprev_h
        self.grads[0][...] = dWx
        self.grads[1][...] = dWh
        self.grads[2][...] = db
        return dxs
