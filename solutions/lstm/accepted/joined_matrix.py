"""One matrix: x, h_prev and a column of ones side by side; Wx on top of Wh on top of b."""

import numpy as np

HALF = 0.5


class LSTMUnit:
    def __init__(self, Wx, Wh, b, Vo=None):
        self.params = [Wx, Wh, b] if Vo is None else [Wx, Wh, b, Vo]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.saved = None

    def forward(self, x, h_prev, c_prev):
        W = np.vstack(self.params[:3])  # [D+H+1, 4H]
        row = np.hstack((x, h_prev, np.ones((len(x), 1))))  # [B, D+H+1]
        z = row @ W
        H = c_prev.shape[1]
        if len(self.params) == 4:
            z[:, 3 * H :] += c_prev @ self.params[3]
        g = np.tanh(z[:, 2 * H : 3 * H])
        s = HALF + HALF * np.tanh(HALF * z)  # the third block is not used
        i, f, o = s[:, :H], s[:, H : 2 * H], s[:, 3 * H :]
        c = i * g + f * c_prev
        y = np.tanh(c)
        self.saved = W, row, c_prev, i, f, g, o, y
        return o * y, c

    def backward(self, dh, dc):
        W, row, c_prev, i, f, g, o, y = self.saved
        D, H = len(self.params[0]), len(self.params[1])
        e = dc + dh * o - dh * o * y**2
        dzo = dh * y * o * (1 - o)
        dz = np.block([e * g * i * (1 - i), e * c_prev * f * (1 - f), e * i * (1 - g**2), dzo])
        dW = row.T @ dz
        for grad, value in zip(self.grads, np.split(dW, [D, D + H]), strict=False):
            grad[...] = value
        drow = dz @ W.T
        dc_prev = e * f
        if len(self.params) == 4:
            np.matmul(c_prev.T, dzo, out=self.grads[3])
            dc_prev += dzo @ self.params[3].T
        return drow[:, :D], drow[:, D : D + H], dc_prev


class LSTM(LSTMUnit):
    """A unit that goes on: it is its own step, and saves what each step saved."""

    def __init__(self, Wx, Wh, b, Vo=None, stateful=False):
        super().__init__(Wx, Wh, b, Vo)
        self.stateful = stateful
        self.state = None
        self.history = []
        self.dh, self.dc = None, None

    def set_state(self, h, c):
        self.state = h, c

    def reset_state(self):
        self.state = None

    def forward(self, xs):
        state = self.state or np.zeros((2, len(xs), len(self.params[1])))
        if {len(s) for s in state} != {len(xs)}:
            raise ValueError("The state does not have one row for each sequence of the batch.")
        self.history, hs = [], []
        for t in range(xs.shape[1]):
            state = super().forward(xs[:, t], *state)
            hs.append(state[0])
            self.history.append(self.saved)
        self.state = state if self.stateful else None
        return np.moveaxis(np.array(hs), 0, 1)

    def backward(self, dhs):
        sums = [np.zeros_like(g) for g in self.grads]
        dh = dc = 0 * dhs[:, 0]
        dxs = np.zeros((*dhs.shape[:2], len(self.params[0])))
        for t in range(len(self.history) - 1, -1, -1):
            self.saved = self.history[t]
            dxs[:, t], dh, dc = super().backward(dhs[:, t] + dh, dc)
            for s, g in zip(sums, self.grads, strict=True):
                s += g
        for g, s in zip(self.grads, sums, strict=True):
            g[...] = s
        self.dh, self.dc = dh, dc
        return dxs
