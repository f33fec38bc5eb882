"""All merges of the same height at once, a batch of them; gradients go down in such batches."""

import numpy as np


class TreeError(ValueError):
    def __init__(self, message, position):
        super().__init__(f"{message}, at position {position}")
        self.position = position


class Tree:
    def __init__(self, label, word=None, left=None, right=None):
        self.label = label
        self.word = word
        self.left = left
        self.right = right

    @property
    def is_leaf(self):
        return self.left is None and self.right is None


def parse_tree(text):
    """Tokens cut off the front one by one, and a table of what may follow what."""
    follows = {
        "": {"("},
        "(": {"label"},
        "label": {"(", "word"},
        "word": {")"},
    }
    path, before, tree, at = [], "", None, 0
    while True:
        at += len(text[at:]) - len(text[at:].lstrip()) if text[at : at + 1].isspace() else 0
        if at == len(text):
            break
        token = next_token(text, at)
        kind = token if token in "()" else "label" if before == "(" else "word"
        if before == ")":
            allowed = set() if not path else {")"} if path[-1].right else {"("}
        else:
            allowed = follows[before]
        if kind not in allowed or (kind == "label" and not whole_number(token)):
            raise TreeError(f"{token} is not allowed here", at)
        if kind == "label":
            path.append(Tree(int(token)))
        elif kind == "word":
            path[-1].word = {"-LRB-": "(", "-RRB-": ")"}.get(token, token)
        elif kind == ")":
            tree = path.pop()
            if path and path[-1].left is None:
                path[-1].left = tree
            elif path:
                path[-1].right = tree
        before = kind
        at += len(token)
    if before != ")" or path:
        raise TreeError("The tree is not whole", len(text))
    return tree


def next_token(text, at):
    if text[at] in "()":
        return text[at]
    return text[at:].replace("(", " ").replace(")", " ").split(None, 1)[0]


def whole_number(token):
    try:
        return token.encode("ascii").isdigit()
    except UnicodeEncodeError:
        return False


class RecursiveNode:
    """Works for a batch of merges as well, [B, d]; gradients of weights are sums over them."""

    def __init__(self, W, b, Ws, bs):
        self.params = [W, b, Ws, bs]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def forward(self, left, right):
        W, b, Ws, bs = self.params
        c = np.concatenate((left, right), axis=-1)
        p = np.tanh(c @ W + b)
        self.cache = c, p
        return p, p @ Ws + bs

    def backward(self, dp, ds):
        W, _, Ws, _ = self.params
        c, p = self.cache
        dz = (dp + ds @ Ws.T) * (1 - p**2)
        self.grads[0][...] = c.T @ dz
        self.grads[1][...] = dz.sum(axis=0, keepdims=True)
        self.grads[2][...] = p.T @ ds
        self.grads[3][...] = ds.sum(axis=0, keepdims=True)
        dc = dz @ W.T
        d = W.shape[1]
        return dc[:, :d], dc[:, d:]


class RecursiveNet:
    def __init__(self, E, W, b, Ws, bs):
        self.params = [E, W, b, Ws, bs]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.levels = []

    def forward(self, tree):
        E, W, b, Ws, bs = self.params
        words, left, right, height = flatten(tree)
        self.words = np.array(words)
        L, P = len(words), len(left)
        left, right, height = np.array(left, int), np.array(right, int), np.array(height, int)
        self.vectors = np.zeros((L + P, E.shape[1]))  # leaves first, then parents in post-order
        self.vectors[:L] = E[self.words]
        scores = np.zeros((P, bs.shape[1]))
        self.levels = []
        for h in range(1, height.max(initial=0) + 1):
            k = np.flatnonzero(height == h)
            merge = RecursiveNode(W, b, Ws, bs)
            self.vectors[L + k], scores[k] = merge.forward(
                self.vectors[left[k]], self.vectors[right[k]]
            )
            self.levels.append((merge, k, left[k], right[k]))
        return scores

    def backward(self, dscores):
        totals = [np.zeros_like(p) for p in self.params[1:]]
        handed = np.zeros_like(self.vectors)
        L = len(self.words)
        for merge, k, left, right in reversed(self.levels):
            handed[left], handed[right] = merge.backward(handed[L + k], dscores[k])
            totals = [t + g for t, g in zip(totals, merge.grads, strict=True)]
        used = np.equal.outer(np.arange(len(self.params[0])), self.words)  # [V, L]
        for grad, value in zip(self.grads, (used @ handed[:L], *totals), strict=True):
            grad[...] = value


def flatten(tree):
    """Words, and for each parent in post-order the numbers of its children and its height."""
    words, left, right, height = [], [], [], []
    leaves = count(tree)

    def visit(node):
        """The node's number and height."""
        if node.is_leaf:
            words.append(node.word)
            return len(words) - 1, 0
        (a, below_a), (b, below_b) = visit(node.left), visit(node.right)
        left.append(a)
        right.append(b)
        height.append(1 + max(below_a, below_b))
        return leaves + len(left) - 1, height[-1]

    visit(tree)
    return words, left, right, height


def count(node):
    return 1 if node.is_leaf else count(node.left) + count(node.right)
