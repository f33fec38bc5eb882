# A long short-term memory
#
# README.md, beside this file, says what to do. Write your code in the places marked
# YOUR CODE HERE, then run: grader check lstm

# %%
import numpy as np


def sigmoid(z):
    """The logistic function 1 / (1 + exp(-z)) of each entry, for any finite z without overflow."""
    # YOUR CODE HERE
    raise NotImplementedError("sigmoid is not implemented yet")


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
        # YOUR CODE HERE
        raise NotImplementedError("LSTMUnit.forward is not implemented yet")

    def backward(self, dh, dc):
        """Carry gradients back through the latest step.

        dh, dc: [B, H], the gradients of the loss with respect to h and to c, each from all that
        used that state after this step.
        Returns the triple (dx, dh_prev, dc_prev), dx: [B, D], the others [B, H], and writes the
        gradients with respect to the weights into the arrays of self.grads.
        """
        # YOUR CODE HERE
        raise NotImplementedError("LSTMUnit.backward is not implemented yet")


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
