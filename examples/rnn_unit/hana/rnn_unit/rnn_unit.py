import numpy as np

DEBUG = True

def log(name, a):
    # so that I find it again when scrolling
    if not DEBUG:
        return
    mean = float(np.mean(a))
    for k in range(60):
        print("=" * 10, k, name, np.shape(a), "mean", mean)
    print(name, "is", a)


class RNNUnit:
    def __init__(self, Wx, Wh, b):
        print("init!", Wx.shape, Wh.shape, b.shape)
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)]
        self.cache = None

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        log("x", x)
        log("h_prev", h_prev)
        t = np.dot(h_prev, Wh) + np.dot(x, Wx) + b
        log("t", t)
        h_next = np.tanh(t)
        log("h_next", h_next)
        self.cache = (x, h_prev, h_next)
        return h_next

    def backward(self, dh_next):
        Wx, Wh, b = self.params
        x, h_prev, h_next = self.cache
        log("dh_next", dh_next)
        dt = dh_next * (1 - h_next ** 2)
        log("dt", dt)
        db = np.sum(dt, axis=0, keepdims=True)
        log("db", db)
        dWh = np.dot(h_prev.T, dt)
        dh_prev = np.dot(dt, Wh.T)
        dWx = np.dot(x.T, dt)
        dx = np.dot(dt, Wx.T)
        log("dWh", dWh); log("dWx", dWx)
        self.grads[0][...] = dWx
        self.grads[1][...] = dWh
        self.grads[2][...] = db
        print("backward ok :)")
        return dx, dh_prev
