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


def split(text):
    out, word, at = [], "", 0
    for k, c in enumerate(text):
        if c in "()" or c.isspace():
            if word:
                out.append((word, at))
                word = ""
            if not c.isspace():
                out.append((c, k))
        else:
            if not word:
                at = k
            word += c
    if word:
        out.append((word, at))
    return out


class Reader:
    """Hands out tokens one by one and knows where they stand."""

    def __init__(self, text):
        self.tokens = split(text)
        self.end = len(text)
        self.next = 0

    def peek(self):
        if self.next < len(self.tokens):
            return self.tokens[self.next][0]
        return ""

    def take(self, wanted):
        token = self.peek()
        if not wanted(token):
            where = self.end if self.next >= len(self.tokens) else self.tokens[self.next][1]
            raise TreeError("unexpected " + (token or "end"), where)
        self.next += 1
        return token


def opening(t):
    return t == "("


def closing(t):
    return t == ")"


def label(t):
    return t != "" and set(t) <= set("0123456789")


def word(t):
    return t not in ("", "(", ")")


def parse_tree(text):
    r = Reader(text)
    print('tokens:', len(r.tokens))
    parents = []
    r.take(opening)
    parents.append(Tree(int(r.take(label))))
    while True:
        if r.peek() == "(":
            r.take(opening)
            parents.append(Tree(int(r.take(label))))
            continue
        text_of_leaf = r.take(word)
        node = parents.pop()
        node.word = "(" if text_of_leaf == "-LRB-" else ")" if text_of_leaf == "-RRB-" else text_of_leaf
        r.take(closing)
        # climb up while nodes are complete
        while parents and parents[-1].left is not None:
            parents[-1].right = node
            node = parents.pop()
            r.take(closing)
        if not parents:
            break
        parents[-1].left = node
        r.take(opening)
        parents.append(Tree(int(r.take(label))))
    r.take(lambda t: t == "" and r.next >= len(r.tokens))
    return node


class RecursiveNode:
    def __init__(self, W, b, Ws, bs):
        self.params = [W, b, Ws, bs]
        self.grads = [np.zeros_like(W), np.zeros_like(b), np.zeros_like(Ws), np.zeros_like(bs)]
        self.cache = None

    def forward(self, left, right):
        W, b, Ws, bs = self.params
        both = np.append(left, right, axis=1)
        p = np.tanh(both.dot(W) + b)
        s = p.dot(Ws) + bs
        self.cache = (both, p)
        return p, s

    def backward(self, dp, ds):
        W, b, Ws, bs = self.params
        both, p = self.cache
        g = dp + ds.dot(Ws.T)
        g = g * (1 - p * p)
        self.grads[0][:] = both.T.dot(g)
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
            print('back at', n, 'leaf' if merge is None else 'merge')
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
