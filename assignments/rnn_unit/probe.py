"""How a submission of rnn_unit is exercised: inputs, and what is observed. No answers in here.

Every function gets its own copies of the arrays of a case, by name.
"""

import numpy as np

ARGUMENTS = ("x", "h_prev", "Wx", "Wh", "b", "dh_next")


def inputs(
    rng,
    batch=3,
    features=4,
    hidden=5,
    weight=0.5,
    drive=1.0,
    state=0.9,
    upstream=1.0,
    quiet=0,
):
    """The float64 arguments of one case.

    weight, drive: standard deviation of the weights (and the bias) and of x. state: bound of
    h_prev; 0 is a sequence's first step. upstream: standard deviation of dh_next. quiet: how many
    leading rows of dh_next are zero.
    """
    dh_next = upstream * rng.standard_normal((batch, hidden))
    dh_next[:quiet] = 0.0
    return {
        "x": drive * rng.standard_normal((batch, features)),
        "h_prev": state * rng.uniform(-1.0, 1.0, (batch, hidden)),
        "Wx": weight * rng.standard_normal((features, hidden)),
        "Wh": weight * rng.standard_normal((hidden, hidden)),
        "b": weight * rng.standard_normal((1, hidden)),
        "dh_next": dh_next,
    }


def forward(module, a):
    """h_next [B, H]."""
    return {"h_next": _unit(module, a).forward(a["x"], a["h_prev"])}


def backward(module, a):
    """The gradients with respect to x, h_prev, Wx, Wh and b, in their shapes."""
    unit = _unit(module, a)
    unit.forward(a["x"], a["h_prev"])
    returned = _pair(unit.backward(a["dh_next"]))
    return {**returned, **_by_name(unit.grads)}


def held_grads(module, a):
    """The gradient arrays that an optimiser took hold of before forward and backward."""
    unit = _unit(module, a)
    held = _by_name(unit.grads)
    unit.forward(a["x"], a["h_prev"])
    unit.backward(a["dh_next"])
    return held


def arguments_after(module, a):
    """Everything the submission was given, after a forward and a backward."""
    unit = _unit(module, a)
    unit.forward(a["x"], a["h_prev"])
    unit.backward(a["dh_next"])
    return {name: a[name] for name in ARGUMENTS}


def second_backward(module, a):
    """What the second backward after one forward returns; dh_next is the same, freshly copied."""
    unit = _unit(module, a)
    unit.forward(a["x"], a["h_prev"])
    unit.backward(a["dh_next"].copy())
    return _pair(unit.backward(a["dh_next"].copy()))


def after_another_step(module, a):
    """The weight gradients of a unit that took a step on other data, twice the batch, before."""
    unit = _unit(module, a)
    unit.forward(_other(a["x"]), _other(a["h_prev"]))
    unit.backward(_other(a["dh_next"]))
    unit.forward(a["x"], a["h_prev"])
    unit.backward(a["dh_next"])
    return _by_name(unit.grads)


def _unit(module, a):
    return module.RNNUnit(a["Wx"], a["Wh"], a["b"])


def _other(rows):
    return np.concatenate((rows, 0.5 - rows))


def _pair(returned):
    if not isinstance(returned, tuple | list) or len(returned) != 2:
        kind = type(returned).__name__
        what = f"a {kind} of {len(returned)}" if isinstance(returned, tuple | list) else kind
        raise ValueError(
            f"backward must return the pair (dx, dh_prev), but it returned {what}. "
            "Write the weight gradients into self.grads and end with: return dx, dh_prev"
        )
    return dict(zip(("x", "h_prev"), returned, strict=True))


def _by_name(grads):
    if not isinstance(grads, tuple | list) or len(grads) != 3:
        raise ValueError(
            "RNNUnit.grads must be a list of three arrays, for Wx, Wh and b in this order. "
            "Leave the list as __init__ makes it and fill its arrays: self.grads[i][...] = value"
        )
    return dict(zip(("Wx", "Wh", "b"), grads, strict=True))
