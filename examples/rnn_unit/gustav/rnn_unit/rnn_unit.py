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
        dt = dh_next * (1 - h_next ** 2)
        dWx, dWh, db = self.grads
        dWx += np.dot(x.T, dt)
        dWh += np.dot(h_prev.T, dt)
        db += np.sum(dt, axis=0, keepdims=True)
        return np.dot(dt, Wx.T), np.dot(dt, Wh.T)


if __name__ == "__main__":
    u = RNNUnit(np.eye(3), np.eye(3), np.zeros((1, 3)))
    print(u.forward(np.ones((2, 3)), np.ones((2, 3))))
    print(u.backward(np.ones((2, 3))))
