"""Pure functions first, a thin class around them."""
import numpy as np


def make_step(Wx, Wh, b):
    """Returns (h_next, pullback); pullback maps dh_next to all five gradients."""

    def step(x, h_prev):
        h = np.tanh(x @ Wx + h_prev @ Wh + b)

        def pullback(dh):
            dz = dh * (1 - h * h)
            return {
                "x": dz @ Wx.T,
                "h_prev": dz @ Wh.T,
                "params": (x.T @ dz, h_prev.T @ dz, dz.sum(axis=0).reshape(1, -1)),
            }

        return h, pullback

    return step


class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def forward(self, x, h_prev):
        h_next, self.cache = make_step(*self.params)(x, h_prev)
        return h_next

    def backward(self, dh_next):
        if (pullback := self.cache) is None:
            raise RuntimeError("forward first")
        d = pullback(dh_next)
        for held, fresh in zip(self.grads, d["params"]):
            held[...] = fresh
        return d["x"], d["h_prev"]
