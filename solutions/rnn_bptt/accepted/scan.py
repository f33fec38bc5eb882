"""Two scans and no index: itertools.accumulate forward, and the same over reversed steps back."""

from itertools import accumulate

import numpy as np


class RNN:
    def __init__(self, Wx, Wh, b, stateful=False):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.stateful = stateful
        self.state = self.dh = None

    def set_state(self, h):
        self.state = tuple(map(tuple, h))  # nobody can write into that

    def reset_state(self):
        self.state = None

    def forward(self, xs):
        Wx, Wh, b = self.params
        state = [[0] * len(Wh)] * len(xs) if self.state is None else self.state
        start = np.array(state, dtype=np.result_type(xs, *self.params, *np.ravel(state)[:1]))
        if len(start) != len(xs):
            raise ValueError(f"{len(start)} states do not fit {len(xs)} sequences")

        def step(h, x):
            return np.tanh(x @ Wx + h @ Wh + b)

        states = list(accumulate(np.moveaxis(xs, 1, 0), step, initial=start))
        self.cache = xs, states
        self.state = states[-1].copy() if self.stateful else None
        return np.stack(states[1:], axis=1)

    def backward(self, dhs):
        Wx, Wh, _ = self.params
        xs, states = self.cache

        def back(delta_after, step):
            h, dh = step
            return (dh + delta_after @ Wh.T) * (1 - h**2)

        steps = zip(reversed(states[1:]), reversed(np.moveaxis(dhs, 1, 0)), strict=True)
        _, *deltas = accumulate(steps, back, initial=np.zeros_like(states[0]))
        deltas = np.stack(deltas[::-1], axis=1)
        before = np.stack(states[:-1], axis=1)
        self.grads[0][...] = np.tensordot(xs, deltas, axes=((0, 1), (0, 1)))
        self.grads[1][...] = np.tensordot(before, deltas, axes=((0, 1), (0, 1)))
        self.grads[2][...] = deltas.sum(axis=(0, 1))
        self.dh = deltas[:, 0] @ Wh.T
        return deltas @ Wx.T
