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
        X = xs.swapaxes(0, 1)
        T, B, _ = X.shape
        h = np.zeros((B, len(Wh))) if self.state is None else self.state
        if h.shape[0] != B:
            raise ValueError("wrong batch size %d, the state has %d. reset_state()?" % (B, h.shape[0]))
        h_before, h_after = [], []
        for x in X:
            h_before.append(h)
            h = np.tanh(x.dot(Wx) + h.dot(Wh) + b)
            h_after.append(h)
        self.cache = (X, h_before, h_after)
        self.state = h if self.stateful else None
        return np.array(h_after).swapaxes(0, 1)

    def backward(self, dhs):
        """Carry gradients back through all steps of the latest forward.

        dhs: [B, T, H], the gradient of the loss with respect to each state in hs.
        Returns dxs: [B, T, I], writes the gradients with respect to Wx, Wh and b into the three
        arrays of self.grads, and sets self.dh: [B, H].
        """
        Wx, Wh, b = self.params
        X, h_before, h_after = self.cache
        gWx, gWh, gb = [np.zeros_like(g) for g in self.grads]
        dX = np.zeros(X.shape)
        dh = np.zeros(h_before[0].shape)
        t = len(h_after) - 1
        while t >= 0:
            dh = dh + dhs[:, t]
            dz = dh * (1 - h_after[t] * h_after[t])
            gWx += X[t].T.dot(dz)
            gWh += h_before[t].T.dot(dz)
            gb += dz.sum(0)
            dX[t] = dz.dot(Wx.T)
            dh = dz.dot(Wh.T)
            t -= 1
        for g, new in zip(self.grads, (gWx, gWh, gb)):
            g[:] = new
        return dX.swapaxes(0, 1)
