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
        # 여기에는 레이블이 와야 한다
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
        lr = np.concatenate([left, right], 1)
        pre = np.matmul(lr, W) + b
        p = np.tanh(pre)
        s = np.matmul(p, Ws) + bs
        self.cache = [lr, p]
        return p, s

    def backward(self, dp, ds):
        W, b, Ws, bs = self.params
        lr, p = self.cache
        dWs = np.matmul(p.T, ds)
        from_scores = np.matmul(ds, Ws.T)
        # 위에서 오는 것 + 점수에서 오는 것
        dpre = (dp + from_scores) * (1 - p ** 2)
        dW = np.matmul(lr.T, dpre)
        dboth = np.matmul(dpre, W.T)
        self.grads[0][...] = dW
        self.grads[1][...] = dpre
        self.grads[2][...] = dWs
        self.grads[3][...] = ds
        n = dboth.shape[1] // 2
        return dboth[:, 0:n], dboth[:, n:2 * n]


class RecursiveNet:
    def __init__(self, E, W, b, Ws, bs):
        self.params = [E, W, b, Ws, bs]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def forward(self, tree):
        E, W, b, Ws, bs = self.params
        merges = []
        scores = np.zeros((0, bs.shape[1]))
        stack = [(tree, False)]
        done = []       # 계산이 끝난 벡터
        while stack:
            node, ready = stack.pop()
            if node.is_leaf:
                done.append(E[node.word, None])
                merges.append(node.word)
            elif not ready:
                stack += [(node, True), (node.right, False), (node.left, False)]
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
