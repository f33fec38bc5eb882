import numpy as np


class RNN:
    def __init__(self, Wx, Wh, b, stateful=False):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.stateful = stateful
        self.state = None
        self.dh = None
        self.cache = None

    def set_state(self, h):
        self.state = np.array(h)

    def reset_state(self):
        self.state = None

    def forward(self, xs):
        Wx, Wh, b = self.params
        N, T, D = xs.shape
        H = Wh.shape[1]
        # one array for all states; column 0 is the initial state, column t+1 belongs to step t
        H_all = np.zeros((N, T + 1, H), dtype=np.result_type(xs, Wx, Wh, b))
        if self.state is not None:
            if len(self.state) != N:
                raise ValueError("The state is for %d sequences, but there are %d. Reset it first."
                                 % (len(self.state), N))
            H_all[:, 0, :] = self.state
        for t in range(T):
            H_all[:, t + 1, :] = np.tanh(np.dot(xs[:, t, :], Wx) + np.dot(H_all[:, t, :], Wh) + b)
        self.cache = (xs, H_all)
        self.state = None
        if self.stateful:
            self.state = H_all[:, T, :].copy()
        return H_all[:, 1:, :].copy()

    def backward(self, dhs):
        Wx, Wh, b = self.params
        xs, H_all = self.cache
        N, T, D = xs.shape
        dWx = np.zeros_like(Wx)
        dWh = np.zeros_like(Wh)
        db = np.zeros_like(b)
        dxs = np.empty((N, T, D), dtype=H_all.dtype)
        dh_prev = np.zeros((N, H_all.shape[2]))
        for t in range(T - 1, -1, -1):
            dh = dhs[:, t, :] + dh_prev      # from above and from the right
            dt = (1 - np.square(H_all[:, t + 1, :])) * dh
            dxs[:, t, :] = np.dot(dt, Wx.T)
            dWx = dWx + np.dot(xs[:, t, :].T, dt)
            dWh = dWh + np.dot(H_all[:, t, :].T, dt)
            db = db + np.sum(dt, axis=0)
            dh_prev = np.dot(dt, Wh.T)
        self.grads[0][...] = dWx
        self.grads[1][...] = dWh
        self.grads[2][...] = db
        self.dh = dh_prev
        return dxs
