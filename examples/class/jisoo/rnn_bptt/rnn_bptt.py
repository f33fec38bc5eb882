import numpy as np


def tanh_slope(h):
    return 1 - h * h


class RNN:
    # 펼친 신경망의 층마다 사전 하나

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
        n = xs.shape[0]
        if self.state is None:
            h = np.zeros((n, b.shape[1]), dtype=np.result_type(xs, Wx, Wh, b))
        else:
            h = self.state
        if len(h) != n:
            raise ValueError(
                "State with " + str(len(h)) + " rows, input with " + str(n)
                + " rows. Reset the state before a new batch size."
            )
        layers = []
        for t in range(xs.shape[1]):
            x = xs[:, t, :]
            z = np.matmul(x, Wx) + np.matmul(h, Wh) + b
            layer = {"x": x, "old": h}
            h = np.tanh(z)
            layer["new"] = h
            layers.append(layer)
        self.cache = layers
        if self.stateful:
            self.state = h
        else:
            self.state = None
        return np.stack([layer["new"] for layer in layers], axis=1)

    def backward(self, dhs):
        Wx, Wh, b = self.params
        dWx, dWh, db = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)
        from_the_right = np.zeros_like(self.cache[0]["old"])
        dxs = []
        for t in range(len(self.cache))[::-1]:
            layer = self.cache[t]
            # 위에서 오는 기울기 + 오른쪽(다음 단계)에서 오는 기울기
            from_above = dhs[:, t, :]
            dz = (from_above + from_the_right) * tanh_slope(layer["new"])
            dWx += np.matmul(layer["x"].T, dz)
            dWh += np.matmul(layer["old"].T, dz)
            db += np.sum(dz, axis=0, keepdims=True)
            dxs.append(np.matmul(dz, Wx.T))
            from_the_right = np.matmul(dz, Wh.T)
        dxs.reverse()
        for g, value in zip(self.grads, [dWx, dWh, db]):
            g[...] = value
        self.dh = from_the_right
        return np.stack(dxs, axis=1)
