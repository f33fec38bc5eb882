"""Column vectors inside, as in most books; what goes in and comes out are transposed views."""

import numpy as np


class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def forward(self, x, h_prev):
        W, U, b = (p.T for p in self.params)  # [H, I], [H, H], [H, 1]
        x, h_prev = x.T, h_prev.T  # columns: [I, B], [H, B]
        h_next = np.tanh(W @ x + U @ h_prev + b)
        self.cache = (x, h_prev, h_next)
        return h_next.T

    def backward(self, dh_next):
        W, U, _ = (p.T for p in self.params)
        x, h_prev, h_next = self.cache
        dW, dU, db = (g.T for g in self.grads)  # views: writing here writes into self.grads
        dz = np.asfortranarray(dh_next).T * (1 - h_next**2)
        dW[:] = dz @ x.T
        dU[:] = dz @ h_prev.T
        db[:] = dz.sum(axis=1, keepdims=True)
        return (W.T @ dz).T, (U.T @ dz).T
