import numpy as np

# On paper I work with columns, so inside everything is transposed.

class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = {}

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        X, H = x.T, h_prev.T                           # (I, B), (H, B)
        out = np.tanh(Wh.T @ H + Wx.T @ X + b.T)       # (H, B)
        self.cache = {"X": X, "H": H, "out": out}
        return out.T

    def backward(self, dh_next):
        Wx, Wh, b = self.params
        X, H, out = self.cache["X"], self.cache["H"], self.cache["out"]
        d = dh_next.T * (1 - out * out)                # (H, B)
        self.grads[0].T[:] = d @ X.T
        self.grads[1].T[:] = d @ H.T
        self.grads[2].T[:] = d.sum(axis=1, keepdims=True)
        return (Wx @ d).T, (Wh @ d).T
