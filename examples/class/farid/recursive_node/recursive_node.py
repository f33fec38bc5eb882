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
        both = np.concatenate([left, right], 1)
        pre = np.matmul(both, W) + b
        p = np.tanh(pre)
        s = np.matmul(p, Ws) + bs
        self.cache = [both, p]
        return p, s

    def backward(self, dp, ds):
        W, b, Ws, bs = self.params
        both, p = self.cache
        dWs = np.matmul(p.T, ds)
        from_scores = np.matmul(ds, Ws.T)
        dpre = (dp + from_scores) * (1 - p ** 2)
        dW = np.matmul(both.T, dpre)
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
