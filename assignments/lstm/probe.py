"""How a submission of lstm is exercised: inputs, and what is observed. No answers in here.

Every function gets its own copies of the arrays of a case, by name. There are four parts: the unit
(forward, backward), the loop over time (loop_*), and both once more with the peephole
(peephole_*, peephole_loop_*). The first two take no notice of Vo.
"""

import numpy as np

WEIGHTS = ("Wx", "Wh", "b")
WITH_PEEPHOLE = (*WEIGHTS, "Vo")
OF_UNIT = ("x", "h_prev", "c_prev", *WEIGHTS, "dh", "dc")
OF_LOOP = ("xs", "h0", "c0", *WEIGHTS, "dhs")

LOUD = 5000.0
QUIET = {
    "h": ("dh", np.s_[:]),
    "c": ("dc", np.s_[:]),
    "early": ("dhs", np.s_[:, :-1]),
    "late": ("dhs", np.s_[:, 1:]),
}


def inputs(
    rng,
    batch=3,
    features=4,
    hidden=5,
    steps=4,
    weight=0.5,
    drive=1.0,
    state=0.9,
    loud=0,
    upstream=1.0,
    quiet="",
    peephole=False,
):
    """The float64 arguments of one case, for the unit and for the loop.

    weight, drive: standard deviation of the weights (and the bias) and of x and xs. loud: how many
    of the last rows have inputs LOUD times as large. state: bound of the hidden states to begin
    with, and half the bound of the cells; 0 is a sequence's start. upstream: standard deviation of
    dh, dc and dhs. quiet: words for what of these is zero: "h" for dh, "c" for dc; "early" for all
    steps of dhs but the last, "late" for all but the first. peephole: whether there is a Vo.
    """
    a = {
        "x": drive * rng.standard_normal((batch, features)),
        "h_prev": state * rng.uniform(-1.0, 1.0, (batch, hidden)),
        "c_prev": 2.0 * state * rng.uniform(-1.0, 1.0, (batch, hidden)),
        "xs": drive * rng.standard_normal((batch, steps, features)),
        "h0": state * rng.uniform(-1.0, 1.0, (batch, hidden)),
        "c0": 2.0 * state * rng.uniform(-1.0, 1.0, (batch, hidden)),
        "Wx": weight * rng.standard_normal((features, 4 * hidden)),
        "Wh": weight * rng.standard_normal((hidden, 4 * hidden)),
        "b": weight * rng.standard_normal((1, 4 * hidden)),
        "dh": upstream * rng.standard_normal((batch, hidden)),
        "dc": upstream * rng.standard_normal((batch, hidden)),
        "dhs": upstream * rng.standard_normal((batch, steps, hidden)),
    }
    if peephole:
        a["Vo"] = weight * rng.standard_normal((hidden, hidden))
    for name in ("x", "xs"):
        a[name][batch - loud :] *= LOUD
    for word in quiet.split():
        a[QUIET[word][0]][QUIET[word][1]] = 0.0
    return a


# The unit


def forward(module, a):
    """h and c, [B, H] each."""
    return _states(_unit(module, a).forward(a["x"], a["h_prev"], a["c_prev"]))


def backward(module, a):
    """The gradients with respect to x, h_prev, c_prev, Wx, Wh and b, in their shapes."""
    unit = _after_forward(module, a)
    returned = _triple(unit.backward(a["dh"], a["dc"]))
    return {**returned, **_by_name(unit)}


def held_grads(module, a):
    """The gradient arrays that an optimiser took hold of before forward and backward."""
    unit = _unit(module, a)
    held = _by_name(unit)
    unit.forward(a["x"], a["h_prev"], a["c_prev"])
    unit.backward(a["dh"], a["dc"])
    return held


def arguments_after(module, a):
    """Everything the unit was given, after a forward and a backward."""
    _after_forward(module, a).backward(a["dh"], a["dc"])
    return {name: a[name] for name in OF_UNIT}


def second_backward(module, a):
    """What the second backward after one forward returns, for the same gradients."""
    unit = _after_forward(module, a)
    unit.backward(a["dh"].copy(), a["dc"].copy())
    return _triple(unit.backward(a["dh"].copy(), a["dc"].copy()))


def after_another_step(module, a):
    """The weight gradients of a unit that took a step on other data, twice the batch, before."""
    unit = _unit(module, a)
    unit.forward(*(_twice(a[name]) for name in ("x", "h_prev", "c_prev")))
    unit.backward(_twice(a["dh"]), _twice(a["dc"]))
    unit.forward(a["x"], a["h_prev"], a["c_prev"])
    unit.backward(a["dh"], a["dc"])
    return _by_name(unit)


def kept_states(module, a):
    """The states that a step returned, after the unit has taken another step."""
    unit = _unit(module, a)
    kept = _states(unit.forward(a["x"], a["h_prev"], a["c_prev"]))
    unit.forward(0.5 - a["x"], 0.5 - a["h_prev"], 0.5 - a["c_prev"])
    return kept


