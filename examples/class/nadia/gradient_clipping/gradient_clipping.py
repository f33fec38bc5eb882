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
    return np.sqrt(sum(np.linalg.norm(g) ** 2 for g in grads))


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
    ratio = max_norm / norm if norm > max_norm else 1
    if ratio < 1:
        for g in grads:
            g *= ratio
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
        self._start(params)
        keep, new = self.decay, 1 - self.decay
        for p, g, v in zip(params, grads, self.v):
            np.copyto(v, keep * v + new * np.power(g, 2))
            np.copyto(p, p - np.divide(self.lr * g, np.sqrt(v) + self.eps))

    def _start(self, params):
        if self.v is None:
            self.v = tuple(np.zeros_like(p) for p in params)
