"""How a submission of recursive_node is exercised: inputs and what is observed. No answers here.

Every function gets its own copies of the arrays of a case, by name. A tree is three int arrays.
With L leaves in reading order and P = L - 1 parents in post-order, nodes are numbered 0 to L - 1
and L to L + P - 1; `merges` [P, 2] holds the numbers of each parent's children, `words` [L] each
leaf's row of E, and `labels` [L + P] each node's label. `gaps` says which white space goes where in
a text.
"""

import numpy as np

VECTORS = ("left", "right")
WEIGHTS = ("W", "b", "Ws", "bs")
ALL_WEIGHTS = ("E", *WEIGHTS)

# In turn a word with a capital, a number, punctuation, and something else.
VOCABULARY = (
    *("The", "1997", ".", "n't", "A", "7", "...", "it's", "No", "42", "--", "café"),
    *("Bob", "0", "$", "b2b", "I", "2001", "!", "co-star", "NP", "3", "%", "3.5"),
)
BRACKETS = {"-LRB-": "(", "-RRB-": ")", "LRB": "LRB"}
BLANKS = (" ", "  ", "\t", "\n", " \r\n ", "")
DEPTH = 1500
MOST_NODES = 100_000
ACCEPTED, NOWHERE = -9, -8


def inputs(
    rng,
    dim=3,
    classes=4,
    vocabulary=10,
    leaves=6,
    shape="random",
    weight=0.6,
    drive=1.0,
    scores="all",
    upstream=1.0,
):
    """The arguments of one case: those of one merge, and those of a tree with the same weights.

    shape: "left" and "right" are chains, "balanced", "random". weight, drive: standard deviation of
    the weights (and biases), and of the word vectors. scores: which scores have a gradient: "all",
    "some", "root", "inner" (all but the root); for the one merge, "root" means that nothing comes
    from above, and "inner" that its own score has no gradient. upstream: standard deviation of all
    upstream gradients.
    """
    parents = leaves - 1
    dscores = upstream * rng.standard_normal((parents, classes))
    used = {"some": slice(1, None, 2), "root": slice(-1), "inner": slice(-1, None)}
    if scores != "all":
        dscores[used[scores]] = 0.0
    return {
        "left": drive * rng.standard_normal((1, dim)),
        "right": drive * rng.standard_normal((1, dim)),
        "E": drive * rng.standard_normal((vocabulary, dim)),
        "W": weight * rng.standard_normal((2 * dim, dim)),
        "b": weight * rng.standard_normal((1, dim)),
        "Ws": weight * rng.standard_normal((dim, classes)),
        "bs": weight * rng.standard_normal((1, classes)),
        "dp": upstream * (scores != "root") * rng.standard_normal((1, dim)),
        "ds": upstream * (scores != "inner") * rng.standard_normal((1, classes)),
        "dscores": dscores,
        "merges": _merges(rng, leaves, shape),
        "words": rng.integers(0, vocabulary, leaves),
        "labels": rng.integers(0, 5, leaves + parents),
        "gaps": rng.integers(0, len(BLANKS), 31),
    }


# One merge


def forward(module, a):
    """p [1, d] and s [1, K]."""
    return _named("RecursiveNode.forward", ("p", "s"), _node(module, a).forward(*_children(a)))


def backward(module, a):
    """The gradients with respect to left, right, W, b, Ws and bs, in their shapes."""
    node = _node(module, a)
    node.forward(*_children(a))
    returned = node.backward(a["dp"], a["ds"])
    return {**_named("RecursiveNode.backward", VECTORS, returned), **_grads(node, WEIGHTS)}


def held_grads(module, a):
    """The gradient arrays of a node that were taken hold of before forward and backward."""
    node = _node(module, a)
    held = _grads(node, WEIGHTS)
    node.forward(*_children(a))
    node.backward(a["dp"], a["ds"])
    return held


