import numpy as np


def tanh_slope(h):
    return 1 - h * h


class RNN:
    # The layers of the unrolled network are kept in a list of dictionaries.

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
        number_of_rows = xs.shape[0]
        if self.state is None:
            hidden = np.zeros((number_of_rows, b.shape[1]), dtype=np.result_type(xs, Wx, Wh, b))
        else:
            hidden = self.state
        if len(hidden) != number_of_rows:
            raise ValueError(
                "State with " + str(len(hidden)) + " rows, input with " + str(number_of_rows)
                + " rows. Reset the state before a new batch size."
            )
        layers = []
        for t in range(xs.shape[1]):
            x = xs[:, t, :]
            z = np.matmul(x, Wx) + np.matmul(hidden, Wh) + b
            layer = {"x": x, "old": hidden}
            hidden = np.tanh(z)
            layer["new"] = hidden
            layers.append(layer)
        self.cache = layers
        if self.stateful:
            self.state = hidden
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
            from_above = dhs[:, t, :]
            dz = (from_above + from_the_right) * tanh_slope(layer["new"])
            dWx += np.matmul(layer["x"].T, dz)
            dWh += np.matmul(layer["old"].T, dz)
            db += np.sum(dz, axis=0, keepdims=True)
            dxs.append(np.matmul(dz, Wx.T))
            from_the_right = np.matmul(dz, Wh.T)
        for g, value in zip(self.grads, [dWx, dWh, db]):
            g[...] = value
        self.dh = from_the_right
        return np.stack(dxs, axis=1)