def watched(module, a):
    """h and c of a step that may not overflow, divide by zero or meet an invalid number."""
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        unit = _unit(module, a)
        states = _states(unit.forward(a["x"], a["h_prev"], a["c_prev"]))
        unit.backward(a["dh"], a["dc"])
    return states


# The unit with its peephole


def peephole_forward(module, a):
    """h and c, [B, H] each, of a unit with Vo."""
    return _states(_peephole_unit(module, a).forward(a["x"], a["h_prev"], a["c_prev"]))


def peephole_backward(module, a):
    """The gradients with respect to x, h_prev, c_prev, Wx, Wh, b and Vo, in their shapes."""
    unit = _peephole_unit(module, a)
    unit.forward(a["x"], a["h_prev"], a["c_prev"])
    returned = _triple(unit.backward(a["dh"], a["dc"]))
    return {**returned, **_by_name(unit, WITH_PEEPHOLE)}


def peephole_held(module, a):
    """The gradient array for Vo that an optimiser took hold of before two steps, each with its
    backward; the first of them on other data."""
    unit = _peephole_unit(module, a)
    held = _by_name(unit, WITH_PEEPHOLE)["Vo"]
    unit.forward(0.5 - a["x"], 0.5 - a["h_prev"], 0.5 - a["c_prev"])
    unit.backward(a["dh"].copy(), a["dc"].copy())
    unit.forward(a["x"], a["h_prev"], a["c_prev"])
    unit.backward(a["dh"], a["dc"])
    return {"Vo": held}


# The loop


def loop_forward(module, a):
    """hs [B, T, H], begun from h0 and c0."""
    return _run(_loop(module, a), a)


def loop_backward(module, a):
    """The gradients with respect to xs, h0, c0, Wx, Wh and b, in their shapes."""
    lstm = _loop(module, a)
    _run(lstm, a)
    return {**_back(lstm, a["dhs"]), **_by_name(lstm)}


def loop_held_grads(module, a):
    """The gradient arrays that an optimiser took hold of before forward and backward."""
    lstm = _loop(module, a)
    held = _by_name(lstm)
    _run(lstm, a)
    lstm.backward(a["dhs"])
    return held


def loop_arguments_after(module, a):
    """Everything the loop was given, after a forward and a backward."""
    lstm = _loop(module, a)
    _run(lstm, a)
    lstm.backward(a["dhs"])
    return {name: a[name] for name in OF_LOOP}


def loop_second_backward(module, a):
    """What the second backward after one forward gives for xs and the initial states."""
    lstm = _loop(module, a)
    _run(lstm, a)
    lstm.backward(a["dhs"].copy())
    return _back(lstm, a["dhs"].copy())


def loop_after_another(module, a):
    """The weight gradients of a layer that ran over another batch of sequences before."""
    lstm = _loop(module, a)
    _run(lstm, {name: _twice(a[name]) for name in ("xs", "h0", "c0")})
    lstm.backward(_twice(a["dhs"]))
    _run(lstm, a)
    lstm.backward(a["dhs"])
    return _by_name(lstm)


def kept_sequence(module, a):
    """The states that a run returned, after the layer has run over another batch."""
    lstm = _loop(module, a)
    kept = _run(lstm, a)
    _run(lstm, {name: 0.5 - a[name] for name in ("xs", "h0", "c0")})
    return kept


def loop_watched(module, a):
    """hs of a run that may not overflow, divide by zero or meet an invalid number."""
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        lstm = _loop(module, a)
        states = _run(lstm, a)
        lstm.backward(a["dhs"])
    return states


# Its state


def begun_with_zeros(module, a):
    """hs, begun from states that were set, to zero."""
    return _run(_loop(module, a), {**a, "h0": 0.0 * a["h0"], "c0": 0.0 * a["c0"]})


def never_set(module, a):
    """hs of a layer whose state was never set."""
    return {"hs": _loop(module, a).forward(a["xs"])}


def after_a_run(module, a):
    """hs of a layer that is not stateful and has run before, its state having been set."""
    lstm = _loop(module, a)
    _run(lstm, {**a, "xs": 0.5 - a["xs"]})
    return {"hs": lstm.forward(a["xs"])}


def after_a_reset(module, a):
    """hs of a stateful layer that was reset after a run."""
    lstm = _loop(module, a, stateful=True)
    _run(lstm, {**a, "xs": 0.5 - a["xs"]})
    lstm.reset_state()
    return {"hs": lstm.forward(a["xs"])}


def in_two_pieces(module, a):
    """hs of a stateful layer that is given the first half of each sequence, then the other."""
    half = a["xs"].shape[1] // 2
    lstm = _loop(module, a, stateful=True)
    first = np.array(_run(lstm, {**a, "xs": a["xs"][:, :half]})["hs"])
    second = np.array(lstm.forward(a["xs"][:, half:]))
    return {"hs": np.concatenate((first, second), axis=1)}


def another_batch(module, a):
    """Whether a stateful layer refuses a batch of more, and of fewer, rows than its state has."""
    more, fewer = _loop(module, a, stateful=True), _loop(module, a, stateful=True)
    more.forward(a["xs"][:1])
    fewer.forward(a["xs"])
    return {"more": _refuses(more, a["xs"]), "fewer": _refuses(fewer, a["xs"][:1])}


