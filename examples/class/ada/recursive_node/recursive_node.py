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


def parse_tree(text):
    # walk through the characters with one stack of unfinished nodes
    waiting = []
    state = "start"
    result = None
    pos = 0
    n = len(text)
    while pos < n:
        ch = text[pos]
        if ch.isspace():
            pos += 1
            continue
        begin = pos
        if ch == "(" or ch == ")":
            token = ch
            pos += 1
        else:
            while pos < n and text[pos] not in "()" and not text[pos].isspace():
                pos += 1
            token = text[begin:pos]

        if state == "end":
            raise TreeError(f"nothing may follow the tree, but {token!r} does", begin)
        elif state in ("start", "second") and token == "(":
            state = "label"
        elif state == "label" and token.isascii() and token.isdigit():
            waiting.append({"label": int(token), "children": []})
            state = "content"
        elif state == "content" and token == "(":
            state = "label"
        elif state == "content" and token != ")":
            if token == "-LRB-":
                token = "("
            elif token == "-RRB-":
                token = ")"
            waiting[-1]["word"] = token
            state = "close"
        elif state == "close" and token == ")":
            done = waiting.pop()
            if "word" in done:
                tree = Tree(done["label"], done["word"])
            else:
                tree = Tree(done["label"], left=done["children"][0], right=done["children"][1])
            if waiting:
                waiting[-1]["children"].append(tree)
                state = "second" if len(waiting[-1]["children"]) == 1 else "close"
            else:
                result = tree
                state = "end"
        else:
            raise TreeError(f"{token!r} is not allowed here", begin)
    if state != "end":
        raise TreeError("the tree is not complete", n)
    return result


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
        dz = dp_all * (1 - p ** 2)
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
            self.grads[0][tree.word] += dp.reshape(-1)
            return
        k = ds.pop()
        dleft, dright = node.backward(dp, k)
        for grad, share in zip(self.grads[1:], node.grads):
            grad += share
        # post-order backwards: first right then left
        self._down(rcache, dright, ds)
        self._down(lcache, dleft, ds)

    def backward(self, dscores):
        for grad in self.grads:
            grad.fill(0)
        rows = [dscores[k:k + 1] for k in range(len(dscores))]
        top = np.zeros((1, self.params[0].shape[1]))
        self._down(self.cache, top, rows)
