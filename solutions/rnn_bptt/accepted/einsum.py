"""Every product as an einsum, with the indices of the formulas: n row, t step, i feature, k and j
unit. The sum over time is an index like the others.
"""

import numpy as np


class RNN:
    def __init__(self, Wx, Wh, b, stateful=False):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.stateful = stateful
        self.state = None
        self.dh = None

    def set_state(self, h):
        self.state = np.einsum("nj->nj", h).copy()

    def reset_state(self):
        self.state = None

    def forward(self, xs):
        Wx, Wh, b = self.params
        from_inputs = np.einsum("nti,ij->ntj", xs, Wx)
        state = np.zeros_like(from_inputs[:, 0]) if self.state is None else self.state
        if state.shape[0] != xs.shape[0]:
            sizes = f"{state.shape[0]} and {xs.shape[0]}"
            raise ValueError("rows of state and input differ: " + sizes)
        states = [state]
        for t in range(xs.shape[1]):
            states.append(np.tanh(np.einsum("nk,kj->nj", states[t], Wh) + from_inputs[:, t] + b))
        self.xs = xs
        self.before = np.stack(states[:-1], axis=1)
        self.after = np.stack(states[1:], axis=1)
        self.state = states[-1] if self.stateful else None
        return np.stack(states[1:], axis=1)

    def backward(self, dhs):
        Wx, Wh, _ = self.params
        slope = 1.0 - np.einsum("ntj,ntj->ntj", self.after, self.after)
        delta = np.zeros_like(self.after)
        carried = np.zeros_like(self.after[:, 0])
        for t in reversed(range(delta.shape[1])):
            delta[:, t] = np.einsum("nj,nj->nj", dhs[:, t] + carried, slope[:, t])
            carried = np.einsum("nj,kj->nk", delta[:, t], Wh)
        np.einsum("nti,ntj->ij", self.xs, delta, out=self.grads[0])
        np.einsum("ntk,ntj->kj", self.before, delta, out=self.grads[1])
        np.einsum("ntj->j", delta, out=self.grads[2][0])
        self.dh = carried
        return np.einsum("ntj,ij->nti", delta, Wx)
