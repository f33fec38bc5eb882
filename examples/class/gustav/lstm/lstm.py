# A long short-term memory
#
# README.md, beside this file, says what to do. Write your code in the places marked
# YOUR CODE HERE, then run: grader check lstm

# %%
import numpy as np


def sigmoid(z):
    """The logistic function 1 / (1 + exp(-z)) of each entry, for any finite z without overflow."""
    out = np.empty_like(z)
    pos = z >= 0
    out[pos] = 1 / (1 + np.exp(-z[pos]))
    e = np.exp(z[~pos])
    out[~pos] = e / (1 + e)
    return out


class LSTMUnit:
    """One step of an LSTM, with a peephole from c_prev to the output gate if there is a Vo.

    Wx: [D, 4H], Wh: [H, 4H], b: [1, 4H]; the gates' columns stand in the order i, f, g, o.
    Vo: [H, H] or None.

    params: the list [Wx, Wh, b], or [Wx, Wh, b, Vo].
    grads: the gradients of a loss with respect to params, in the same order and shapes. `backward`
        writes into these arrays; it neither replaces them nor adds to them.
    cache: what the latest `forward` keeps for `backward`.
    """

    def __init__(self, Wx, Wh, b, Vo=None):
        self.params = [Wx, Wh, b] if Vo is None else [Wx, Wh, b, Vo]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def forward(self, x, h_prev, c_prev):
        """Take one step.

        x: [B, D], the inputs. h_prev, c_prev: [B, H], hidden state and cell before the step.
        Returns the pair (h, c), both [B, H]: hidden state and cell after it.
        """
        Wx, Wh, b = self.params[:3]
        H = h_prev.shape[1]
        a = x @ Wx + h_prev @ Wh + b
        ai, af, ag, ao = a[:, :H], a[:, H:2*H], a[:, 2*H:3*H], a[:, 3*H:]
        if len(self.params) == 4:
            ao = ao + c_prev @ self.params[3]
        i = sigmoid(ai)
        f = sigmoid(af)
        g = np.tanh(ag)
        o = sigmoid(ao)
        c = f * c_prev + i * g
        tc = np.tanh(c)
        h = o * tc
        self.cache = (x, h_prev, c_prev, i, f, g, o, tc)
        return h, c

    def backward(self, dh, dc):
        """Carry gradients back through the latest step.

        dh, dc: [B, H], the gradients of the loss with respect to h and to c, each from all that
        used that state after this step.
        Returns the triple (dx, dh_prev, dc_prev), dx: [B, D], the others [B, H], and writes the
        gradients with respect to the weights into the arrays of self.grads.
        """
        Wx, Wh, b = self.params[:3]
        x, h_prev, c_prev, i, f, g, o, tc = self.cache
        # die Zelle geht in h und in den naechsten Schritt ein: zwei Beitraege
        dc_gesamt = dc + dh * o * (1 - tc ** 2)
        dai = dc_gesamt * g * i * (1 - i)
        daf = dc_gesamt * c_prev * f * (1 - f)
        dag = dc_gesamt * i * (1 - g ** 2)
        dao = dh * tc * o * (1 - o)
        da = np.hstack([dai, daf, dag, dao])
        self.grads[0][...] = x.T @ da
        self.grads[1][...] = h_prev.T @ da
        self.grads[2][...] = da.sum(axis=0, keepdims=True)
        dx = da @ Wx.T
        dh_prev = da @ Wh.T
        dc_prev = dc_gesamt * f
        if len(self.params) == 4:
            Vo = self.params[3]
            self.grads[3][...] = c_prev.T @ dao
            dc_prev = dc_prev + dao @ Vo.T
        return dx, dh_prev, dc_prev


# %%
class LSTM:
    """An LSTM over whole sequences: the same step, with the same weights, at every time.

    Wx, Wh, b, Vo: as in LSTMUnit. stateful: whether a forward begins where the last one ended.

    params, grads: as in LSTMUnit; the gradients are sums over all steps.
    h, c: the states that the next forward begins with, [B, H] each, or None for zeros.
    dh, dc: the gradients with respect to the initial states of the latest forward, [B, H] each,
        as the latest `backward` found them.
    cache: what the latest `forward` keeps for `backward`.
    """

    def __init__(self, Wx, Wh, b, Vo=None, stateful=False):
        self.params = [Wx, Wh, b] if Vo is None else [Wx, Wh, b, Vo]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.stateful = stateful
        self.h, self.c = None, None
        self.dh, self.dc = None, None
        self.cache = None

    def set_state(self, h, c):
        """Let the next forward begin with the states h and c, [B, H] each."""
        self.h, self.c = h.copy(), c.copy()

    def reset_state(self):
        """Let the next forward begin with zeros."""
        self.h, self.c = None, None

    def forward(self, xs):
        """Run over a batch of sequences.

        xs: [B, T, D]. Returns hs: [B, T, H], the hidden state after each step.
        Raises ValueError if the states to begin with have another number of rows than xs.
        """
        B, T, D = xs.shape
        H = self.params[1].shape[0]
        h, c = self.h, self.c
        if h is None:
            h = np.zeros((B, H), dtype=xs.dtype)
            c = np.zeros((B, H), dtype=xs.dtype)
        if h.shape[0] != B:
            raise ValueError(f"state has batch size {h.shape[0]}, xs has {B}")
        hs = np.empty((B, T, H), dtype=xs.dtype)
        self.cache = []
        for t in range(T):
            unit = LSTMUnit(*self.params)
            h, c = unit.forward(xs[:, t], h, c)
            hs[:, t] = h
            self.cache.append(unit)
        if self.stateful:
            self.h, self.c = h, c
        else:
            self.h, self.c = None, None
        return hs

    def backward(self, dhs):
        """Carry gradients back through all steps of the latest forward.

        dhs: [B, T, H], the gradients of the loss with respect to hs.
        Returns dxs: [B, T, D]; writes the gradients with respect to the weights into self.grads,
        and leaves those with respect to the initial states in self.dh and self.dc.
        """
        B, T, H = dhs.shape
        dxs = np.empty((B, T, self.params[0].shape[0]), dtype=dhs.dtype)
        dh = np.zeros((B, H))
        dc = np.zeros((B, H))
        for grad in self.grads:
            grad[...] = 0  # sonst werden es mit jedem Aufruf mehr
        for t in reversed(range(T)):
            dxs[:, t], dh, dc = self.cache[t].backward(dhs[:, t] + dh, dc)
            for grad, part in zip(self.grads, self.cache[t].grads):
                grad += part
        self.dh, self.dc = dh, dc
        return dxs