def merged_again(module, a):
    """What backward gives the second time, by a node that made another merge before."""
    node = _node(module, a)
    node.forward(0.5 - a["right"], 0.5 + a["left"])
    node.backward(0.5 - a["dp"], 0.5 - a["ds"])
    node.forward(*_children(a))
    node.backward(a["dp"].copy(), a["ds"].copy())
    returned = node.backward(a["dp"].copy(), a["ds"].copy())
    return {**_named("RecursiveNode.backward", VECTORS, returned), **_grads(node, WEIGHTS)}


def arguments_after(module, a):
    """Everything a node was given, after a forward and a backward."""
    node = _node(module, a)
    node.forward(*_children(a))
    node.backward(a["dp"], a["ds"])
    return {name: a[name] for name in (*VECTORS, *WEIGHTS, "dp", "ds")}


# A whole tree


def tree_forward(module, a):
    """scores [P, K], in post-order of the parents."""
    return {"scores": _net(module, a).forward(_tree(module, a))}


def tree_backward(module, a):
    """The gradients with respect to E, W, b, Ws and bs, in their shapes."""
    net = _net(module, a)
    net.forward(_tree(module, a))
    net.backward(a["dscores"])
    return _grads(net, ALL_WEIGHTS)


def tree_held_grads(module, a):
    """The gradient arrays of a network that an optimiser took hold of before."""
    net = _net(module, a)
    held = _grads(net, ALL_WEIGHTS)
    net.forward(_tree(module, a))
    net.backward(a["dscores"])
    return held


def tree_second_backward(module, a):
    """The gradients after the second backward; dscores is the same, freshly copied."""
    net = _net(module, a)
    net.forward(_tree(module, a))
    net.backward(a["dscores"].copy())
    net.backward(a["dscores"].copy())
    return _grads(net, ALL_WEIGHTS)


def after_another_tree(module, a):
    """The gradients of a network that was run over a larger tree, of all words, before."""
    net = _net(module, a)
    words = np.concatenate((a["words"], np.arange(len(a["E"]))))
    other = {**a, "words": words, "labels": np.zeros(2 * len(words) - 1, dtype=int)}
    other["merges"] = _merges(np.random.default_rng(1), len(words), "balanced")
    net.forward(_tree(module, other))
    net.backward(np.ones((len(words) - 1, a["bs"].shape[1])))
    net.forward(_tree(module, a))
    net.backward(a["dscores"])
    return _grads(net, ALL_WEIGHTS)


def tree_arguments_after(module, a):
    """Everything a network was given, after a forward and a backward; the tree as arrays."""
    net, tree = _net(module, a), _tree(module, a)
    net.forward(tree)
    net.backward(a["dscores"])
    merges, labels, words = _read(tree, "The tree that forward was given")
    given = {name: a[name] for name in (*ALL_WEIGHTS, "dscores")}
    return {**given, "merges": merges, "labels": labels, "words": np.array(words)}


def lone_word(module, a):
    """The scores and gradients of a tree that is one leaf, after the tree of the case."""
    net = _net(module, a)
    net.forward(_tree(module, a))
    net.backward(a["dscores"])
    scores = net.forward(module.Tree(1, word=int(a["words"][0])))
    net.backward(np.zeros((0, a["bs"].shape[1])))
    return {"scores": scores, **_grads(net, ALL_WEIGHTS)}


def parts(ask):
    """A RecursiveNode that asks the submission for each merge: ask(call, arrays) -> arrays."""

    class RecursiveNode:
        def __init__(self, W, b, Ws, bs):
            self.params = [W, b, Ws, bs]
            self.grads = [np.zeros_like(p) for p in self.params]
            self.given = {}

        def forward(self, left, right):
            weights = dict(zip(WEIGHTS, self.params, strict=True))
            self.given = {"left": left, "right": right, **weights}
            answer = ask("forward", self.given)
            return answer["p"], answer["s"]

        def backward(self, dp, ds):
            answer = ask("backward", {**self.given, "dp": dp, "ds": ds})
            for grad, name in zip(self.grads, WEIGHTS, strict=True):
                grad[...] = answer[name]
            return answer["left"], answer["right"]

    return {"RecursiveNode": RecursiveNode}


