import numpy as np


def sigmoid(z):
    return 0.5 * (1.0 + np.tanh(0.5 * z))


def lstm_step(x, h_prev, c_prev, Wx, Wh, b, Vo=None):
    N, H = h_prev.shape
    act = np.dot(x, Wx) + np.dot(h_prev, Wh) + b
    act_i, act_f, act_g, act_o = np.split(act, 4, axis=1)
    if Vo is not None:
        act_o = act_o + np.dot(c_prev, Vo)
    i, f, g, o = sigmoid(act_i), sigmoid(act_f), np.tanh(act_g), sigmoid(act_o)
    c = f * c_prev + i * g
    h = o * np.tanh(c)
    return h, c, (x, h_prev, c_prev, i, f, g, o, c, Wx, Wh, Vo)


def lstm_step_back(dh, dc, cache):
    x, h_prev, c_prev, i, f, g, o, c, Wx, Wh, Vo = cache
    tanh_c = np.tanh(c)
    do = dh * tanh_c
    dc_sum = dc + dh * o * (1 - tanh_c * tanh_c)
    df = dc_sum * c_prev
    di = dc_sum * g
    dg = dc_sum * i
    act_o = do * o * (1 - o)
    act_f = df * f * (1 - f)
    act_i = di * i * (1 - i)
    act_g = dg * (1 - g * g)     # g is a tanh, not a sigmoid
    dz = np.concatenate([act_i, act_f, act_g, act_o], axis=1)
    grads = [np.dot(x.T, dz), np.dot(h_prev.T, dz), np.sum(dz, axis=0, keepdims=True)]
    dc_prev = dc_sum * f
    if Vo is not None:
        grads.append(np.dot(c_prev.T, act_o))
        dc_prev = dc_prev + np.dot(act_o, Vo.T)
    return np.dot(dz, Wx.T), np.dot(dz, Wh.T), dc_prev, grads


class LSTMUnit:
    def __init__(self, Wx, Wh, b, Vo=None):
        self.params = [Wx, Wh, b] if Vo is None else [Wx, Wh, b, Vo]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def forward(self, x, h_prev, c_prev):
        h, c, self.cache = lstm_step(x, h_prev, c_prev, *self.params)
        return h, c

    def backward(self, dh, dc):
        dx, dh_prev, dc_prev, grads = lstm_step_back(dh, dc, self.cache)
        for k in range(len(grads)):
            self.grads[k][...] = grads[k]
        return dx, dh_prev, dc_prev


class LSTM:
    def __init__(self, Wx, Wh, b, Vo=None, stateful=False):
        self.params = [Wx, Wh, b] if Vo is None else [Wx, Wh, b, Vo]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.stateful = stateful
        self.h, self.c = None, None
        self.dh, self.dc = None, None
        self.cache = None

    def set_state(self, h, c):
        self.h = h
        self.c = c

    def reset_state(self):
        self.h = None
        self.c = None

    def forward(self, xs):
        N, T, D = xs.shape
        h, c = self.h, self.c
        if h is None:
            h = np.zeros((N, self.params[1].shape[0]), dtype=xs.dtype)
            c = np.zeros_like(h)
        if len(h) != N or len(c) != N:
            raise ValueError("xs has %d rows, the state has %d. Call reset_state or set_state." % (N, len(h)))
        caches, hs = [], []
        for t in range(T):
            h, c, cache = lstm_step(xs[:, t, :], h, c, *self.params)
            caches.append(cache)
            hs.append(h)
        self.cache = caches
        self.h = h if self.stateful else None
        self.c = c if self.stateful else None
        return np.stack(hs, axis=1)

    def backward(self, dhs):
        T = dhs.shape[1]
        totals = [np.zeros_like(p) for p in self.params]
        dxs = [None] * T
        dh = np.zeros_like(dhs[:, 0, :])
        dc = np.zeros_like(dh)
        for t in range(T - 1, -1, -1):
            dxs[t], dh, dc, grads = lstm_step_back(dhs[:, t, :] + dh, dc, self.cache[t])
            for k, grad in enumerate(grads):
                totals[k] += grad
        for k, total in enumerate(totals):
            self.grads[k][...] = total
        self.dh, self.dc = dh, dc
        return np.stack(dxs[::-1], axis=1)
