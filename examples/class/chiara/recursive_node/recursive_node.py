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
    parents = []
    r.take(opening)
    parents.append(Tree(int(r.take(label))))
    while True:
        if r.peek() == "(":
            r.take(opening)
            parents.append(Tree(int(r.take(label))))
            continue
        w = r.take(word)
        node = parents.pop()
        node.word = "(" if w == "-LRB-" else ")" if w == "-RRB-" else w
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
        row = 0
        for t in reversed(nodes):
            if t.is_leaf:
                self.grads[0][t.word] += errors[t][0]
            else:
                errors[t.left], errors[t.right] = merges[t].backward(errors[t], dscores[row].reshape(1, -1))
                row += 1
                for i in range(4):
                    self.grads[i + 1] += merges[t].grads[i]
