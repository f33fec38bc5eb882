import numpy as np


class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)]
        self.cache = None

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        h_next = np.tanh(np.dot(h_prev, Wh) + np.dot(x, Wx) + b)
        self.cache = (x, h_prev, h_next)
        return h_next

    def backward(self, dh_next):
        Wx, Wh, b = self.params
        x, h_prev, h_next = self.cache
        m = x.shape[0]

        dZ = dh_next * (1 - np.power(h_next, 2))
        dWx = (1 / m) * np.dot(x.T, dZ)
        dWh = (1 / m) * np.dot(h_prev.T, dZ)
        db = (1 / m) * np.sum(dZ, axis=0, keepdims=True)

        self.grads[0][...] = dWx
        self.grads[1][...] = dWh
        self.grads[2][...] = db

        dx = np.dot(dZ, Wx.T)
        dh_prev = np.dot(dZ, Wh.T)
        return dx, dh_prev


if __name__ == "__main__":
    np.random.seed(1)
    u = RNNUnit(np.random.randn(2, 3), np.random.randn(3, 3), np.random.randn(1, 3))
    print("h =", u.forward(np.random.randn(1, 2), np.random.randn(1, 3)))
    print("dx, dh =", u.backward(np.ones((1, 3))))
