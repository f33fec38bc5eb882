# Gradient clipping and RMSprop
#
# README.md, beside this file, says what to do. Write your code in the places marked
# YOUR CODE HERE, then run: grader check gradient_clipping

# %%
import numpy as np


def _positive(name, value):
    if np.isnan(value) or value <= 0:
        raise ValueError("%s has to be larger than 0, got %r" % (name, value))


def global_norm(grads: list[np.ndarray]) -> float:
    """The Euclidean length of all gradients taken together as one vector.

    grads: a list of arrays of any shapes, which are not changed.
    Returns a number: 0 for an empty list, NaN or infinity if an entry is NaN or infinite.
    """
    parts = [np.ravel(g).astype('f') for g in grads]
    if len(parts) == 0:
        return 0.0
    vec = np.concatenate(parts)
    if vec.size == 0:
        return 0.0
    m = np.max(np.abs(vec))
    if m == 0 or np.isinf(m):
        return m
    return m * np.sqrt(np.sum(np.square(vec / m)))


def clip_by_global_norm(grads: list[np.ndarray], max_norm: float) -> float:
    """Shorten all gradients together to the length max_norm, if they are longer.

    grads: a list of arrays of any shapes, changed in place, unless their norm is at most max_norm
    or is not finite.
    Returns the norm from before. Raises ValueError if max_norm is not positive.
    """
    _positive("max_norm", max_norm)
    norm = global_norm(grads)
    if np.isnan(norm) or np.isinf(norm):
        return norm
    if norm <= max_norm:
        return norm
    scale = max_norm / norm
    for g in grads:
        g[...] = g * scale
    return norm


def clip_by_value(grads: list[np.ndarray], limit: float) -> None:
    """Limit every entry of every gradient to the range from -limit to limit.

    grads: a list of arrays of any shapes, changed in place.
    Raises ValueError if limit is not positive.
    """
    _positive("limit", limit)
    for g in grads:
        g[...] = np.minimum(limit, np.maximum(-limit, g))


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
            self.v = []
            for p in params:
                self.v.append(np.zeros(p.shape, dtype=p.dtype))
        for p, g, v in zip(params, grads, self.v):
            v[...] = self.decay * v + (1 - self.decay) * g * g
            p[...] = p - self.lr * g / (np.sqrt(v) + self.eps)
