import numpy as np

class RNNUnit:
    """[h, x] @ [Wh; Wx] + b is one product instead of two."""

    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = list(map(np.zeros_like, self.params))
        self.cache = None

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        hx = np.concatenate((h_prev, x), axis=1)
        W = np.vstack((Wh, Wx))
        out = np.tanh(hx @ W + b)
        self.cache = hx, W, out
        return out

    def backward(self, dh_next):
        hx, W, out = self.cache
        H = out.shape[1]
        da = (1 - out ** 2) * dh_next
        dW = hx.T @ da
        dhx = da @ W.T
        self.grads[1][:] = dW[:H]
        self.grads[0][:] = dW[H:]
        self.grads[2][:] = np.sum(da, axis=0)
        dh_prev, dx = np.split(dhx, [H], axis=1)
        return dx, dh_prev
