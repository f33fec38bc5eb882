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
    stack = []
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
        elif state == "label" and len(token) == 1 and token.isdigit():
            stack.append({"label": int(token), "children": []})
            state = "content"
        elif state == "content" and token == "(":
            state = "label"
        elif state == "content" and token != ")":
            if token == "-LRB-":
                token = "("
            elif token == "-RRB-":
                token = ")"
            stack[-1]["word"] = token
            state = "close"
        elif state == "close" and token == ")":
            done = stack.pop()
            if "word" in done:
                tree = Tree(done["label"], done["word"])
            else:
                tree = Tree(done["label"], left=done["children"][0], right=done["children"][1])
            if stack:
                stack[-1]["children"].append(tree)
                state = "second" if len(stack[-1]["children"]) == 1 else "close"
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
        dz = dh * (1 - np.square(h))
        # linear part
        dW = np.outer(children, dz)
        db = dz
        dchildren = np.dot(dz, W.T)
        for grad, value in zip(self.grads, (dW, db, dWs, dbs)):
            grad[...] = value
        dleft, dright = np.split(dchildren, 2, axis=1)
        return dleft, dright


class RecursiveNet:
    def __init__(self, E, W, b, Ws, bs):
        self.params = [E, W, b, Ws, bs]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def forward(self, tree):
        E, W, b, Ws, bs = self.params
        self.nodes = {}
        self.order = []
        scores = []

        def up(t):
            if t.is_leaf:
                return E[t.word:t.word + 1]
            left = up(t.left)
            right = up(t.right)
            node = RecursiveNode(W, b, Ws, bs)
            p, s = node.forward(left, right)
            self.nodes[id(t)] = node, len(scores)
            scores.append(s)
            return p

        up(tree)
        self.cache = tree
        if not scores:
            return np.zeros((0, bs.shape[1]))
        return np.vstack(scores)

    def backward(self, dscores):
        for g in self.grads:
            g[...] = 0

        def down(t, dp):
            if t.is_leaf:
                self.grads[0][t.word] += dp[0]
                return
            node, k = self.nodes[id(t)]
            dleft, dright = node.backward(dp, dscores[k:k + 1])
            for g, part in zip(self.grads[1:], node.grads):
                g += part
            down(t.left, dleft)
            down(t.right, dright)

        down(self.cache, np.zeros((1, self.params[0].shape[1])))
