import numpy as np


# ---- small nodes of the graph -------------------------------------------

class MatMul:
    def forward(self, a, w):
        self.a, self.w = a, w
        return a @ w

    def backward(self, dout):
        return dout @ self.w.T, self.a.T @ dout


class Add3:
    def forward(self, a, b, c):
        return a + b + c

    def backward(self, dout):
        # c is the bias, it was repeated over the rows: backward of repeat is sum
        return dout, dout, dout.sum(axis=0, keepdims=True)


class Tanh:
    def forward(self, a):
        self.y = np.tanh(a)
        return self.y

    def backward(self, dout):
        return dout * (1 - self.y ** 2)


# ---- the unit -------------------------------------------------------------

class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.mul_x, self.mul_h, self.add, self.act = MatMul(), MatMul(), Add3(), Tanh()
        self.cache = None

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        a = self.add.forward(self.mul_h.forward(h_prev, Wh), self.mul_x.forward(x, Wx), b)
        h_next = self.act.forward(a)
        self.cache = (x, h_prev, h_next)
        return h_next

    def backward(self, dh_next):
        d_h_part, d_x_part, db = self.add.backward(self.act.backward(dh_next))
        dh_prev, dWh = self.mul_h.backward(d_h_part)
        dx, dWx = self.mul_x.backward(d_x_part)
        for g, new in zip(self.grads, (dWx, dWh, db)):
            g[...] = new
        return dx, dh_prev


if __name__ == "__main__":
    rng = np.random.default_rng(7)
    Wx, Wh, b = rng.normal(size=(4, 5)), rng.normal(size=(5, 5)), rng.normal(size=(1, 5))
    x, h, dh = rng.normal(size=(3, 4)), rng.normal(size=(3, 5)), rng.normal(size=(3, 5))
    u = RNNUnit(Wx, Wh, b)
    u.forward(x, h)
    dx, _ = u.backward(dh)
    e = 1e-5
    for i in range(3):
        for j in range(4):
            xp, xm = x.copy(), x.copy()
            xp[i, j] += e
            xm[i, j] -= e
            num = ((u.forward(xp, h) - u.forward(xm, h)) * dh).sum() / (2 * e)
            assert abs(num - dx[i, j]) < 1e-7, (i, j)
    print("dx ok")
