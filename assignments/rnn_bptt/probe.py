"""How a submission of rnn_bptt is exercised: inputs, and what is observed. No answers in here.

Every function gets its own copies of the arrays of a case, by name.
"""

from itertools import pairwise

import numpy as np

ARGUMENTS = ("xs", "h0", "Wx", "Wh", "b", "dhs")


def inputs(
    rng,
    batch=3,
    steps=5,
    features=4,
    hidden=5,
    weight=0.5,
    drive=1.0,
    state=0.9,
    upstream=1.0,
    heard="all",
):
    """The float64 arguments of one case.

    weight, drive: standard deviation of the weights (and the bias) and of xs. state: bound of the
    initial state h0; 0 is the start of a sequence. upstream: standard deviation of dhs. heard: the
    steps whose state the loss looks at; dhs is zero at the others. "all", "last", "first", or
    "some" for every third.
    """
    dhs = upstream * rng.standard_normal((batch, steps, hidden))
    looked_at = {
        "all": slice(None),
        "last": slice(-1, None),
        "first": slice(0, 1),
        "some": slice(1, None, 3),
    }
    quiet = np.ones(steps, dtype=bool)
    quiet[looked_at[heard]] = False
    dhs[:, quiet] = 0.0
    return {
        "xs": drive * rng.standard_normal((batch, steps, features)),
        "h0": state * rng.uniform(-1.0, 1.0, (batch, hidden)),
        "Wx": weight * rng.standard_normal((features, hidden)),
        "Wh": weight * rng.standard_normal((hidden, hidden)),
        "b": weight * rng.standard_normal((1, hidden)),
        "dhs": dhs,
    }


def forward(module, a):
    """hs [B, T, H], started from h0."""
    return {"hs": _started(module, a).forward(a["xs"])}


def backward(module, a):
    """The gradients with respect to xs, h0, Wx, Wh and b, in their shapes."""
    rnn = _started(module, a)
    rnn.forward(a["xs"])
    dxs = rnn.backward(a["dhs"])
    return {"xs": dxs, "h0": rnn.dh, **_by_name(rnn.grads)}


def held_grads(module, a):
    """The gradient arrays that an optimiser took hold of before forward and backward."""
    rnn = _started(module, a)
    held = _by_name(rnn.grads)
    rnn.forward(a["xs"])
    rnn.backward(a["dhs"])
    return held


def arguments_after(module, a):
    """Everything the submission was given, after a forward and a backward."""
    rnn = _started(module, a)
    rnn.forward(a["xs"])
    rnn.backward(a["dhs"])
    return {name: a[name] for name in ARGUMENTS}


def second_backward(module, a):
    """What the second backward after one forward returns; dhs is the same, freshly copied."""
    rnn = _started(module, a)
    rnn.forward(a["xs"])
    rnn.backward(a["dhs"].copy())
    return {"xs": rnn.backward(a["dhs"].copy())}


def after_another_sequence(module, a):
    """The weight gradients after another sequence, of twice the rows and one step more."""
    rnn = _rnn(module, a)
    rnn.set_state(_more_rows(a["h0"]))
    rnn.forward(_longer(_more_rows(a["xs"])))
    rnn.backward(_longer(_more_rows(a["dhs"])))
    rnn.set_state(a["h0"])
    rnn.forward(a["xs"])
    rnn.backward(a["dhs"])
    return _by_name(rnn.grads)


def fresh_start(module, a):
    """hs of a network that was never given a state."""
    return {"hs": _rnn(module, a).forward(a["xs"])}


def zeros_set(module, a):
    """hs of a network whose state was set to zeros."""
    rnn = _rnn(module, a)
    rnn.set_state(np.zeros_like(a["h0"]))
    return {"hs": rnn.forward(a["xs"])}


def second_start(module, a):
    """hs of the second forward of a network that is not stateful."""
    rnn = _rnn(module, a)
    rnn.forward(0.5 - a["xs"])
    return {"hs": rnn.forward(a["xs"])}


def after_set_state(module, a):
    """hs of the second forward after one set_state; the network is not stateful."""
    rnn = _started(module, a)
    rnn.forward(0.5 - a["xs"])
    return {"hs": rnn.forward(a["xs"])}


def whole(module, a):
    """hs of a stateful network that is given the sequence in one piece."""
    return {"hs": _started(module, a, stateful=True).forward(a["xs"])}


