"""How a submission of gradient_clipping is exercised: inputs, what is observed. No answers in here.

Every function gets its own copies of the arrays of a case, by name: gradients g0, g1, ... for the
clipping; parameters p0, p1, ... and their gradients of all steps, s0 [T, ...], s1, ... for RMSprop.
"""

import numpy as np

LARGE = 2.0**330
"""A factor whose square float64 can hold, but not the square of that. A power of two, so that
scaling by it is exact."""

SHOWN = 1e50
"""No number is shown as larger than this, so that others can reckon with it."""


def inputs(
    rng,
    shapes="3x4, 4x4, 4",
    kind="random",
    scale=1.0,
    spread=1.0,
    ratio=3.0,
    steps=4,
    lr=0.1,
    decay=0.9,
    eps=0.02,
    quiet=False,
):
    """The float64 arguments of one case.

    shapes: of the tensors, such as "3x4, 4". kind: random; negative, with a minus before every
    entry; zero; whole, with a norm of exactly max_norm. scale: how large gradients are, and spread
    by what factor from one tensor to the next. ratio: about how many times max_norm the norm is.
    steps, lr, decay, eps: of RMSprop. quiet: the first entry of each tensor has gradients of zero.
    """
    sizes = [tuple(int(n) for n in s.split("x")) for s in shapes.split(",")]
    of = [scale * spread**i for i in range(len(sizes))]
    a = {}
    for i, shape in enumerate(sizes):
        g, p = rng.standard_normal(shape), rng.standard_normal(shape)
        s = rng.standard_normal((steps, *shape))
        if quiet:
            s.reshape(steps, -1)[:, :1] = 0.0
        a |= {f"g{i}": _of_kind(kind, of[i] * g, i), f"p{i}": p, f"s{i}": of[i] * s}
    usual = np.sqrt(sum(n * n * np.prod(shape) for n, shape in zip(of, sizes, strict=True)))
    numbers = {
        "max_norm": 6.0 if kind == "whole" else usual / ratio,
        "limit": 0.8 * scale,
        "lr": lr,
        "decay": decay,
        "eps": eps,
    }
    return a | {name: np.array(float(value)) for name, value in numbers.items()}


# The norm and the clipping


def measured(module, a):
    """The norm of all gradients."""
    return {"norm": _number(module.global_norm(_list(a, "g")), "global_norm")}


def grads_after_norm(module, a):
    """The gradients after their norm was taken."""
    module.global_norm(_list(a, "g"))
    return _named("g", _list(a, "g"))


def clipped(module, a):
    """What is in the list of gradients after it was clipped by norm."""
    return _named("g", _clip(module, _list(a, "g"), float(a["max_norm"]))[0])


def held_clipped(module, a):
    """The gradient arrays that a layer and an optimiser held on to while they were clipped."""
    _clip(module, _list(a, "g"), float(a["max_norm"]))
    return _named("g", _list(a, "g"))


def returned(module, a):
    """The number that clip_by_global_norm returns."""
    norm = module.clip_by_global_norm(_list(a, "g"), float(a["max_norm"]))
    return {"norm": _number(norm, "clip_by_global_norm")}


def clipped_views(module, a):
    """Gradients that are transposed windows of larger arrays, after they were clipped by norm."""
    windows = [_window(g) for g in _list(a, "g")]
    _clip(module, list(windows), float(a["max_norm"]))
    return _named("g", [np.array(w) for w in windows])


def everything_large(module, a, factor=LARGE):
    """Norm and clipped gradients, where gradients are `factor` times as large as they were.

    The norm is divided by `factor` again.
    """
    grads = [factor * g for g in _list(a, "g")]
    norm = _number(module.global_norm(list(grads)), "global_norm")
    after, _ = _clip(module, list(grads), float(a["max_norm"]))
    seen = {"norm": norm / factor} | _named("g", after)
    return {name: np.asarray(np.clip(x, -SHOWN, SHOWN)) for name, x in seen.items()}


def everything_huge(module, a):
    """The same for gradients that are huge. They are clipped to the same as large ones."""
    return everything_large(module, a, LARGE**2)


def norms_tiny(module, a):
    """The same for gradients that are tiny, and so not clipped."""
    return {"norm": everything_large(module, a, LARGE**-2)["norm"]}


