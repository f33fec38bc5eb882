"""The states of an LSTM entry by entry, straight from the definitions: floats, fsum, no arrays."""

import math

import numpy as np


def forward(a):
    h, c = step(a, a["x"], a["h_prev"], a["c_prev"])
    return {"h": np.array(h), "c": np.array(c)}


def loop_forward(a):
    return {"hs": sequence(a)}


def peephole_forward(a):
    h, c = step(a, a["x"], a["h_prev"], a["c_prev"], a["Vo"])
    return {"h": np.array(h), "c": np.array(c)}


def peephole_loop_forward(a):
    return {"hs": sequence(a, a["Vo"])}


def another_batch(a):
    return {"more": np.array(True), "fewer": np.array(True)}


def sequence(a, Vo=None):
    """The hidden states of all steps, [B, T, H]."""
    h, c = a["h0"], a["c0"]
    steps = []
    for t in range(a["xs"].shape[1]):
        h, c = step(a, a["xs"][:, t], h, c, Vo)
        steps.append(h)
    rows = range(len(steps[0]))
    return np.array([[h[n] for h in steps] for n in rows])


def step(a, x, h_prev, c_prev, Vo=None):
    """Hidden states and cells after one step, as lists of rows."""
    h, c = [], []
    for x_n, h_n, c_n in zip(x, h_prev, c_prev, strict=True):
        units = [unit(a, j, x_n, h_n, c_n, Vo) for j in range(len(c_n))]
        h.append([h_j for h_j, _ in units])
        c.append([c_j for _, c_j in units])
    return h, c


def unit(a, j, x, h_prev, c_prev, Vo):
    """Hidden state and cell of unit j in one row."""
    hidden = len(c_prev)

    def z(gate):
        column = gate * hidden + j
        terms = [x[k] * a["Wx"][k, column] for k in range(len(x))]
        terms += [h_prev[k] * a["Wh"][k, column] for k in range(hidden)]
        terms.append(a["b"][0, column])
        if gate == 3 and Vo is not None:
            terms += [c_prev[k] * Vo[k, j] for k in range(hidden)]
        return math.fsum(terms)

    written = logistic(z(0)) * math.tanh(z(2))
    kept = logistic(z(1)) * c_prev[j]
    c = written + kept
    return logistic(z(3)) * math.tanh(c), c


def logistic(z):
    """1 / (1 + exp(-z)), by whichever exponential is at most 1."""
    e = math.exp(-abs(z))
    return 1 / (1 + e) if z >= 0 else e / (1 + e)
