import numpy as np


def sigmoid(z):
    return 0.5 * (1.0 + np.tanh(0.5 * z))


def lstm_step(x, h_prev, c_prev, Wx, Wh, b, Vo=None):
    # 한 단계
    N, H = h_prev.shape
    z = np.dot(x, Wx) + np.dot(h_prev, Wh) + b
    act_i, act_f, act_g, act_o = np.split(z, 4, axis=1)
    i, f, g, o = sigmoid(act_i), sigmoid(act_f), np.tanh(act_g), sigmoid(act_o)
    c = f * c_prev + i * g
    h = o * np.tanh(c)
    return h, c, (x, h_prev, c_prev, i, f, g, o, c, Wx, Wh, Vo)


def lstm_step_back(dh, dc, cache):
    # 핍홀(Vo)은 아직 못 했음
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
        self.layers = None

    def set_state(self, h, c):
        self.h, self.c = h, c

    def reset_state(self):
        self.h, self.c = None, None

    def forward(self, xs):
        N, T, D = xs.shape
        H = self.params[1].shape[0]

        self.layers = []
        hs = np.empty((N, T, H), dtype=xs.dtype)

        if self.h is None:
            self.h = np.zeros((N, H), dtype=xs.dtype)
            self.c = np.zeros((N, H), dtype=xs.dtype)
        if self.h.shape[0] != N:
            raise ValueError('batch size changed from %d to %d, call reset_state first' % (self.h.shape[0], N))

        for t in range(T):
            layer = LSTMUnit(*self.params)
            self.h, self.c = layer.forward(xs[:, t, :], self.h, self.c)
            hs[:, t, :] = self.h
            self.layers.append(layer)

        if not self.stateful:
            self.reset_state()
        return hs

    def backward(self, dhs):
        N, T, H = dhs.shape
        D = self.params[0].shape[0]

        dxs = np.empty((N, T, D), dtype=dhs.dtype)
        dh = np.zeros((N, H), dtype=dhs.dtype)
        dc = np.zeros((N, H), dtype=dhs.dtype)

        grads = [np.zeros_like(g) for g in self.grads]
        for t in reversed(range(T)):
            layer = self.layers[t]
            dx, dh, dc = layer.backward(dhs[:, t, :] + dh, dc)
            dxs[:, t, :] = dx
            for i, grad in enumerate(layer.grads):
                grads[i] += grad

        for i, grad in enumerate(grads):
            self.grads[i][...] = grad
        self.dh = dh
        self.dc = dc
        return dxs