def without_entries(module, a):
    """No gradients at all, gradients without entries, and such beside others."""
    none, bare, grads = [], [np.zeros((0, 3))], _list(a, "g")
    mixed = [np.zeros((2, 0, 3)), *(g.copy() for g in grads), np.zeros(0)]
    norm = _number(module.global_norm(grads), "global_norm")
    with_bare = _number(module.global_norm(mixed), "global_norm")
    _clip(module, mixed, float(a["max_norm"]))
    return {
        "norm_of_no_gradients": _number(module.global_norm(none), "global_norm"),
        "norm_of_no_entries": _number(module.global_norm(bare), "global_norm"),
        "returned_for_no_gradients": _number(_clip(module, none, 1.0)[1], "clip_by_global_norm"),
        "returned_for_no_entries": _number(_clip(module, bare, 1.0)[1], "clip_by_global_norm"),
        "norm_is_the_same_beside_others": np.array(_alike(with_bare, norm)),
    }


def spoiled(module, a):
    """One entry that is no ordinary number: is the norm finite, are all gradients as they were?"""
    seen = {}
    for name, value in (("nan", np.nan), ("inf", np.inf), ("minus_inf", -np.inf)):
        grads = [g.copy() for g in _list(a, "g")]
        grads[-1].flat[-1] = value
        before = [g.copy() for g in grads]
        norm = _number(module.global_norm(list(grads)), "global_norm")
        told = _number(_clip(module, list(grads), float(a["max_norm"]))[1], "clip_by_global_norm")
        same = [np.array_equal(g, b, equal_nan=True) for g, b in zip(grads, before, strict=True)]
        seen[f"{name}_norm_is_finite"] = np.array(bool(np.isfinite(norm)))
        seen[f"{name}_returned_is_finite"] = np.array(bool(np.isfinite(told)))
        seen[f"{name}_gradients_are_left_alone"] = np.array(all(same))
    return seen


def refused(module, a):
    """Whether each of several thresholds is refused with a ValueError."""
    seen = {}
    for name, function in (("norm", module.clip_by_global_norm), ("value", module.clip_by_value)):
        for what, threshold in (("zero", 0.0), ("negative", -1.5), ("nan", float("nan"))):
            seen[f"{name}_{what}"] = _refuses(function, _list(a, "g"), threshold)
        seen[f"{name}_infinite"] = _refuses(function, _list(a, "g"), float("inf"))
    return seen


def limited(module, a):
    """The gradient arrays after they were clipped by value."""
    module.clip_by_value(_list(a, "g"), float(a["limit"]))
    return _named("g", _list(a, "g"))


# RMSprop


def first_step(module, a):
    """The list of parameters after one update."""
    params = _list(a, "p")
    _optimiser(module, a).update(params, [s[0] for s in _list(a, "s")])
    return _named("p", _same_length(params, a))


def steps(module, a):
    """The list of parameters after all updates."""
    return _named("p", _updated(_optimiser(module, a), _list(a, "p"), a))


def held_params(module, a):
    """The parameter arrays that a layer held on to during all updates."""
    _updated(_optimiser(module, a), _list(a, "p"), a)
    return _named("p", _list(a, "p"))


def grads_after_updates(module, a):
    """The gradients of all steps, after all updates."""
    _updated(_optimiser(module, a), _list(a, "p"), a)
    return _named("s", _list(a, "s"))


def with_another_optimiser(module, a):
    """The parameters after all updates, while another optimiser works on another network."""
    mine, other = _optimiser(module, a), _optimiser(module, a)
    params, others = _list(a, "p"), [1.0 - p for p in _list(a, "p")]
    for grads in zip(*_list(a, "s"), strict=True):
        other.update(others, [3.0 * g + 1.0 for g in grads])
        mine.update(params, list(grads))
    return _named("p", _same_length(params, a))


def with_fresh_arrays(module, a):
    """The same updates, but each on new arrays, as after a network was saved and loaded."""
    optimiser, params, kept = _optimiser(module, a), _list(a, "p"), []
    for grads in zip(*_list(a, "s"), strict=True):
        kept.append(params)  # so that no new array comes to lie where an old one was
        params = [np.array(p) for p in params]
        optimiser.update(params, list(grads))
    return _named("p", _same_length(params, a))


# All of it