# The parser


def parse(module, a):
    """The tree of a text as the treebank writes it: labels 0 to 4, plain words, single blanks."""
    tree = module.parse_tree(_plain(_tokens(a)))
    merges, labels, words = _read(tree)
    return {"merges": merges, "labels": labels, "words": _numbers(words, VOCABULARY)}


def parse_labels(module, a):
    """The labels of a text in which they have one to three digits."""
    tree = module.parse_tree(_plain(_tokens({**a, "labels": 37 * a["labels"] + 5})))
    return {"labels": _read(tree)[1]}


def parse_brackets(module, a):
    """The words of a text with escaped brackets among them; 0 is `(`, 1 is `)`, 2 is `LRB`."""
    escapes = [list(BRACKETS)[i % len(BRACKETS)] for i in range(len(a["words"]))]
    tree = module.parse_tree(_plain(_tokens(a, escapes)))
    merges, _, words = _read(tree)
    return {"merges": merges, "words": _numbers(words, tuple(BRACKETS.values()))}


def parse_spaces(module, a):
    """The tree of a text with white space wherever it may be, and none where it need not be."""
    merges, labels, words = _read(module.parse_tree(_spaced(a, _tokens(a))))
    return {"merges": merges, "labels": labels, "words": _numbers(words, VOCABULARY)}


def parse_deep(module, a):
    """The tree of a text inside thousands of other brackets, one leaf beside it at each level.

    levels: how many of them came back as they were written.
    """
    before = ["(7 (8 left) " if i % 2 else "(9 " for i in range(DEPTH)]
    after = [")" if i % 2 else " (6 right))" for i in range(DEPTH)]
    node = module.parse_tree("".join(before) + _plain(_tokens(a)) + "".join(reversed(after)))
    levels = 0
    for i in range(DEPTH):
        _inspect(node, "parse_tree")
        if _is_leaf(node):
            break
        leaf, inner = (node.left, node.right) if i % 2 else (node.right, node.left)
        _inspect(leaf, "parse_tree")
        found = (node.label, leaf.label, leaf.word)
        levels += found == ((7, 8, "left") if i % 2 else (9, 6, "right"))
        node = inner
    merges, labels, _ = _read(node)
    return {"levels": np.array(levels), "merges": merges, "labels": labels}


def refuse_children(module, a):
    """Whether texts are refused: the right one, then some with a parent that is none."""
    return _refused(
        module,
        _plain(_tokens(a)),
        _plain(_tokens(a, odd=lambda label, left, right: [label, *left])),
        _plain(_tokens(a, odd=lambda label, left, right: [label, *left, *right, *right])),
        _plain(_tokens(a, odd=lambda label, left, right: [label, *left, "word"])),
        _plain(_tokens(a, odd=lambda label, left, right: [label, "word", *right])),
        _plain(_tokens(a, odd=lambda label, left, right: [label])),
        _plain(_tokens(a, odd=lambda label, left, right: [label, ")"])),
        "(3)",
        "(3 (2 The))",
    )


def refuse_labels(module, a):
    """Whether texts are refused: the right one, then some with a label that is none."""
    return _refused(
        module,
        _plain(_tokens(a)),
        _plain(_tokens(a, odd=lambda label, left, right: [*left, *right])),
        _plain(_tokens(a, odd=lambda label, left, right: ["NP", *left, *right])),
        _plain(_tokens(a, odd=lambda label, left, right: ["2b", *left, *right])),
        _plain(_tokens(a, odd=lambda label, left, right: ["-1", *left, *right])),
        _plain(_tokens(a, odd=lambda label, left, right: ["1.5", *left, *right])),
        "(The)",
        "()",
    )


