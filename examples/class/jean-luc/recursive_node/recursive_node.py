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
    """Donne les jetons un par un, avec leur position."""

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
    ouverts = []
    r.take(opening)
    ouverts.append(Tree(int(r.take(label))))
    while True:
        if r.peek() == "(":
            r.take(opening)
            ouverts.append(Tree(int(r.take(label))))
            continue
        w = r.take(word)
        node = ouverts.pop()
        node.word = "(" if w == "-LRB-" else ")" if w == "-RRB-" else w
        r.take(closing)
        # on remonte tant que les noeuds sont complets
        while ouverts and ouverts[-1].left is not None:
            ouverts[-1].right = node
            node = ouverts.pop()
            r.take(closing)
        if not ouverts:
            break
        ouverts[-1].left = node
        r.take(opening)
        ouverts.append(Tree(int(r.take(label))))
    r.take(lambda t: t == "" and r.next >= len(r.tokens))
    return node


class RecursiveNode:
    def __init__(self, W, b, Ws, bs):
        self.params = [W, b, Ws, bs]
        self.grads = [np.zeros_like(W), np.zeros_like(b), np.zeros_like(Ws), np.zeros_like(bs)]
        self.cache = None

    def forward(self, left, right):
        W, b, Ws, bs = self.params
        lr = np.append(left, right, axis=1)
        p = np.tanh(lr.dot(W) + b)
        s = p.dot(Ws) + bs
        self.cache = (lr, p)
        return p, s

    def backward(self, dp, ds):
        W, b, Ws, bs = self.params
        lr, p = self.cache
        g = dp + ds.dot(Ws.T)
        g = g * (1 - p * p)
        self.grads[0][:] = lr.T.dot(g)
        self.grads[1][:] = g
        self.grads[2][:] = p.T.dot(ds)
        self.grads[3][:] = ds
        dlr = g.dot(W.T)
        d = dlr.shape[1] // 2
        return dlr[:, :d], dlr[:, d:]


class RecursiveNet:
    def __init__(self, E, W, b, Ws, bs):
        self.params = [E, W, b, Ws, bs]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def forward(self, tree):
        E, W, b, Ws, bs = self.params
        merges = []
        scores = np.zeros((0, bs.shape[1]))
        agenda = [(tree, False)]
        done = []       # vectors
        while agenda:
            node, ready = agenda.pop()
            if node.is_leaf:
                done.append(E[node.word, None])
                merges.append(node.word)
            elif not ready:
                agenda += [(node, True), (node.right, False), (node.left, False)]
            else:
                right = done.pop()
                left = done.pop()
                m = RecursiveNode(W, b, Ws, bs)
                p, s = m.forward(left, right)
                done.append(p)
                merges.append(m)
                scores = np.concatenate([scores, s])
        self.cache = merges
        return scores

    def backward(self, dscores):
        for g in self.grads:
            g[...] = 0
        todo = [np.zeros((1, self.params[0].shape[1]))]
        j = len(dscores)
        for m in reversed(self.cache):
            dp = todo.pop()
            if isinstance(m, RecursiveNode):
                j -= 1
                dleft, dright = m.backward(dp, dscores[j:j + 1])
                todo.append(dleft)
                todo.append(dright)
                for k in range(4):
                    self.grads[k + 1] += m.grads[k]
            else:
                self.grads[0][m] += dp[0]
