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
    pieces = []
    i = 0
    while i < len(text):
        if text[i].isspace():
            i += 1
        elif text[i] in "()":
            pieces.append((text[i], i))
            i += 1
        else:
            j = i
            while j < len(text) and text[j] not in "()" and not text[j].isspace():
                j += 1
            pieces.append((text[i:j], i))
            i = j
    return pieces


def is_label(token):
    return all(c in "0123456789" for c in token)


def parse_tree(text):
    pieces = tokenize(text)
    tree, k = parse_node(pieces, 0, len(text))
    if k < len(pieces):
        raise TreeError("something follows the tree", pieces[k][1])
    return tree


def parse_node(pieces, k, end):
    """Parse the node that begins at token k. Returns it and the number of the token after it."""
    k = expect(pieces, k, "(", end)
    if k == len(pieces):
        raise TreeError("no label", end)
    if not is_label(pieces[k][0]):
        raise TreeError("not a label", pieces[k][1])
    label = int(pieces[k][0])
    k += 1
    if k == len(pieces):
        raise TreeError("no content", end)
    if pieces[k][0] == ")":
        raise TreeError("no content", pieces[k][1])
    if pieces[k][0] == "(":
        left, k = parse_node(pieces, k, end)
        right, k = parse_node(pieces, k, end)
        node = Tree(label, left=left, right=right)
    else:
        node = Tree(label, word=ESCAPES.get(pieces[k][0], pieces[k][0]))
        k += 1
    return node, expect(pieces, k, ")", end)


def expect(pieces, k, bracket, end):
    if k == len(pieces):
        raise TreeError("missing " + bracket, end)
    if pieces[k][0] != bracket:
        raise TreeError("expected " + bracket, pieces[k][1])
    return k + 1


class RecursiveNode:
    def __init__(self, W, b, Ws, bs):
        self.params = [W, b, Ws, bs]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def forward(self, left, right):
        W, b, Ws, bs = self.params
        c = np.hstack([left, right])
        p = np.tanh(c @ W + b)
        s = p @ Ws + bs
        self.cache = c, p
        return p, s

    def backward(self, dp, ds):
        W, b, Ws, bs = self.params
        c, p = self.cache
        self.grads[2][...] = p.T @ ds
        self.grads[3][...] = ds
        dp_all = dp + ds @ Ws.T
        dz = dp_all * (1 - p)
        self.grads[0][...] = c.T @ dz
        self.grads[1][...] = dz
        dc = dz @ W.T
        d = p.shape[1]
        return dc[:, :d], dc[:, d:]


class RecursiveNet:
    def __init__(self, E, W, b, Ws, bs):
        self.params = [E, W, b, Ws, bs]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def forward(self, tree):
        self.steps = []     # (merge, where its inputs come from)
        self.vec = []
        self.rows = []
        root = self.visit(tree)
        K = self.params[4].shape[1]
        return np.array(self.rows).reshape(-1, K)

    def visit(self, t):
        """Number of the node's vector."""
        if t.is_leaf:
            self.vec.append(self.params[0][t.word][None, :])
            self.steps.append((None, t.word, None))
        else:
            l = self.visit(t.left)
            r = self.visit(t.right)
            merge = RecursiveNode(*self.params[1:])
            p, s = merge.forward(self.vec[l], self.vec[r])
            self.vec.append(p)
            self.rows.append(s)
            self.steps.append((merge, l, r))
        return len(self.vec) - 1

    def backward(self, dscores):
        dE, dW, db, dWs, dbs = [np.zeros_like(p) for p in self.params]
        dvec = [np.zeros_like(v) for v in self.vec]
        row = len(dscores) - 1
        for n in range(len(self.steps) - 1, -1, -1):
            merge, a, b = self.steps[n]
            if merge is None:
                dE[a] += dvec[n][0]
                continue
            dvec[a], dvec[b] = merge.backward(dvec[n], dscores[[row]])
            row -= 1
            dW += merge.grads[0]
            db += merge.grads[1]
            dWs += merge.grads[2]
            dbs += merge.grads[3]
        for g, d in zip(self.grads, (dE, dW, db, dWs, dbs)):
            g[:] = d
