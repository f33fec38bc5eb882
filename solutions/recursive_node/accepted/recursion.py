"""Recursion everywhere: a parser by recursive descent, and a network that calls itself."""

import sys

import numpy as np

sys.setrecursionlimit(100_000)


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
    tree, at = read_tree(text, skip(text, 0))
    if at < len(text):
        raise TreeError("Something follows the tree", at)
    return tree


def skip(text, at):
    """The next position from `at` on that holds no white space."""
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def read_token(text, at):
    """The token at `at`, and where the next one starts."""
    end = at
    while end < len(text) and text[end] not in "()" and not text[end].isspace():
        end += 1
    if end == at:
        end += 1
    return text[at:end], skip(text, end)


def read_bracket(text, at, bracket):
    token, following = read_token(text, at)
    if token != bracket:
        raise TreeError(f"No {bracket}", at)
    return following


def read_tree(text, at):
    """The tree that starts at `at`, and where the next token starts."""
    start = at
    at = read_bracket(text, at, "(")
    label, following = read_token(text, at)
    if not label or any(c not in "0123456789" for c in label):
        raise TreeError(f"The node of position {start} has no label", at)
    at = following
    token, following = read_token(text, at)
    if token in ("", ")"):
        raise TreeError("Nothing in a node", at)
    if token == "(":
        left, at = read_tree(text, at)
        right, at = read_tree(text, at)
        tree = Tree(int(label), left=left, right=right)
    else:
        word = {"-LRB-": "(", "-RRB-": ")"}.get(token, token)
        tree, at = Tree(int(label), word), following
    return tree, read_bracket(text, at, ")")


class RecursiveNode:
    def __init__(self, W, b, Ws, bs):
        self.params = [W, b, Ws, bs]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def forward(self, left, right):
        W, b, Ws, bs = self.params
        both = np.hstack([left, right])
        p = np.tanh(np.dot(both, W) + b)
        self.cache = both, p
        return p, np.dot(p, Ws) + bs

    def backward(self, dp, ds):
        W, _, Ws, _ = self.params
        both, p = self.cache
        delta = (dp + np.dot(ds, Ws.T)) * (1 - p * p)
        for grad, value in zip(
            self.grads, (np.dot(both.T, delta), delta, np.dot(p.T, ds), ds), strict=True
        ):
            grad[...] = value
        return np.split(np.dot(delta, W.T), 2, axis=1)


class RecursiveNet:
    def __init__(self, E, W, b, Ws, bs):
        self.params = [E, W, b, Ws, bs]
        self.grads = [np.zeros_like(p) for p in self.params]

    def forward(self, tree):
        self.tree = tree
        self.merges = []
        self.scores = []
        self.vector_of(tree)
        if not self.scores:
            return np.empty((0, self.params[4].shape[1]))
        return np.vstack(self.scores)

    def vector_of(self, node):
        if node.left is None:
            return self.params[0][node.word : node.word + 1]
        left = self.vector_of(node.left)
        right = self.vector_of(node.right)
        merge = RecursiveNode(*self.params[1:])
        p, s = merge.forward(left, right)
        self.merges.append(merge)
        self.scores.append(s)
        return p

    def backward(self, dscores):
        for grad in self.grads:
            grad.fill(0)
        self.next = len(self.merges)
        self.hand_down(self.tree, np.zeros((1, self.params[0].shape[1])), dscores)

    def hand_down(self, node, dp, dscores):
        if node.left is None:
            self.grads[0][node.word] += dp[0]
            return
        self.next -= 1
        merge = self.merges[self.next]
        dleft, dright = merge.backward(dp, dscores[[self.next]])
        for total, grad in zip(self.grads[1:], merge.grads, strict=True):
            total += grad
        self.hand_down(node.right, dright, dscores)
        self.hand_down(node.left, dleft, dscores)
