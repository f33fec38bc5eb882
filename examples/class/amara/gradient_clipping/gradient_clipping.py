# Gradient clipping and RMSprop
#
# README.md, beside this file, says what to do. Write your code in the places marked
# YOUR CODE HERE, then run: grader check gradient_clipping

# %%
import numpy as np


def global_norm(grads: list[np.ndarray]) -> float:
    """The Euclidean length of all gradients taken together as one vector.

    grads: a list of arrays of any shapes, which are not changed.
    Returns a number: 0 for an empty list, NaN or infinity if an entry is NaN or infinite.
    """
    square_sum = 0.0
    for g in grads:
        square_sum += np.sum(g ** 2)
    return np.sqrt(square_sum)


def clip_by_global_norm(grads: list[np.ndarray], max_norm: float) -> float:
    """Shorten all gradients together to the length max_norm, if they are longer.

    grads: a list of arrays of any shapes, changed in place, unless their norm is at most max_norm
    or is not finite.
    Returns the norm from before. Raises ValueError if max_norm is not positive.
    """
    if not max_norm > 0:
        raise ValueError("max_norm must be positive")
    norm = global_norm(grads)
    if not np.isfinite(norm):
        return norm
    for g in grads:
        # clip each gradient to max_norm
        n = np.sqrt(np.sum(g ** 2))
        if n > max_norm:
            g *= max_norm / n
    return norm


def clip_by_value(grads: list[np.ndarray], limit: float) -> None:
    """Limit every entry of every gradient to the range from -limit to limit.

    grads: a list of arrays of any shapes, changed in place.
    Raises ValueError if limit is not positive.
    """
    if not limit > 0:
        raise ValueError("limit must be positive")
    for g in grads:
        g[:] = np.clip(g, -limit, limit)


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
        if self.v is None:
            self.v = {}
            for i, p in enumerate(params):
                self.v[i] = np.zeros_like(p)
        for i, (p, g) in enumerate(zip(params, grads)):
            self.v[i] *= self.decay
            self.v[i] += (1 - self.decay) * g * g
            p -= self.lr * g / (np.sqrt(self.v[i]) + self.eps)
