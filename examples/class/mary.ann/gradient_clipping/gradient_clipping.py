# Gradient clipping and RMSprop
#
# README.md, beside this file, says what to do. Write your code in the places marked
# YOUR CODE HERE, then run: grader check gradient_clipping

# %%
import numpy as np
from functools import reduce


def _largest(grads):
    return reduce(np.maximum, [np.max(np.abs(g), initial=0.0) for g in grads], 0.0)


def global_norm(grads: list[np.ndarray]) -> float:
    """The Euclidean length of all gradients taken together as one vector.

    grads: a list of arrays of any shapes, which are not changed.
    Returns a number: 0 for an empty list, NaN or infinity if an entry is NaN or infinite.
    """
    peak = _largest(grads)
    if peak == 0.0:
        return 0.0
    if not np.isfinite(peak):
        return peak
    return peak * np.sqrt(sum(np.linalg.norm(np.ravel(g) / peak) ** 2 for g in grads))


def clip_by_global_norm(grads: list[np.ndarray], max_norm: float) -> float:
    """Shorten all gradients together to the length max_norm, if they are longer.

    grads: a list of arrays of any shapes, changed in place, unless their norm is at most max_norm
    or is not finite.
    Returns the norm from before. Raises ValueError if max_norm is not positive.
    """
    if not (max_norm > 0):
        raise ValueError("only positive max_norm, please")
    before = global_norm(grads)
    too_long = max_norm < before < np.inf
    if too_long:
        for g in grads:
            np.multiply(g, max_norm / before, out=g)
    return before


def clip_by_value(grads: list[np.ndarray], limit: float) -> None:
    """Limit every entry of every gradient to the range from -limit to limit.

    grads: a list of arrays of any shapes, changed in place.
    Raises ValueError if limit is not positive.
    """
    if not (limit > 0):
        raise ValueError("only positive limit, please")
    for g in grads:
        np.minimum(g, limit, out=g)
        np.maximum(g, -limit, out=g)


class RMSprop:
    """Gradient descent that divides each gradient by a running root mean square of its own.

    lr: the learning rate. decay: how much of the running mean stays at each update. eps: added to
    the root.
    v: the running means of the squared gradients, one for each parameter, in its shape; None
        before the first update.
    """

    def __init__(self, lr: float = 0.001, decay: float = 0.9, eps: float = 1e-8) -> None:
        self.lr = lr
        self.decay = decay
        self.eps = eps
        self.v = None

    def update(self, params: list[np.ndarray], grads: list[np.ndarray]) -> None:
        """Make one update.

        params: a list of arrays of any shapes, changed in place. grads: their gradients, in the
        same order and shapes, which are not changed.
        """
        self.v = self.v or [0.0] * len(params)
        self.v = [self.decay * v + (1 - self.decay) * g**2 for v, g in zip(self.v, grads)]
        for p, g, v in zip(params, grads, self.v):
            p -= self.lr * g / (v**0.5 + self.eps)
