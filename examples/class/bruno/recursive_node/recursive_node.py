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

    stack = []      # lists [label, child, child]
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
        if token in (")", None):
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
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def forward(self, left, right):
        W, b, Ws, bs = self.params
        both = np.concatenate([left, right], 1)
        pre = np.dot(both, W) + b
        p = np.tanh(pre)
        s = np.dot(p, Ws) + bs
        self.cache = [both, p]
        return p, s

    def backward(self, dp, ds):
        W, b, Ws, bs = self.params
        both, p = self.cache
        dWs = np.dot(p.T, ds)
        from_scores = np.dot(ds, Ws.T)
        dpre = (dp + from_scores) * (1 - p ** 2)
        dW = np.dot(both.T, dpre)
        dboth = np.dot(dpre, W.T)
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
        todo_up = [(tree, False)]
        done = []       # vectors
        while todo_up:
            node, ready = todo_up.pop()
            if node.is_leaf:
                done.append(E[node.word, None])
                merges.append(node.word)
            elif not ready:
                todo_up += [(node, True), (node.right, False), (node.left, False)]
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