def single(module, a):
    """Float32 arguments: do they stay float32, and become what they do in float64?"""
    wide, narrow = _trained(module, a, np.float64), _trained(module, a, np.float32)
    seen = {
        "stays_float32": all(x.dtype == np.float32 for x in narrow.values()),
        "does_anything": any(not np.array_equal(wide[name], a[name]) for name in wide),
    }
    for what, letter in (("clipped_by_norm", "g"), ("clipped_by_value", "s"), ("updated", "p")):
        pairs = zip(_list(narrow, letter), _list(wide, letter), strict=True)
        seen[f"{what}_as_in_float64"] = all(_alike(x, y, 1e-4) for x, y in pairs)
    return {name: np.array(value) for name, value in seen.items()}


def training_step(module, a):
    """Clip and update once."""
    params, grads = _list(a, "p"), _list(a, "g")
    _clip(module, grads, float(a["max_norm"]))
    _optimiser(module, a).update(params, grads)
    return _named("p", _same_length(params, a))


def parts(ask):
    """The submission's norm, for whatever is built on it."""

    def global_norm(grads):
        return float(ask("measured", _named("g", grads))["norm"])

    return {"global_norm": global_norm}


def _of_kind(kind, g, i):
    if kind == "negative":
        return -np.abs(g)
    if kind == "zero":
        return np.zeros_like(g)
    if kind == "whole":  # four entries of 1 in the first tensor, of 2 in the other two: 2, 4, 4
        if g.size < 4 or i > 2:
            raise ValueError("kind whole needs three tensors of at least four entries")
        size = np.zeros(g.size)
        size[np.argsort(g, axis=None)[:4]] = 1.0 if i == 0 else 2.0
        return np.copysign(size.reshape(g.shape), g)
    return g


def _list(a, letter):
    count = sum(name[0] == letter and name[1:].isdecimal() for name in a)
    return [a[f"{letter}{i}"] for i in range(count)]


def _named(letter, arrays):
    return {f"{letter}{i}": x for i, x in enumerate(arrays)}


def _clip(module, grads, max_norm):
    """The list of gradients after clipping, and what was returned."""
    count = len(grads)
    told = module.clip_by_global_norm(grads, max_norm)
    if len(grads) != count:
        raise ValueError(
            f"clip_by_global_norm got a list of {count} gradients and left {len(grads)} in it. "
            "Leave the list as it is and change the numbers in its arrays."
        )
    return grads, told


def _window(g):
    """A view of g's numbers that is contiguous in no direction."""
    large = np.zeros([n + 1 for n in reversed(g.shape)])
    window = large.T[tuple(slice(1, None) for _ in g.shape)]
    window[...] = g
    return window


def _optimiser(module, a):
    return module.RMSprop(float(a["lr"]), float(a["decay"]), float(a["eps"]))


def _updated(optimiser, params, a):
    for grads in zip(*_list(a, "s"), strict=True):
        optimiser.update(params, list(grads))
    return _same_length(params, a)


def _trained(module, a, dtype):
    """All arrays of a case, of this dtype, after they were clipped or updated."""
    own = {name: x.astype(dtype) for name, x in a.items() if x.ndim}
    _clip(module, _list(own, "g"), float(a["max_norm"]))
    _updated(_optimiser(module, a), _list(own, "p"), own)
    module.clip_by_value(_list(own, "s"), float(a["limit"]))
    return own


def _same_length(params, a):
    if len(params) != len(_list(a, "p")):
        raise ValueError(
            f"update got a list of {len(_list(a, 'p'))} parameters and left {len(params)} in it. "
            "Leave the list as it is and change the numbers in its arrays."
        )
    return params


def _number(value, function):
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, bool) or not isinstance(value, int | float | np.floating | np.integer):
        kind = type(value).__name__
        what = f"an array of shape {value.shape}" if isinstance(value, np.ndarray) else kind
        raise ValueError(
            f"{function} must return one number, but it returned {what}. "
            "Add up over all entries of all gradients, and end with: return norm"
        )
    return np.array(float(value))


def _refuses(function, grads, threshold):
    try:
        function([g.copy() for g in grads], threshold)
    except ValueError:
        return np.array(True)
    return np.array(False)


def _alike(x, y, tolerance=1e-9):
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    return bool(np.all(np.abs(x - y) <= tolerance * np.max(np.abs(y), initial=0.0)))
