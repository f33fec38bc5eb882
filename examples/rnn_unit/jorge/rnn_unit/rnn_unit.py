import numpy as np

class RNNUnit:
    """Una célula recurrente. La función de activación es la tangente hiperbólica."""

    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        h_next = np.tanh(h_prev @ Wh + x @ Wx + b)
        self.cache = (x, h_prev, h_next)
        return h_next

    def backward(self, dh_next):
        Wx, Wh, b = self.params
        x, h_prev, h_next = self.cache
        delta = dh_next * (1 - h_next ** 2)          # derivación de tanh
        self.grads[0][...] = x.T @ delta
        self.grads[1][...] = h_prev.T @ delta
        self.grads[2][...] = delta.sum(axis=0, keepdims=True)   # suma, no promedio: está bien así
        return delta @ Wx.T, delta @ Wh.T
