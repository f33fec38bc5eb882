"""The right answers of recursive_node by another way: one number at a time, or known beforehand.

Merges are sums over single numbers (math.fsum, math.tanh). What the parser has to find is what the
text was made of, so its answers are the arrays of the case; positions are lengths added up.
"""

import math

import numpy as np

BLANKS = (" ", "  ", "\t", "\n", " \r\n ", "")


def forward(a):
    p, s = _merge(a, a["left"][0], a["right"][0])
    return {"p": np.array([p]), "s": np.array([s])}


def tree_forward(a):
    vectors = [list(a["E"][word]) for word in a["words"]]
    scores = []
    for left, right in a["merges"]:
        p, s = _merge(a, vectors[left], vectors[right])
        vectors.append(p)
        scores.append(s)
    return {"scores": np.array(scores)}


def lone_word(a):
    weights = ("E", "W", "b", "Ws", "bs")
    nothing = {name: np.zeros(a[name].shape) for name in weights}
    return {"scores": np.empty((0, a["bs"].size)), **nothing}


def parse(a):
    words = [(4 * word + leaf % 4) % 24 for leaf, word in enumerate(a["words"].tolist())]
    return {"merges": a["merges"], "labels": a["labels"], "words": np.array(words)}


def parse_labels(a):
    return {"labels": np.array([5 + 37 * label for label in a["labels"].tolist()])}


def parse_brackets(a):
    return {"merges": a["merges"], "words": np.arange(len(a["words"])) % 3}


def parse_spaces(a):
    return parse(a)


def parse_deep(a):
    return {"levels": np.array(1500), "merges": a["merges"], "labels": a["labels"]}


def refuse_children(a):
    return _all_but_the_first(9)


def refuse_labels(a):
    return _all_but_the_first(8)


def refuse_unfinished(a):
    return _all_but_the_first(11)


def refuse_trailing(a):
    return _all_but_the_first(7)


def position_inside(a):
    """A second token in a leaf is the first that cannot stand, whatever comes after it.

    So its position follows from the tokens before it: the leaf's bracket, label and word, and all
    before them, with their white space; and then the white space before itself.
    """
    tokens = _tokens(a)
    words = [i for i, token in enumerate(tokens) if token.startswith("w")]
    positions = []
    for i in words[:4]:
        before = _length(a, tokens[: i + 1])
        gap = _blank(a, i + 1)
        positions += [before + len(gap or " "), before + len(gap)]
    return {"positions": np.array([*positions, 0])}


def position_at_end(a):
    tokens = _tokens(a)
    lengths = []
    for n in range(1, 7):
        kept = tokens[: len(tokens) - n]
        lengths.append(_length(a, kept) + len(_blank(a, len(kept))))
    return {"positions": np.array(lengths)}


def _merge(a, left, right):
    """The parent's vector and its scores, as lists of numbers."""
    W, b, Ws, bs = (a[name].tolist() for name in ("W", "b", "Ws", "bs"))
    c = [float(x) for x in (*left, *right)]
    d = len(b[0])
    p = [math.tanh(math.fsum([*(c[i] * W[i][j] for i in range(2 * d)), b[0][j]])) for j in range(d)]
    s = [math.fsum([*(p[j] * Ws[j][k] for j in range(d)), bs[0][k]]) for k in range(len(bs[0]))]
    return p, s


def _tokens(a):
    """The tokens of the case's tree, from the root down, with words such as w7."""
    leaves = len(a["words"])
    out, due = [], [leaves + len(a["merges"]) - 1]
    while due:
        node = due.pop()
        if node == ")":
            out.append(")")
            continue
        out += ["(", str(a["labels"][node])]
        if node < leaves:
            out += [f"w{a['words'][node]}", ")"]
        else:
            left, right = a["merges"][node - leaves].tolist()
            due += [")", right, left]
    return out


def _length(a, tokens):
    """How long the text of these tokens is, with the white space before each of them.

    Between two tokens that are no brackets a blank stands where the case has no white space.
    """
    length = 0
    for i, token in enumerate(tokens):
        apart = i == 0 or token in "()" or tokens[i - 1] in "()"
        length += len(_blank(a, i) or ("" if apart else " ")) + len(token)
    return length


def _blank(a, i):
    return BLANKS[a["gaps"][i % len(a["gaps"])]]


def _all_but_the_first(n):
    return {"refused": np.array([False] + [True] * (n - 1))}
