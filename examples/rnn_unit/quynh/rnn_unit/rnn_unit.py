import numpy as np

# Công thức giống hệt trong bài giảng: δ = dh ⊙ (1 − h²)

class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(θ) for θ in self.params]
        self.cache = None

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        h = np.tanh(h_prev @ Wh + x @ Wx + b)
        self.cache = x, h_prev, h
        return h

    def backward(self, dh_next):
        (Wx, Wh, _), (x, h_prev, h) = self.params, self.cache
        δ = dh_next * (1 - h**2)
        for γ, value in zip(self.grads, [x.T @ δ, h_prev.T @ δ, δ.sum(0)[None, :]]):
            γ[...] = value
        return δ @ Wx.T, δ @ Wh.T
