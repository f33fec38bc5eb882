import numpy as np


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    """
    Run the forward pass for a single timestep of a vanilla RNN that uses a tanh
    activation function.

    Inputs:
    - x: Input data for this timestep, of shape (N, D).
    - prev_h: Hidden state from previous timestep, of shape (N, H)
    - Wx: Weight matrix for input-to-hidden connections, of shape (D, H)
    - Wh: Weight matrix for hidden-to-hidden connections, of shape (H, H)
    - b: Biases of shape (1, H)

    Returns a tuple of:
    - next_h: Next hidden state, of shape (N, H)
    - cache: Tuple of values needed for the backward pass.
    """
    next_h = np.tanh(np.dot(x, Wx) + np.dot(prev_h, Wh) + b)
    cache = (x, prev_h, Wx, Wh, next_h)
    return next_h, cache


def rnn_step_backward(dnext_h, cache):
    """
    Returns a tuple of:
    - dx: (N, D)
    - dprev_h: (N, H)
    - dWx: (D, H)
    - dWh: (H, H)
    - db: (1, H)
    """
    x, prev_h, Wx, Wh, next_h = cache
    dscore = dnext_h * (1.0 - np.square(next_h))
    dx = np.dot(dscore, Wx.T)
    dprev_h = np.dot(dscore, Wh.T)
    dWx = np.dot(x.T, dscore)
    dWh = np.dot(prev_h.T, dscore)
    db = np.sum(dscore, axis=0, keepdims=True)
    return dx, dprev_h, dWx, dWh, db


class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)]
        self.cache = None

    def forward(self, x, h_prev):
        h_next, self.cache = rnn_step_forward(x, h_prev, *self.params)
        return h_next

    def backward(self, dh_next):
        dx, dh_prev, dWx, dWh, db = rnn_step_backward(dh_next, self.cache)
        self.grads[0][...] = dWx
        self.grads[1][...] = dWh
        self.grads[2][...] = db
        return dx, dh_prev
