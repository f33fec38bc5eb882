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
        raise TreeError("text after the tree", at)
    return finished


class RecursiveNode:
    def __init__(self, W, b, Ws, bs):
        self.params = [W, b, Ws, bs]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def forward(self, left, right):
        W, b, Ws, bs = self.params
        c = np.concatenate([left, right], 1)
        pre = np.matmul(c, W) + b
        p = np.tanh(pre)
        s = np.matmul(p, Ws) + bs
        self.cache = [c, p]
        return p, s

    def backward(self, dp, ds):
        W, b, Ws, bs = self.params
        c, p = self.cache
        dWs = np.matmul(p.T, ds)
        from_scores = np.matmul(ds, Ws.T)
        dpre = (dp + from_scores) * (1 - p ** 2)
        dW = np.matmul(c.T, dpre)
        dc = np.matmul(dpre, W.T)
        np.copyto(self.grads[0], dW)
        np.copyto(self.grads[1], dpre)
        self.grads[2][...] = dWs
        self.grads[3][...] = ds
        n = dc.shape[1] // 2
        return dc[:, 0:n], dc[:, n:2 * n]


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
