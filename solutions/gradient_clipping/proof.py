"""The answers in exact fractions, and decimals of sixty digits, entry by entry."""

import math
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np

DIGITS = 60


def measured(a):
    return {"norm": np.array(float(_norm(a)))}


def returned(a):
    return measured(a)


def clipped(a):
    """θ g / ‖g‖ where ‖g‖² > θ², compared as fractions."""
    theta = Fraction(float(a["max_norm"]))
    too_long = _sum_of_squares(a) > theta**2
    return {name: _clipped(g, theta, _norm(a)) if too_long else g for name, g in _all(a, "g")}


def limited(a):
    limit = Fraction(float(a["limit"]))
    after = {}
    for name, g in _all(a, "g"):
        entries = [min(max(Fraction(x), -limit), limit) for x in g.ravel().tolist()]
        after[name] = np.array([float(x) for x in entries]).reshape(g.shape)
    return after


def first_step(a):
    return _updated(a, 1)


def steps(a):
    return _updated(a, len(a["s0"]))


def without_entries(a):
    """A sum over nothing is 0, and what has no entries adds nothing to any sum."""
    numbers = {
        f"{what}_{of}": np.array(math.sqrt(math.fsum([])))
        for what, of in (
            ("norm", "of_no_gradients"),
            ("norm", "of_no_entries"),
            ("returned", "for_no_gradients"),
            ("returned", "for_no_entries"),
        )
    }
    return numbers | {"norm_is_the_same_beside_others": np.array(True)}


def spoiled(a):
    """As the handout has it, for NaN and both infinities."""
    seen = {}
    for value in ("nan", "inf", "minus_inf"):
        seen[f"{value}_norm_is_finite"] = np.array(math.isfinite(math.fsum([math.nan])))
        seen[f"{value}_returned_is_finite"] = np.array(math.isfinite(math.inf))
        seen[f"{value}_gradients_are_left_alone"] = np.array(True)
    return seen


def refused(a):
    """As the handout has it: what is not positive, and what is no number."""
    thresholds = {"zero": 0.0, "negative": -1.5, "nan": math.nan, "infinite": math.inf}
    return {
        f"{function}_{what}": np.array(math.isnan(value) or value <= 0)
        for function in ("norm", "value")
        for what, value in thresholds.items()
    }


def single(a):
    """As the handout has it."""
    names = ["stays_float32", "does_anything"]
    names += [f"{w}_as_in_float64" for w in ("clipped_by_norm", "clipped_by_value", "updated")]
    return {name: np.array(True) for name in names}


def _updated(a, count):
    lr, decay, eps = (Decimal(float(a[name])) for name in ("lr", "decay", "eps"))
    after = {}
    with localcontext(prec=DIGITS):
        for (name, p), (_, s) in zip(_all(a, "p"), _all(a, "s"), strict=True):
            entries = []
            for x, slopes in zip(p.ravel().tolist(), s.reshape(len(s), -1).T, strict=True):
                place, mean = Decimal(x), Decimal(0)
                for slope in [Decimal(y) for y in slopes[:count].tolist()]:
                    mean = decay * mean + (1 - decay) * slope * slope
                    place -= lr * slope / (mean.sqrt() + eps)
                entries.append(float(place))
            after[name] = np.array(entries).reshape(p.shape)
    return after


def _all(a, letter):
    return sorted((k, x) for k, x in a.items() if k[0] == letter and k[1:].isdecimal())


def _sum_of_squares(a):
    entries = [x for _, g in _all(a, "g") for x in g.ravel().tolist()]
    return sum((Fraction(x) ** 2 for x in entries), Fraction(0))


def _norm(a):
    total = _sum_of_squares(a)
    with localcontext(prec=DIGITS):
        return (Decimal(total.numerator) / Decimal(total.denominator)).sqrt()


def _clipped(g, theta, norm):
    with localcontext(prec=DIGITS):
        ratio = Decimal(theta.numerator) / Decimal(theta.denominator) / norm
        return np.array([float(Decimal(x) * ratio) for x in g.ravel().tolist()]).reshape(g.shape)
