"""Time first and columns inside, as in most papers; what comes out are transposed views."""

import numpy as np


class RNN:
    def __init__(self, Wx, Wh, b, stateful=False):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.stateful = stateful
        self.column = None  # [H, B]
        self.dh = None

    def set_state(self, h):
        self.column = h.T.copy()

    def reset_state(self):
        self.column = None

    def forward(self, xs):
        W, U, b = (p.T for p in self.params)  # [H, I], [H, H], [H, 1]
        inputs = xs.transpose(1, 2, 0)  # [T, I, B]
        batch = inputs.shape[2]
        if self.column is None:
            self.column = np.zeros((len(b), batch), dtype=(xs[:1, :1, :1] * W[0, 0]).dtype)
        if self.column.shape[1] != batch:
            raise ValueError(
                f"There are {self.column.shape[1]} states for {batch} sequences. "
                "Give one state for each, or call reset_state."
            )
        states = [self.column]
        for x in inputs:
            states.append(np.tanh(W @ x + U @ states[-1] + b))
        self.memory = inputs, states
        self.column = states[-1] if self.stateful else None
        return np.array(states[1:]).transpose(2, 0, 1)

    def backward(self, dhs):
        W, U, _ = (p.T for p in self.params)
        dW, dU, db = (g.T for g in self.grads)  # views: writing here writes into self.grads
        dW[:], dU[:], db[:] = 0, 0, 0
        inputs, states = self.memory
        upstream = dhs.transpose(1, 2, 0)
        dinputs = []
        carried = np.zeros_like(states[0])
        for x, before, after, d in list(zip(inputs, states, states[1:], upstream, strict=False))[
            ::-1
        ]:
            delta = (d + carried) * (1 - after) * (1 + after)
            dW += delta @ x.T
            dU += delta @ before.T
            db += delta.sum(axis=1, keepdims=True)
            dinputs.insert(0, W.T @ delta)
            carried = U.T @ delta
        self.dh = carried.T
        return np.stack(dinputs).transpose(2, 0, 1)
