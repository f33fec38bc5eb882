"""Generators that hand over to one another; a trampoline runs them, so no depth is too deep."""

from types import GeneratorType

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


def run(generator):
    """Run a generator that yields generators and gets back what they return."""
    stack, value = [generator], None
    while stack:
        try:
            wanted = stack[-1].send(value)
        except StopIteration as e:
            stack.pop()
            value = e.value
        else:
            assert isinstance(wanted, GeneratorType)
            stack.append(wanted)
            value = None
    return value


class Tokens:
    """The tokens of a text, with a look at the one that comes next."""

    def __init__(self, text):
        self.text = text
        self.at = 0
        self.advance(0)

    def advance(self, to):
        """Make the first token from position `to` on the next one; it is empty at the end."""
        rest = len(self.text)
        while to < rest and self.text[to].isspace():
            to += 1
        end = to
        while end < rest and self.text[end] not in "()" and not self.text[end].isspace():
            end += 1
        if end == to and to < rest:
            end += 1
        self.at, self.token = to, self.text[to:end]

    def take(self, allowed):
        token = self.token
        if not token or not allowed(token):
            raise TreeError(f"unexpected {token or 'end'}", self.at)
        self.advance(self.at + len(token))
        return token


def parse_tree(text):
    tokens = Tokens(text)
    tree = run(parse_node(tokens))
    if tokens.token:
        raise TreeError("trailing text", tokens.at)
    return tree


def parse_node(tokens):
    tokens.take("(".__eq__)
    label = int(tokens.take(lambda t: all("0" <= c <= "9" for c in t)))
    if tokens.token == "(":
        left = yield parse_node(tokens)
        right = yield parse_node(tokens)
        node = Tree(label, left=left, right=right)
    else:
        word = tokens.take(lambda t: t != ")")
        node = Tree(label, word="(" if word == "-LRB-" else ")" if word == "-RRB-" else word)
    tokens.take(")".__eq__)
    return node


class RecursiveNode:
    def __init__(self, W, b, Ws, bs):
        self.params = [W, b, Ws, bs]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.both_ways = None

    def forward(self, left, right):
        """Start a generator that goes forward, and stops until backward wakes it up."""
        self.both_ways = self.pass_through(left, right)
        return next(self.both_ways)

    def backward(self, dp, ds):
        return self.both_ways.send((dp, ds))

    def pass_through(self, left, right):
        W, b, Ws, bs = self.params
        d = b.shape[1]
        p = np.tanh(left @ W[:d] + right @ W[d:] + b)
        answer = p, p @ Ws + bs
        while True:
            dp, ds = yield answer
            dz = (1 - p**2) * (dp + ds @ Ws.T)
            self.grads[0][:d] = left.T @ dz
            self.grads[0][d:] = right.T @ dz
            self.grads[1][:] = dz
            self.grads[2][:] = p.T @ ds
            self.grads[3][:] = ds
            answer = dz @ W[:d].T, dz @ W[d:].T


class RecursiveNet:
    def __init__(self, E, W, b, Ws, bs):
        self.params = [E, W, b, Ws, bs]
        self.grads = [np.zeros_like(p) for p in self.params]

    def forward(self, tree):
        self.tree = tree
        self.merges = {}
        rows = []
        run(self.up(tree, rows))
        return np.concatenate([np.empty((0, self.params[4].shape[1])), *rows])

    def up(self, node, rows):
        if node.is_leaf:
            return self.params[0][[node.word]]
        left = yield self.up(node.left, rows)
        right = yield self.up(node.right, rows)
        merge = RecursiveNode(*self.params[1:])
        p, s = merge.forward(left, right)
        self.merges[node] = merge, len(rows)
        rows.append(s)
        return p

    def backward(self, dscores):
        for grad in self.grads:
            grad[...] = 0
        run(self.down(self.tree, np.zeros_like(self.params[2]), dscores))

    def down(self, node, dp, dscores):
        if node.is_leaf:
            self.grads[0][node.word] += dp[0]
            return
        merge, row = self.merges[node]
        dleft, dright = merge.backward(dp, dscores[row, None])
        for grad, share in zip(self.grads[1:], merge.grads, strict=True):
            grad += share
        yield self.down(node.left, dleft, dscores)
        yield self.down(node.right, dright, dscores)
