# Backpropagation through time
#
# README.md, beside this file, says what to do. Write your code in the places marked
# YOUR CODE HERE, then run: grader check rnn_bptt

# %%
import numpy as np


class RNN:
    """A plain recurrent network over whole sequences, h_t = tanh(h_{t-1} Wh + x_t Wx + b).

    Wx: [I, H], Wh: [H, H], b: [1, H].
    stateful: whether the last state of a forward is where the next one starts.

    params: the list [Wx, Wh, b].
    grads: the gradients of a loss with respect to params, in the same order and shapes. `backward`
        writes into these arrays; it neither replaces them nor adds to them.
    state: [B, H], what the next `forward` starts from; None for zeros.
    dh: [B, H], the gradient with respect to the state that the latest `forward` started from.
    cache: what the latest `forward` keeps for `backward`.
    """

    def __init__(self, Wx, Wh, b, stateful=False):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.stateful = stateful
        self.state = None
        self.dh = None
        self.cache = None

    def set_state(self, h):
        """Let the next `forward` start from a copy of h: [B, H]."""
        self.state = h.copy()

    def reset_state(self):
        """Let the next `forward` start from zeros."""
        self.state = None

    def forward(self, xs):
        """Read a batch of sequences.

        xs: [B, T, I], the inputs. Returns hs: [B, T, H], the state after each step.
        Raises ValueError if the state to start from has not B rows.
        """
        Wx, Wh, b = self.params
        B, T, I = xs.shape
        if self.state is None:
            h0 = np.zeros((B, Wh.shape[0]), dtype=np.result_type(xs, *self.params))
        else:
            h0 = self.state
        if h0.shape[0] != B:
            raise ValueError(f"state has {h0.shape[0]} rows, xs has {B}: call reset_state or set_state")

        states = [h0]   # states[t] is the state before step t
        for t in range(T):
            states.append(np.tanh(states[t] @ Wh + xs[:, t] @ Wx + b))

        self.cache = xs, states
        self.state = states[-1].copy() if self.stateful else None
        return np.stack(states[1:], axis=1)

    def backward(self, dhs):
        """Carry gradients back through all steps of the latest forward.

        dhs: [B, T, H], the gradient of the loss with respect to each state in hs.
        Returns dxs: [B, T, I], writes the gradients with respect to Wx, Wh and b into the three
        arrays of self.grads, and sets self.dh: [B, H].
        """
        Wx, Wh, b = self.params
        xs, states = self.cache
        dWx, dWh, db = self.grads
        dWx[...] = 0
        dWh[...] = 0
        db[...] = 0
        dxs = np.zeros_like(xs)
        dh_next = np.zeros_like(states[0])
        for t in reversed(range(xs.shape[1])):
            dh = dhs[:, t] + dh_next
            dz = dh * (1 - states[t + 1] ** 2)
            dWx += xs[:, t].T @ dz
            dWh += states[t].T @ dz
            db += dz.sum(axis=0, keepdims=True)
            dxs[:, t] = dz @ Wx.T
            dh_next = dz @ Wh.T
        self.dh = dh_next
        return dxs
