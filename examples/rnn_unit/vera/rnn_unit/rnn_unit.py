import numpy as np


class RNNUnit:
    """One step of a recurrent network: h_next = tanh(h_prev Wh + x Wx + b)."""

    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)]
        self.cache = None

    def forward(self, x, h_prev):
        """x [B, I], h_prev [B, H] -> h_next [B, H]."""
        Wx, Wh, b = self.params
        h_next = np.tanh(h_prev @ Wh + x @ Wx + b)
        self.cache = (x, h_prev, h_next)
        return h_next

    def backward(self, dh_next):
        """dh_next [B, H] -> (dx [B, I], dh_prev [B, H]); writes into self.grads."""
        raise NotImplementedError("Need to implement RNNUnit.backward")
