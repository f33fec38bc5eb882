import re

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


TOKENS = re.compile(r"[()]|[^()\s]+")


def parse_tree(text):
    tokens = [(m.group(), m.start()) for m in TOKENS.finditer(text)]
    tokens.append((None, len(text)))     # end mark
    k = 0

    def fail(what):
        raise TreeError(f"{what} expected", tokens[k][1])

    stack = []      # lists [label, child, child]
    while True:
        token, pos = tokens[k]
        if token != "(":
            fail("a bracket")
        k += 1
        token, pos = tokens[k]
        if token is None or re.fullmatch("[0-9]+", token) is None:
            fail("a label")
        label = int(token)
        k += 1
        token, pos = tokens[k]
        if token == "(":
            stack.append([label])
            continue
        if token in (")", None):
            fail("a word or a node")
        word = {"-LRB-": "(", "-RRB-": ")"}.get(token, token)
        k += 1
        node = Tree(label, word=word)
        while True:
            if tokens[k][0] != ")":
                fail("a closing bracket")
            k += 1
            if not stack:
                if tokens[k][0] is not None:
                    fail("the end")
                return node
            stack[-1].append(node)
            if len(stack[-1]) == 2:
                break
            label, left, right = stack.pop()
            node = Tree(label, left=left, right=right)


class RecursiveNode:
    def __init__(self, W, b, Ws, bs):
        self.params = [W, b, Ws, bs]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def forward(self, left, right):
        W, b, Ws, bs = self.params
        d = left.shape[1]
        p = np.tanh(left @ W[:d] + right @ W[d:] + b)
        self.cache = (left, right, p)
        return p, p @ Ws + bs

    def backward(self, dp, ds):
        W, b, Ws, bs = self.params
        left, right, p = self.cache
        d = left.shape[1]
        dW, db, dWs, dbs = self.grads
        ds_z = (dp + ds @ Ws.T) * (1 - p * p)
        dW[:d] = left.T @ ds_z
        dW[d:] = right.T @ ds_z
        db[:] = ds_z
        dWs[:] = p.T @ ds
        dbs[:] = ds
        return ds_z @ W[:d].T, ds_z @ W[d:].T


class RecursiveNet:
    def __init__(self, E, W, b, Ws, bs):
        self.params = [E, W, b, Ws, bs]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def _up(self, tree):
        if tree.is_leaf:
            return self.params[0][[tree.word]], (tree, None, None, None)
        left, lc = self._up(tree.left)
        right, rc = self._up(tree.right)
        node = RecursiveNode(*self.params[1:])
        p, s = node.forward(left, right)
        self.scores.append(s)
        return p, (tree, node, lc, rc)

    def forward(self, tree):
        self.scores = []
        _, self.cache = self._up(tree)
        out = np.empty((len(self.scores), self.params[4].shape[1]))
        for k, s in enumerate(self.scores):
            out[k] = s
        return out

    def _down(self, cache, dp, ds):
        tree, node, lc, rc = cache
        if node is None:
            self.grads[0][tree.word] += dp.reshape(-1)
            return
        k = ds.pop()
        dleft, dright = node.backward(dp, k)
        for grad, share in zip(self.grads[1:], node.grads):
            grad += share
        # post-order backwards: first right then left
        self._down(rc, dright, ds)
        self._down(lc, dleft, ds)

    def backward(self, dscores):
        for grad in self.grads:
            grad.fill(0)
        rows = [dscores[k:k + 1] for k in range(len(dscores))]
        top = np.zeros((1, self.params[0].shape[1]))
        self._down(self.cache, top, rows)