# The loop with the peephole


def peephole_loop_forward(module, a):
    """hs [B, T, H], begun from h0 and c0, of a layer with Vo."""
    return _run(_loop(module, a, a["Vo"]), a)


def peephole_loop_backward(module, a):
    """The gradients with respect to xs, h0, c0, Wx, Wh, b and Vo, in their shapes."""
    lstm = _loop(module, a, a["Vo"])
    _run(lstm, a)
    return {**_back(lstm, a["dhs"]), **_by_name(lstm, WITH_PEEPHOLE)}


def parts(ask):
    """Classes that work by asking the submission: ask(call, arrays) -> arrays of that function.

    LSTMUnit asks for the submission's own unit, with or without peephole. PlainWithPeephole makes
    the step with a peephole out of the step without: c_prev is one more input, and Vo leads from it
    to the output gate.
    """

    class LSTMUnit:
        def __init__(self, Wx, Wh, b, Vo=None):
            self.params = [Wx, Wh, b] if Vo is None else [Wx, Wh, b, Vo]
            self.grads = [np.zeros_like(p) for p in self.params]
            self.names = WEIGHTS if Vo is None else WITH_PEEPHOLE
            self.part = "" if Vo is None else "peephole_"
            self.given = {}

        def forward(self, x, h_prev, c_prev):
            weights = dict(zip(self.names, self.params, strict=True))
            self.given = {"x": x, "h_prev": h_prev, "c_prev": c_prev, **weights}
            got = ask(f"{self.part}forward", self.given)
            return got["h"], got["c"]

        def backward(self, dh, dc):
            got = ask(f"{self.part}backward", {**self.given, "dh": dh, "dc": dc})
            for name, grad in zip(self.names, self.grads, strict=True):
                grad[...] = got[name]
            return got["x"], got["h_prev"], got["c_prev"]

    class PlainWithPeephole:
        def __init__(self, Wx, Wh, b, Vo):
            self.params = [Wx, Wh, b, Vo]
            self.grads = [np.zeros_like(p) for p in self.params]
            nothing = np.zeros((len(Vo), 3 * len(Vo)))  # to i, f and g
            self.unit = LSTMUnit(np.vstack((Wx, np.hstack((nothing, Vo)))), Wh, b)

        def forward(self, x, h_prev, c_prev):
            return self.unit.forward(np.hstack((x, c_prev)), h_prev, c_prev)

        def backward(self, dh, dc):
            features, hidden = len(self.params[0]), len(self.params[3])
            dx, dh_prev, dc_prev = self.unit.backward(dh, dc)
            dWx, dWh, db = self.unit.grads
            self.grads[:] = dWx[:features], dWh, db, dWx[features:, 3 * hidden :]
            return dx[:, :features], dh_prev, dc_prev + dx[:, features:]

    return {"LSTMUnit": LSTMUnit, "PlainWithPeephole": PlainWithPeephole}


def _unit(module, a):
    return module.LSTMUnit(a["Wx"], a["Wh"], a["b"])


def _peephole_unit(module, a):
    made_by = getattr(module, "PlainWithPeephole", module.LSTMUnit)
    return made_by(a["Wx"], a["Wh"], a["b"], a["Vo"])


def _after_forward(module, a):
    unit = _unit(module, a)
    unit.forward(a["x"], a["h_prev"], a["c_prev"])
    return unit


def _loop(module, a, Vo=None, stateful=False):
    return module.LSTM(a["Wx"], a["Wh"], a["b"], Vo, stateful=stateful)


def _run(lstm, a):
    lstm.set_state(a["h0"], a["c0"])
    return {"hs": lstm.forward(a["xs"])}


def _back(lstm, dhs):
    return {"xs": lstm.backward(dhs), "h0": lstm.dh, "c0": lstm.dc}


def _refuses(lstm, xs):
    try:
        lstm.forward(xs)
    except ValueError:
        return np.array(True)
    return np.array(False)


def _twice(rows):
    return np.concatenate((rows, 0.5 - rows))


def _states(returned):
    return _named(returned, ("h", "c"), "forward must return the pair (h, c)")


def _triple(returned):
    names = ("x", "h_prev", "c_prev")
    return _named(returned, names, "backward must return the triple (dx, dh_prev, dc_prev)")


def _named(returned, names, rule):
    if not isinstance(returned, tuple | list | np.ndarray) or len(returned) != len(names):
        kind = type(returned).__name__
        what = f"a {kind} of {len(returned)}" if isinstance(returned, tuple | list) else kind
        raise ValueError(f"{rule}, but it returned {what}. Look at its last line.")
    return dict(zip(names, returned, strict=True))


def _by_name(layer, names=WEIGHTS):
    if not isinstance(layer.grads, tuple | list) or len(layer.grads) != len(names):
        kind = type(layer).__name__
        raise ValueError(
            f"{kind}.grads must be a list of {len(names)} arrays, for {', '.join(names)} in this "
            "order. Leave the list as __init__ makes it and fill its arrays: "
            "self.grads[i][...] = value"
        )
    return dict(zip(names, layer.grads, strict=True))
