"""Only what must be is in the loops: inputs are projected all at once, and the gradients of the
weights are products over rows and steps together.
"""

import numpy as np


class RNN:
    def __init__(self, Wx, Wh, b, stateful=False):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.stateful = stateful
        self.reset_state()

    def set_state(self, h):
        self._start = h + 0

    def reset_state(self):
        self._start = None

    def forward(self, xs):
        Wx, Wh, b = self.params
        projected = xs @ Wx + b  # [B, T, H], all steps
        B, _, H = projected.shape
        start = projected[:, 0] * 0 if self._start is None else self._start
        if start.shape != (B, H):
            raise ValueError(f"The state is {start.shape} and should be {(B, H)}. Reset it.")
        padded = np.concatenate((start[:, None], projected), axis=1)  # [B, T + 1, H]
        for before, now in zip(padded.swapaxes(0, 1), padded.swapaxes(0, 1)[1:], strict=False):
            now += before @ Wh
            np.tanh(now, out=now)
        self._cache = xs, padded
        self._start = padded[:, -1].copy() if self.stateful else None
        return padded[:, 1:].copy()

    def backward(self, dhs):
        Wx, Wh, _ = self.params
        xs, padded = self._cache
        dzs = 1 - padded[:, 1:] ** 2  # the slopes; made into the gradients in place
        carried = np.zeros_like(padded[:, 0])
        for t in range(dhs.shape[1])[::-1]:
            dzs[:, t] *= dhs[:, t] + carried
            carried = dzs[:, t] @ Wh.T
        flat = dzs.reshape(-1, dzs.shape[-1])  # [B T, H]
        np.matmul(xs.reshape(len(flat), -1).T, flat, out=self.grads[0])
        np.matmul(padded[:, :-1].reshape(len(flat), -1).T, flat, out=self.grads[1])
        self.grads[2][:] = flat.sum(axis=0, keepdims=True)
        self.dh = carried
        return dzs @ Wx.T
