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


TOKEN = re.compile(r"[()]|[^()\s]+")


def parse_tree(text):
    tokens = [(m.group(), m.start()) for m in TOKEN.finditer(text)]
    tokens.append((None, len(text)))     # end mark
    k = 0

    def fail(what):
        raise TreeError(f"{what} expected", tokens[k][1])

    stack = []
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
        if token is None:
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
        self.grads = [np.zeros_like(W), np.zeros_like(b), np.zeros_like(Ws), np.zeros_like(bs)]
        self.cache = None

    def forward(self, left, right):
        W, b, Ws, bs = self.params
        pair = np.append(left, right, axis=1)
        p = np.tanh(pair.dot(W) + b)
        s = p.dot(Ws) + bs
        self.cache = (pair, p)
        return p, s

    def backward(self, dp, ds):
        W, b, Ws, bs = self.params
        pair, p = self.cache
        g = dp + ds.dot(Ws.T)
        g = g * (1 - p * p)
        self.grads[0][:] = pair.T.dot(g)
        self.grads[1][:] = g
        self.grads[2][:] = p.T.dot(ds)
        self.grads[3][:] = ds
        dlr = g.dot(W.T)
        half = dlr.shape[1] // 2
        return dlr[:, :half], dlr[:, half:]


class RecursiveNet:
    def __init__(self, E, W, b, Ws, bs):
        self.params = [E, W, b, Ws, bs]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def postorder(self, tree):
        if not tree.is_leaf:
            yield from self.postorder(tree.left)
            yield from self.postorder(tree.right)
        yield tree

    def forward(self, tree):
        E = self.params[0]
        K = self.params[4].shape[1]
        nodes = list(self.postorder(tree))
        vectors = {}
        merges = {}
        scores = np.zeros((len([t for t in nodes if not t.is_leaf]), K))
        row = 0
        for t in nodes:
            if t.is_leaf:
                vectors[t] = E[t.word].reshape(1, -1)
            else:
                merges[t] = RecursiveNode(*self.params[1:])
                vectors[t], s = merges[t].forward(vectors[t.left], vectors[t.right])
                scores[row] = s[0]
                row += 1
        self.cache = (nodes, merges)
        return scores

    def backward(self, dscores):
        nodes, merges = self.cache
        for grad in self.grads:
            grad[...] = 0
        errors = {nodes[-1]: np.zeros_like(self.params[0][:1])}
        row = len(dscores)
        for t in reversed(nodes):
            if t.is_leaf:
                self.grads[0][t.word] += errors[t][0]
            else:
                row -= 1
                errors[t.left], errors[t.right] = merges[t].backward(errors[t], dscores[row].reshape(1, -1))
                for i in range(4):
                    self.grads[i + 1] += merges[t].grads[i]
