import numpy as np


def sigmoid(z):
    return 0.5 * (1.0 + np.tanh(0.5 * z))


def lstm_step(x, h_prev, c_prev, Wx, Wh, b, Vo=None):
    """One timestep. Returns h, c and what the backward pass needs."""
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
    """Returns dx, dh_prev, dc_prev, [dWx, dWh, db] or [dWx, dWh, db, dVo]."""
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
    act_g = dg * (1 - g * g)
    dact = np.concatenate([act_i, act_f, act_g, act_o], axis=1)
    grads = [np.dot(x.T, dact), np.dot(h_prev.T, dact), np.sum(dact, axis=0, keepdims=True)]
    dc_prev = dc_sum * f
    if Vo is not None:
        grads.append(np.dot(c_prev.T, do))
        dc_prev = dc_prev + np.dot(act_o, Vo.T)
    return np.dot(dact, Wx.T), np.dot(dact, Wh.T), dc_prev, grads


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
        self.h, self.c = np.array(h), np.array(c)

    def reset_state(self):
        self.h, self.c = None, None

    def _begin(self, xs):
        if self.h is None:
            zeros = np.zeros((xs.shape[0], len(self.params[1])), dtype=xs.dtype)
            return zeros, zeros
        if len(self.h) != xs.shape[0]:
            raise ValueError(f"{len(self.h)} rows of state and {xs.shape[0]} rows of input do not go together")
        return self.h, self.c

    def forward(self, xs):
        h, c = self._begin(xs)
        steps = []
        hs = []
        for x in np.swapaxes(xs, 0, 1):
            step = LSTMUnit(*self.params)
            h, c = step.forward(x, h, c)
            steps.append(step)
            hs.append(h)
        self.cache = steps
        self.reset_state()
        if self.stateful:
            self.set_state(h, c)
        return np.stack(hs, 1)

    def backward(self, dhs):
        for g in self.grads:
            g[...] = 0
        dxs = np.zeros((dhs.shape[0], dhs.shape[1], len(self.params[0])))
        dh = np.zeros(dhs[:, 0].shape)
        dc = np.zeros(dhs[:, 0].shape)
        t = len(self.cache)
        while t > 0:
            t = t - 1
            dx, dh, dc = self.cache[t].backward(dh + dhs[:, t], dc)
            dxs[:, t] = dx
            for g, share in zip(self.grads, self.cache[t].grads):
                g += share
        self.dh, self.dc = dh, dc
        return dxs
