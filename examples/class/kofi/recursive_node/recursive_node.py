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
    tokens = tokenize(text)
    tree, k = parse_node(tokens, 0, len(text))
    if k < len(tokens):
        raise TreeError("something follows the tree", tokens[k][1])
    return tree


def parse_node(tokens, k, end):
    """Parse the node that begins at token k. Returns it and the number of the token after it."""
    k = expect(tokens, k, "(", end)
    if k == len(tokens):
        raise TreeError("no label", end)
    if not is_label(tokens[k][0]):
        raise TreeError("not a label", tokens[k][1])
    label = int(tokens[k][0])
    k += 1
    if k == len(tokens):
        raise TreeError("no content", end)
    if tokens[k][0] == ")":
        raise TreeError("no content", tokens[k][1])
    if tokens[k][0] == "(":
        left, k = parse_node(tokens, k, end)
        right, k = parse_node(tokens, k, end)
        node = Tree(label, left=left, right=right)
    else:
        node = Tree(label, word=ESCAPES.get(tokens[k][0], tokens[k][0]))
        k += 1
    return node, expect(tokens, k, ")", end)


def expect(tokens, k, bracket, end):
    if k == len(tokens):
        raise TreeError("missing " + bracket, end)
    if tokens[k][0] != bracket:
        raise TreeError("expected " + bracket, tokens[k][1])
    return k + 1


class RecursiveNode:
    def __init__(self, W, b, Ws, bs):
        self.params = [W, b, Ws, bs]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def forward(self, left, right):
        W, b, Ws, bs = self.params
        d = left.shape[1]
        # W upper half for the left child, lower half for the right one
        p = np.tanh(left @ W[:d] + right @ W[d:] + b)
        self.cache = (left, right, p)
        return p, p @ Ws + bs

    def backward(self, dp, ds):
        W, b, Ws, bs = self.params
        left, right, p = self.cache
        d = left.shape[1]
        dW, db, dWs, dbs = self.grads
        da = (dp + ds @ Ws.T) * (1 - p * p)
        dW[:d] = left.T @ da
        dW[d:] = right.T @ da
        db[:] = da
        dWs[:] = p.T @ ds
        dbs[:] = ds
        return da @ W[:d].T, da @ W[d:].T


class RecursiveNet:
    # one RecursiveNode for each parent, found again by the id of the tree node

    def __init__(self, E, W, b, Ws, bs):
        self.params = [E, W, b, Ws, bs]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def forward(self, tree):
        E, W, b, Ws, bs = self.params
        self.nodes = {}
        self.order = []
        scores = []

        def climb(t):
            if t.is_leaf:
                return E[t.word:t.word + 1]
            left = climb(t.left)
            right = climb(t.right)
            node = RecursiveNode(W, b, Ws, bs)
            p, s = node.forward(left, right)
            self.nodes[id(t)] = node, len(scores)
            scores.append(s)
            return p

        climb(tree)
        self.cache = tree
        if not scores:
            return np.zeros((0, bs.shape[1]))
        return np.vstack(scores)

    def backward(self, dscores):
        for g in self.grads:
            g[...] = 0

        def descend(t, dp):
            if t.is_leaf:
                self.grads[0][t.word] += dp[0]
                return
            node, k = self.nodes[id(t)]
            dleft, dright = node.backward(dp, dscores[k:k + 1])
            for g, part in zip(self.grads[1:], node.grads):
                g += part
            descend(t.left, dleft)
            descend(t.right, dright)

        descend(self.cache, np.zeros((1, self.params[0].shape[1])))
