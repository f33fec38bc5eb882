"""One product forward and two back: x and h_prev side by side, Wx on top of Wh."""

import numpy as np


class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        xh = np.hstack((x, h_prev))  # [B, I+H]
        W = np.vstack((Wx, Wh))  # [I+H, H]
        h_next = np.tanh(xh @ W + b)
        self.cache = (xh, W, h_next)
        return h_next

    def backward(self, dh_next):
        xh, W, h_next = self.cache
        features = len(self.params[0])
        dz = dh_next * (1.0 - h_next**2)
        dW = xh.T @ dz  # [I+H, H]
        self.grads[0][...], self.grads[1][...] = np.split(dW, [features])
        self.grads[2][...] = dz.sum(0)
        dxh = dz @ W.T  # [B, I+H]
        return dxh[:, :features], dxh[:, features:]
