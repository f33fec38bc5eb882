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
        self.state = h + 0

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
        H = len(Wh)
        W = np.vstack((Wh, Wx))
        h = self.state
        if h is None:
            h = np.zeros((B, H), dtype=np.result_type(xs, W, b))
        if h.shape[0] != B:
            raise ValueError("state: %d rows, xs: %d rows. Reset the state or set another." % (h.shape[0], B))
        hxs, hs = [], []
        for t in range(T):
            row = np.hstack((h, xs[:, t]))
            h = np.tanh(row @ W + b)
            hxs.append(row)
            hs.append(h)
        self.cache = W, hxs, hs
        self.state = h if self.stateful else None
        return np.stack(hs, axis=1)

    def backward(self, dhs):
        """Carry gradients back through all steps of the latest forward.

        dhs: [B, T, H], the gradient of the loss with respect to each state in hs.
        Returns dxs: [B, T, I], writes the gradients with respect to Wx, Wh and b into the three
        arrays of self.grads, and sets self.dh: [B, H].
        """
        W, hxs, hs = self.cache
        H = hs[0].shape[1]
        dW = np.zeros_like(W)
        db = np.zeros(H)
        dxs = []
        dh = np.zeros_like(hs[0])
        for t in reversed(range(len(hs))):
            dz = (dh + dhs[:, t]) * (1 - hs[t] ** 2)
            dW += hxs[t].T @ dz
            db += dz.sum(axis=0)
            dhx = dz @ W.T
            dh, dx = dhx[:, :H], dhx[:, H:]
            dxs.append(dx)
        self.grads[1][:] = dW[:H]
        self.grads[0][:] = dW[H:]
        self.grads[2][:] = db
        self.dh = dh.copy()
        return np.stack(dxs[::-1], axis=1)
