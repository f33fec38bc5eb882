"""The right answers of rnn_bptt by another way: entry by entry, from the formulas, without numpy's
products and without the reference. The largest error of a sum is that of math.fsum.
"""

import math

import numpy as np


def forward(a):
    """h_t[n, j] = tanh(Σ_k h_{t-1}[n, k] Wh[k, j] + Σ_i x_t[n, i] Wx[i, j] + b[j])."""
    rows = zip(a["xs"].tolist(), a["h0"].tolist(), strict=True)
    return {"hs": np.array([_states_of_row(a, xs, h) for xs, h in rows])}


def other_batch(a):
    """A batch of two rows and more never has the size of the state there; it must be refused."""
    rows = len(a["xs"])
    sizes = {
        "one_row_carried_refused": (1, rows),
        "batch_carried_to_one_row_refused": (rows, 1),
        "batch_carried_to_more_rows_refused": (rows, 2 * rows),
        "one_row_set_refused": (1, rows),
    }
    return {name: np.array(state != batch) for name, (state, batch) in sizes.items()}


def _states_of_row(a, xs, h):
    """The rows of a batch have nothing to do with each other."""
    Wx, Wh, b = a["Wx"].tolist(), a["Wh"].tolist(), a["b"].tolist()[0]
    states = []
    for x in xs:
        h = [
            math.tanh(
                math.fsum(
                    [
                        *(h[k] * Wh[k][j] for k in range(len(h))),
                        *(x[i] * Wx[i][j] for i in range(len(x))),
                        b[j],
                    ]
                )
            )
            for j in range(len(b))
        ]
        states.append(h)
    return states