def chunked(module, a):
    """hs of a stateful network that is given the sequence in two or three chunks."""
    rnn = _started(module, a, stateful=True)
    return {"hs": _joined((rnn.forward(xs), xs) for xs in _chunks(a["xs"]))}


def scribbled(module, a):
    """As `chunked`, but the caller writes over the arrays it handed in and got back."""
    rnn = _rnn(module, a, stateful=True)
    rnn.set_state(a["h0"])
    a["h0"][...] = 7.0
    kept = []
    for xs in _chunks(a["xs"]):
        hs = rnn.forward(xs)
        kept.append((hs.copy(), xs))
        hs[...] = 9.0
    return {"hs": _joined(kept)}


def after_reset(module, a):
    """hs after reset_state; the network carried a state of twice the rows before."""
    rnn = _rnn(module, a, stateful=True)
    rnn.forward(_more_rows(a["xs"]))
    rnn.reset_state()
    return {"hs": rnn.forward(a["xs"])}


def set_then_reset(module, a):
    """hs after set_state and then reset_state."""
    rnn = _started(module, a, stateful=True)
    rnn.reset_state()
    return {"hs": rnn.forward(a["xs"])}


def other_batch(module, a):
    """Whether forward refuses a state of another batch size with a ValueError.

    A state of one row carried to a batch, one of a batch carried to one row, one of a batch
    carried to more rows, and one of one row set in a network that is not stateful.
    """
    xs, more = a["xs"], _more_rows(a["xs"])
    just_set = _rnn(module, a)
    just_set.set_state(a["h0"][:1])
    return {
        "one_row_carried_refused": _refuses(_having_read(module, a, xs[:1]), xs),
        "batch_carried_to_one_row_refused": _refuses(_having_read(module, a, xs), xs[:1]),
        "batch_carried_to_more_rows_refused": _refuses(_having_read(module, a, xs), more),
        "one_row_set_refused": _refuses(just_set, xs),
    }


def second_chunk(module, a):
    """What backward returns for the second of two chunks, having run on the first one too."""
    rnn = _started(module, a, stateful=True)
    at = a["xs"].shape[1] // 2
    rnn.forward(a["xs"][:, :at])
    rnn.backward(a["dhs"][:, :at])
    rnn.forward(a["xs"][:, at:])
    return {"xs": rnn.backward(a["dhs"][:, at:])}


def second_chunk_alone(module, a):
    """What backward returns for the second of two chunks, without having run on the first one."""
    rnn = _started(module, a, stateful=True)
    at = a["xs"].shape[1] // 2
    rnn.forward(a["xs"][:, :at])
    rnn.forward(a["xs"][:, at:])
    return {"xs": rnn.backward(a["dhs"][:, at:])}


def _rnn(module, a, stateful=False):
    return module.RNN(a["Wx"], a["Wh"], a["b"], stateful=stateful)


def _started(module, a, stateful=False):
    rnn = _rnn(module, a, stateful)
    rnn.set_state(a["h0"])
    return rnn


def _having_read(module, a, xs):
    """A stateful network that carries its state after xs."""
    rnn = _rnn(module, a, stateful=True)
    rnn.set_state(a["h0"][: len(xs)])
    rnn.forward(xs)
    return rnn


def _refuses(rnn, xs):
    try:
        rnn.forward(xs)
    except ValueError:
        return np.array(True)
    return np.array(False)


def _chunks(xs):
    """One half, the rest but one step, and the last step; fewer if there are two steps."""
    steps = xs.shape[1]
    borders = sorted({0, steps // 2, steps - 1, steps})
    return [xs[:, i:j] for i, j in pairwise(borders)]


def _joined(chunks):
    """The states of pairs (hs, xs), one chunk after the other.

    A step or row whose axis was dropped gets it back: there are checks for those.
    """
    return np.concatenate([np.reshape(hs, (*xs.shape[:2], -1)) for hs, xs in chunks], axis=1)


def _more_rows(rows):
    return np.concatenate((rows, 0.5 - rows))


def _longer(sequences):
    return np.concatenate((sequences, sequences[:, :1]), axis=1)


def _by_name(grads):
    if not isinstance(grads, tuple | list) or len(grads) != 3:
        raise ValueError(
            "RNN.grads must be a list of three arrays, for Wx, Wh and b in this order. "
            "Leave the list as __init__ makes it and fill its arrays: self.grads[i][...] = value"
        )
    return dict(zip(("Wx", "Wh", "b"), grads, strict=True))