def refuse_unfinished(module, a):
    """Whether texts are refused: the right one, then some that end too soon."""
    tokens = _tokens(a)
    cuts = (-1, -2, -3, len(tokens) // 2, 6, 5, 2, 1)
    return _refused(module, _plain(tokens), *(_plain(tokens[:cut]) for cut in cuts), "", " \n")


def refuse_trailing(module, a):
    """Whether texts are refused: the right one, then some with more than a tree."""
    tokens = _tokens(a)
    more = ([")"], ["word"], ["3"], ["("], tokens)
    return _refused(module, _plain(tokens), *(_plain(tokens + extra) for extra in more), "word")


def position_inside(module, a):
    """The reported positions of a second word, then of a node, in some leaves of a spaced text.

    The last is that of a word without any bracket around it.
    """
    tokens = _tokens(a, _names(a))
    ends = [i for i, token in enumerate(tokens) if token == ")" and tokens[i - 3] == "("]
    more = (["word"], ["(", "2", "word", ")"])
    texts = [_spaced(a, tokens[:at] + extra + tokens[at:]) for at in ends[:4] for extra in more]
    return {"positions": np.array([_position(module, text) for text in (*texts, "The")])}


def position_at_end(module, a):
    """The reported positions for beginnings of a spaced text: 1 to 6 tokens short."""
    tokens = _tokens(a, _names(a))
    texts = [_spaced(a, tokens[:-n]) for n in range(1, 7)]
    return {"positions": np.array([_position(module, text) for text in texts])}


# Trees as arrays, texts and objects


def _merges(rng, leaves, shape):
    """A tree of that many leaves, [P, 2].

    Leaves are put on a stack and its last two entries merged: the merges come in post-order.
    """
    merges, stack = [], []  # on the stack: number and size of each subtree
    for leaf in range(leaves):
        stack.append((leaf, 1))
        while len(stack) > 1:
            (left, left_size), (right, right_size) = stack[-2:]
            now = {
                "left": True,
                "right": False,
                "balanced": left_size == right_size,
                "random": bool(rng.integers(2)),
            }
            if leaf < leaves - 1 and not now[shape]:
                break
            stack[-2:] = [(leaves + len(merges), left_size + right_size)]
            merges.append((left, right))
    return np.array(merges, dtype=np.int64).reshape(-1, 2)


def _tree(module, a):
    """The Tree of a case, with row numbers of E for words."""
    labels = [int(label) for label in a["labels"]]
    words = [int(word) for word in a["words"]]
    nodes = [module.Tree(labels[i], word=word) for i, word in enumerate(words)]
    for left, right in a["merges"]:
        nodes.append(module.Tree(labels[len(nodes)], left=nodes[left], right=nodes[right]))
    return nodes[-1]


def _tokens(a, words=None, odd=None):
    """The tokens of a case's text. odd: makes the content of one parent in the middle of it."""
    words = words or [VOCABULARY[number] for number in _numbers_of(a)]
    labels = [str(label) for label in a["labels"]]
    nodes = [["(", labels[i], word, ")"] for i, word in enumerate(words)]
    for left, right in a["merges"]:
        label, inside = labels[len(nodes)], (nodes[left], nodes[right])
        content = [label, *inside[0], *inside[1]]
        if odd and len(nodes) == len(words) + len(a["merges"]) // 2:
            content = odd(label, *inside)
        nodes.append(["(", *content, ")"])
    return nodes[-1]


def _plain(tokens):
    """A text as the treebank writes it."""
    return " ".join(tokens).replace("( ", "(").replace(" )", ")")


def _spaced(a, tokens):
    """A text with white space of any kind around its tokens, where the case's `gaps` say."""
    blanks = [BLANKS[gap] for gap in a["gaps"]]
    text, before = "", "("
    for i, token in enumerate(tokens):
        beside_bracket = before in "()" or token in "()"
        text += blanks[i % len(blanks)] or ("" if beside_bracket else " ")
        text += token
        before = token
    return text + blanks[len(tokens) % len(blanks)]


def _numbers_of(a):
    """The word in VOCABULARY of each leaf; leaves next to each other have words of other kinds."""
    return [(4 * word + leaf % 4) % len(VOCABULARY) for leaf, word in enumerate(a["words"])]


def _names(a):
    return [f"w{number}" for number in a["words"]]


def _numbers(words, vocabulary):
    """The number of each word; -1 if it is none of the vocabulary, or no text at all."""
    known = {word: i for i, word in enumerate(vocabulary)}
    return np.array([known.get(w, -1) if isinstance(w, str) else -1 for w in words])


def _read(tree, what="parse_tree"):
    """merges [P, 2] and labels [L + P] of a Tree, and the list of its words in reading order."""
    order, waiting = [], [tree]
    while waiting:
        node = waiting.pop()
        _inspect(node, what)
        order.append(node)
        if not _is_leaf(node):
            waiting.extend((node.left, node.right))
        if len(order) > MOST_NODES:
            raise ValueError(f"{what} gives a tree without an end. Is a node its own child?")
    order.reverse()
    leaves = [node for node in order if _is_leaf(node)]
    parents = [node for node in order if not _is_leaf(node)]
    merges, stack, leaf = [], [], iter(range(len(leaves)))
    for node in order:
        if _is_leaf(node):
            stack.append(next(leaf))
        else:
            merges.append(stack[-2:])
            stack[-2:] = [len(leaves) + len(merges) - 1]
    return (
        np.array(merges, dtype=np.int64).reshape(-1, 2),
        np.array([int(node.label) for node in leaves + parents], dtype=np.int64),
        [node.word for node in leaves],
    )


def _inspect(node, what):
    """Raise ValueError if `node` is no node of a tree."""
    try:
        label, _, left, right = node.label, node.word, node.left, node.right
    except AttributeError:
        raise ValueError(
            f"{what} gives a {type(node).__name__} where a Tree should be. "
            "Make every node with Tree(label, ...), and return the root."
        ) from None
    if (left is None) != (right is None):
        raise ValueError(f"{what} gives a node with one child. A parent has two, a leaf none.")
    if type(label) is not int and not isinstance(label, np.integer):
        raise ValueError(
            f"{what} gives a node whose label is a {type(label).__name__}. "
            "A label is a whole number: make it with int(...)."
        )


def _is_leaf(node):
    return node.left is None and node.right is None


# What a submission is asked, and what it answers


def _refused(module, *texts):
    """For each text, whether parse_tree refuses it with a ValueError, such as a TreeError."""
    return {"refused": np.array([_position(module, text) != ACCEPTED for text in texts])}


def _position(module, text):
    """The position with which parse_tree refuses a text; ACCEPTED, or NOWHERE if it has none."""
    try:
        module.parse_tree(text)
    except ValueError as e:
        position = getattr(e, "position", None)
        return int(position) if isinstance(position, int | np.integer) else NOWHERE
    return ACCEPTED


def _node(module, a):
    return module.RecursiveNode(*(a[name] for name in WEIGHTS))


def _net(module, a):
    return module.RecursiveNet(*(a[name] for name in ALL_WEIGHTS))


def _children(a):
    return a["left"], a["right"]


def _named(call, names, returned):
    if not isinstance(returned, tuple | list) or len(returned) != len(names):
        kind = type(returned).__name__
        what = f"a {kind} of {len(returned)}" if isinstance(returned, tuple | list) else kind
        raise ValueError(
            f"{call} must return the pair of {' and '.join(names)}, but it returned {what}. "
            "Write gradients of weights into self.grads, and return the two others: return a, b"
        )
    return dict(zip(names, returned, strict=True))


def _grads(layer, names):
    if not isinstance(layer.grads, tuple | list) or len(layer.grads) != len(names):
        raise ValueError(
            f"{type(layer).__name__}.grads must be a list of {len(names)} arrays, for "
            f"{', '.join(names)} in this order. "
            "Leave the list as __init__ makes it and fill its arrays: self.grads[i][...] = value"
        )
    return dict(zip(names, layer.grads, strict=True))
