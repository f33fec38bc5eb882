import numpy as np


class Layer:
    """Base class: keeps params and grads side by side."""

    def __init__(self, *params):
        self.params = list(params)
        self.grads = [np.zeros_like(p) for p in params]
        self.cache = None

    def __call__(self, *args):
        return self.forward(*args)

    def store(self, *values):
        for i, value in enumerate(values):
            self.grads[i][...] = value


class RNNUnit(Layer):

    def __init__(self, Wx, Wh, b):
        super().__init__(Wx, Wh, b)

    @property
    def Wx(self): return self.params[0]

    @property
    def Wh(self): return self.params[1]

    @property
    def b(self): return self.params[2]

    def forward(self, x, h_prev):
        z = np.dot(x, self.Wx)
        z = z + np.dot(h_prev, self.Wh)
        z = z + self.b
        h = np.tanh(z)
        self.cache = dict(x=x, h_prev=h_prev, h=h)
        return h

    def backward(self, dh_next):
        x, h_prev, h = (self.cache[k] for k in ("x", "h_prev", "h"))
        dz = np.multiply(dh_next, np.subtract(1, np.power(h, 2)))
        self.store(np.dot(x.transpose(), dz),
                   np.dot(h_prev.transpose(), dz),
                   np.sum(dz, axis=0, keepdims=True))
        return np.dot(dz, self.Wx.transpose()), np.dot(dz, self.Wh.transpose())


if __name__ == '__main__':
    unit = RNNUnit(np.ones((2, 3)), np.eye(3), np.zeros((1, 3)))
    print(unit(np.ones((4, 2)), np.zeros((4, 3))))
    print(unit.backward(np.ones((4, 3))))
    print(unit.grads)
