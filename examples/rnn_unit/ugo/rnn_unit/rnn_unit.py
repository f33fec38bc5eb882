# One step of a recurrent network
#
# README.md, beside this file, says what to do. Write your code in the places marked
# YOUR CODE HERE, then run: grader check rnn_unit

# %%
import numpy as np


class RNNUnit:
    """One step of a plain recurrent network, h_next = tanh(h_prev Wh + x Wx + b).

    Wx: [I, H], Wh: [H, H], b: [1, H].

    params: the list [Wx, Wh, b].
    grads: the gradients of a loss with respect to params, in the same order and shapes. `backward`
        writes into these arrays; it neither replaces them nor adds to them.
    cache: what the latest `forward` keeps for `backward`.
    """

    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def forward(self, x, h_prev):
        """Take one step.

        x: [B, I], the inputs. h_prev: [B, H], the state before the step.
        Returns h_next: [B, H], the state after it.
        """
        # YOUR CODE HERE
        raise NotImplementedError("RNNUnit.forward is not implemented yet")

    def backward(self, dh_next):
        """Carry a gradient back through the latest step.

        dh_next: [B, H], the gradient of the loss with respect to h_next.
        Returns the pair (dx, dh_prev), dx: [B, I] and dh_prev: [B, H], and writes the gradients
        with respect to Wx, Wh and b into the three arrays of self.grads.
        """
        # YOUR CODE HERE
        raise NotImplementedError("RNNUnit.backward is not implemented yet")
