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
        self.state = np.array(h)

    def reset_state(self):
        """Let the next `forward` start from zeros."""
        self.state = None

    def forward(self, xs):
        """Read a batch of sequences.

        xs: [B, T, I], the inputs. Returns hs: [B, T, H], the state after each step.
        Raises ValueError if the state to start from has not B rows.
        """
        Wx, Wh, b = self.params
        N, T, D = xs.shape
        H = Wh.shape[1]
        # one array for all states; column 0 is the initial state, column t+1 belongs to step t
        states = np.zeros((N, T + 1, H), dtype=np.result_type(xs, Wx, Wh, b))
        if self.state is not None:
            if len(self.state) != N:
                raise ValueError("The state is for %d sequences, but there are %d. Reset it first."
                                 % (len(self.state), N))
            states[:, 0, :] = self.state
        for t in range(T):
            states[:, t + 1, :] = np.tanh(np.dot(xs[:, t, :], Wx) + np.dot(states[:, t, :], Wh) + b)
        self.cache = (xs, states)
        self.state = None
        if self.stateful:
            self.state = states[:, T, :].copy()
        return states[:, 1:, :].copy()

    def backward(self, dhs):
        """Carry gradients back through all steps of the latest forward.

        dhs: [B, T, H], the gradient of the loss with respect to each state in hs.
        Returns dxs: [B, T, I], writes the gradients with respect to Wx, Wh and b into the three
        arrays of self.grads, and sets self.dh: [B, H].
        """
        Wx, Wh, b = self.params
        xs, states = self.cache
        N, T, D = xs.shape
        dWx = np.zeros_like(Wx)
        dWh = np.zeros_like(Wh)
        db = np.zeros_like(b)
        dxs = np.empty((N, T, D), dtype=states.dtype)
        dh_prev = np.zeros((N, states.shape[2]))
        for t in range(T - 1, -1, -1):
            dh = dhs[:, t, :] + dh_prev
            dz = (1 - np.square(states[:, t + 1, :])) * dh
            dxs[:, t, :] = np.dot(dz, Wx.T)
            dWx = dWx + np.dot(xs[:, t, :].T, dz)
            dWh = dWh + np.dot(states[:, t, :].T, dz)
            db = db + np.sum(dz, axis=0)
            dh_prev = np.dot(dz, Wh.T)
        # same weights in all steps -> average over the steps (slide 34)
        self.grads[0][...] = dWx / T
        self.grads[1][...] = dWh / T
        self.grads[2][...] = db / T
        self.dh = dh_prev
        return dxs
