# A long short-term memory
#
# README.md, beside this file, says what to do. Write your code in the places marked
# YOUR CODE HERE, then run: grader check lstm

# %%
import numpy as np


def lstm_step(x, h_prev, c_prev, Wx, Wh, b, Vo=None):
    """One timestep. Returns h, c and what the backward pass needs."""
    N, H = h_prev.shape
    a = np.dot(x, Wx) + np.dot(h_prev, Wh) + b
    act_i, act_f, act_g, act_o = np.split(a, 4, axis=1)
    if Vo is not None:
        act_o = act_o + np.dot(c_prev, Vo)
    i, f, g, o = sigmoid(act_i), sigmoid(act_f), np.tanh(act_g), sigmoid(act_o)
    c = f * c_prev + i * g
    h = o * np.tanh(c)
    return h, c, (x, h_prev, c_prev, i, f, g, o, c, Wx, Wh, Vo)


def lstm_step_back(dh, dc, cache):
    """Returns dx, dh_prev, dc_prev, [dWx, dWh, db] or [dWx, dWh, db, dVo]."""
    x, h_prev, c_prev, i, f, g, o, c, Wx, Wh, Vo = cache
    tanh_c = np.tanh(c)
    do = dh * tanh_c
    dc_sum = dc + dh * o * (1 - tanh_c * tanh_c)
    df = dc_sum * c_prev
    di = dc_sum * g
    dg = dc_sum * i
    act_o = do * o * (1 - o)
    act_f = df * f * (1 - f)
    act_i = di * i * (1 - i)
    act_g = dg * (1 - g * g)
    dact = np.concatenate([act_i, act_f, act_g, act_o], axis=1)
    grads = [np.dot(x.T, dact), np.dot(h_prev.T, dact), np.sum(dact, axis=0, keepdims=True)]
    dc_prev = dc_sum * f
    if Vo is not None:
        grads.append(np.dot(c_prev.T, act_o))
        dc_prev = dc_prev + np.dot(act_o, Vo.T)
    return np.dot(dact, Wx.T), np.dot(dact, Wh.T), dc_prev, grads


def sigmoid(z):
    """The logistic function 1 / (1 + exp(-z)) of each entry, for any finite z without overflow."""
    return 0.5 * (1.0 + np.tanh(0.5 * z))


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
        h, c, self.cache = lstm_step(x, h_prev, c_prev, *self.params)
        return h, c

    def backward(self, dh, dc):
        """Carry gradients back through the latest step.

        dh, dc: [B, H], the gradients of the loss with respect to h and to c, each from all that
        used that state after this step.
        Returns the triple (dx, dh_prev, dc_prev), dx: [B, D], the others [B, H], and writes the
        gradients with respect to the weights into the arrays of self.grads.
        """
        dx, dh_prev, dc_prev, grads = lstm_step_back(dh, dc, self.cache)
        for k in range(len(grads)):
            self.grads[k][...] = grads[k]
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
        # YOUR CODE HERE
        raise NotImplementedError("LSTM.set_state is not implemented yet")

    def reset_state(self):
        """Let the next forward begin with zeros."""
        # YOUR CODE HERE
        raise NotImplementedError("LSTM.reset_state is not implemented yet")

    def forward(self, xs):
        """Run over a batch of sequences.

        xs: [B, T, D]. Returns hs: [B, T, H], the hidden state after each step.
        Raises ValueError if the states to begin with have another number of rows than xs.
        """
        # YOUR CODE HERE
        raise NotImplementedError("LSTM.forward is not implemented yet")

    def backward(self, dhs):
        """Carry gradients back through all steps of the latest forward.

        dhs: [B, T, H], the gradients of the loss with respect to hs.
        Returns dxs: [B, T, D]; writes the gradients with respect to the weights into self.grads,
        and leaves those with respect to the initial states in self.dh and self.dc.
        """
        # YOUR CODE HERE
        raise NotImplementedError("LSTM.backward is not implemented yet")
