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


DIGITS = set("0123456789")


def tokens_of(text):
    start = None
    for k, c in enumerate(text):
        if start is not None and (c in "()" or c.isspace()):
            yield text[start:k], start
            start = None
        if c in "()":
            yield c, k
        elif start is None and not c.isspace():
            start = k
    if start is not None:
        yield text[start:], start


def parse_tree(text):
    tokens = tokens_of(text)

    def following():
        return next(tokens, ("", len(text)))

    def open_node():
        """A label has to come now."""
        token, at = following()
        if not token or not set(token) <= DIGITS:
            raise TreeError("no label", at)
        path.append(Tree(int(token)))

    path = []
    token, at = following()
    if token != "(":
        raise TreeError("a tree begins with a bracket", at)
    open_node()
    finished = None
    while path:
        node = path[-1]
        token, at = following()
        if node.word is not None or node.right is not None:
            if token != ")":
                raise TreeError("the bracket has to be closed here", at)
            finished = path.pop()
            if path and path[-1].left is None:
                path[-1].left = finished
            elif path:
                path[-1].right = finished
        elif token == "(":
            open_node()
        elif token in ("", ")") or node.left is not None:
            raise TreeError("something is missing in this node", at)
        else:
            node.word = token.replace("-LRB-", "(") if token == "-LRB-" else token
            if token == "-RRB-":
                node.word = ")"
    token, at = following()
    if token:
        raise TreeError("only one tree, please", at)
    return finished


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
        dz = (dp + ds @ Ws.T) * (1 - p * p)
        dW[:d] = left.T @ dz
        dW[d:] = right.T @ dz
        db[:] = dz
        dWs[:] = p.T @ ds
        dbs[:] = ds
        return dz @ W[d:].T, dz @ W[:d].T


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
