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


ESCAPES = {"-LRB-": "(", "-RRB-": ")"}


def tokenize(text):
    """A list of (token, position)."""
    tokens = []
    i = 0
    while i < len(text):
        if text[i].isspace():
            i += 1
        elif text[i] in "()":
            tokens.append((text[i], i))
            i += 1
        else:
            j = i
            while j < len(text) and text[j] not in "()" and not text[j].isspace():
                j += 1
            tokens.append((text[i:j], i))
            i = j
    return tokens


def is_label(token):
    return all(c in "0123456789" for c in token)


def parse_tree(text):
    stack = []  # open nodes
    expect = "open"
    root = None
    for token, pos in tokenize(text):
        if root is not None:
            raise TreeError("text after the tree", pos)
        if expect == "open":
            if token != "(":
                raise TreeError("expected (", pos)
            expect = "label"
        elif expect == "label":
            if not is_label(token):
                raise TreeError("expected a label", pos)
            stack.append(Tree(int(token)))
            expect = "word or open"
        elif expect == "word or open":
            if token == "(":
                expect = "label"
            elif token == ")":
                raise TreeError("node without content", pos)
            else:
                stack[-1].word = ESCAPES.get(token, token)
                expect = "close"
        elif expect == "close":
            if token != ")":
                raise TreeError("expected )", pos)
            node = stack.pop()
            if not stack:
                root = node
            elif stack[-1].left is None:
                stack[-1].left = node
                expect = "open"
            else:
                stack[-1].right = node
                expect = "close"
    if root is None:
        raise TreeError("text ends too early", len(text))
    return root


class RecursiveNode:
    def __init__(self, W, b, Ws, bs):
        self.params = [W, b, Ws, bs]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def forward(self, left, right):
        W, b, Ws, bs = self.params
        children = np.concatenate((left, right), axis=1)
        h = np.tanh(np.dot(children, W) + b)
        self.cache = {"children": children, "h": h}
        return h, np.dot(h, Ws) + bs

    def backward(self, dp, ds):
        W, b, Ws, bs = self.params
        children, h = self.cache["children"], self.cache["h"]
        # scores
        dWs = np.outer(h, ds)
        dbs = ds
        dh = np.dot(ds, Ws.T) + dp
        # tanh
        delta = dh * (1 - np.square(h))
        # linear part
        dW = np.outer(children, delta)
        db = delta
        dchildren = np.dot(delta, W.T)
        for grad, value in zip(self.grads, (dW, db, dWs, dbs)):
            grad[...] = value
        dleft, dright = np.split(dchildren, 2, axis=1)
        return dleft, dright


class RecursiveNet:
    def __init__(self, E, W, b, Ws, bs):
        self.params = [E, W, b, Ws, bs]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def _up(self, tree):
        if tree.is_leaf:
            return self.params[0][[tree.word]], (tree, None, None, None)
        left, lcache = self._up(tree.left)
        right, rcache = self._up(tree.right)
        node = RecursiveNode(*self.params[1:])
        p, s = node.forward(left, right)
        self.scores.append(s)
        return p, (tree, node, lcache, rcache)

    def forward(self, tree):
        self.scores = []
        _, self.cache = self._up(tree)
        out = np.empty((len(self.scores), self.params[4].shape[1]))
        for k, s in enumerate(self.scores):
            out[k] = s
        return out

    def _down(self, cache, dp, ds):
        tree, node, lcache, rcache = cache
        if node is None:
            self.grads[0][tree.word] = dp.reshape(-1)
            return
        k = ds.pop()
        dleft, dright = node.backward(dp, k)
        for grad, part in zip(self.grads[1:], node.grads):
            grad += part
        # post-order backwards: first right then left
        self._down(rcache, dright, ds)
        self._down(lcache, dleft, ds)

    def backward(self, dscores):
        for grad in self.grads:
            grad.fill(0)
        pieces = [dscores[k:k + 1] for k in range(len(dscores))]
        top = np.zeros((1, self.params[0].shape[1]))
        self._down(self.cache, top, pieces)
