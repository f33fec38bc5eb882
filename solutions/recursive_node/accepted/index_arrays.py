"""The tree flattened into index lists; vectors in one matrix, weight gradients in one product."""

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
    """Every token with its start, then one pass with a counter of what each open node holds."""
    spans, begin = [], None
    for i, c in enumerate(text):
        if c.isspace() or c in "()":
            if begin is not None:
                spans.append((begin, i))
                begin = None
            if c in "()":
                spans.append((i, i + 1))
        elif begin is None:
            begin = i
    if begin is not None:
        spans.append((begin, len(text)))

    nodes = []  # finished and open ones, in the order in which they open
    open_ones = []
    for n, (i, j) in enumerate(spans):
        token = text[i:j]
        if n and not open_ones:
            raise TreeError("More than a tree", i)
        here = open_ones[-1] if open_ones else None
        state = 0 if here is None else here["state"]
        # 0: no bracket yet, 1: no label yet, 2: no content yet, 3: one child, 4: complete
        if token == "(" and state in (0, 2, 3):
            if here:
                here["state"] += 1
            opened = {"tree": Tree(None), "state": 1}
            nodes.append(opened)
            open_ones.append(opened)
        elif token == ")" and state == 4:
            open_ones.pop()
            if open_ones:
                above = open_ones[-1]
                side = "left" if above["state"] == 3 else "right"
                setattr(above["tree"], side, here["tree"])
        elif token not in "()" and state == 1 and all("0" <= c <= "9" for c in token):
            here["tree"].label = int(token)
            here["state"] = 2
        elif token not in "()" and state == 2:
            here["tree"].word = token
            if token in ("-LRB-", "-RRB-"):
                here["tree"].word = "()"[token == "-RRB-"]
            here["state"] = 4
        else:
            raise TreeError(f"Unexpected {token}", i)
    if open_ones or not nodes:
        raise TreeError("Unexpected end", len(text))
    return nodes[0]["tree"]


class RecursiveNode:
    def __init__(self, W, b, Ws, bs):
        self.params = [W, b, Ws, bs]
        self.grads = [np.zeros_like(p) for p in self.params]

    def forward(self, left, right):
        W, b, Ws, bs = self.params
        self.c = np.append(left, right)[None]
        self.p = np.tanh(self.c @ W + b)
        return self.p, self.p @ Ws + bs

    def backward(self, dp, ds):
        W, _, Ws, _ = self.params
        dz = (dp + ds @ Ws.T) * (1 + self.p) * (1 - self.p)
        for g, value in zip(self.grads, (self.c.T @ dz, dz, self.p.T @ ds, ds), strict=True):
            g[:] = value
        dc = (dz @ W.T).reshape(2, 1, -1)
        return dc[0], dc[1]


class RecursiveNet:
    """Nodes are numbered in post-order, leaves too; node i has its vector in row i."""

    def __init__(self, E, W, b, Ws, bs):
        self.params = [E, W, b, Ws, bs]
        self.grads = [np.zeros_like(p) for p in self.params]

    def forward(self, tree):
        E, W, b, Ws, bs = self.params
        nodes = self.post_order(tree)
        number = {id(node): i for i, node in enumerate(nodes)}
        self.words = np.array([-1 if n.word is None else n.word for n in nodes])
        self.leaves = np.flatnonzero([n.is_leaf for n in nodes])
        self.parents = np.flatnonzero([not n.is_leaf for n in nodes])
        self.left, self.right = (
            {i: number[id(getattr(nodes[i], side))] for i in self.parents}
            for side in ("left", "right")
        )
        H = np.empty((len(nodes), E.shape[1]))
        H[self.leaves] = E[self.words[self.leaves]]
        for i in self.parents:
            H[i] = np.tanh(np.concatenate([H[self.left[i]], H[self.right[i]]]) @ W + b[0])
        self.H = H
        return H[self.parents] @ Ws + bs

    @staticmethod
    def post_order(tree):
        found, stack, last = [], [], None
        node = tree
        while stack or node is not None:
            if node is not None:
                stack.append(node)
                node = node.left
            elif stack[-1].right is not None and last is not stack[-1].right:
                node = stack[-1].right
            else:
                last = stack.pop()
                found.append(last)
        return found

    def backward(self, dscores):
        E, W, _, Ws, _ = self.params
        dH = np.zeros_like(self.H)
        dH[self.parents] = dscores @ Ws.T
        d = E.shape[1]
        dZ = np.zeros_like(dH)
        for i in self.parents[::-1]:
            dZ[i] = dH[i] * (1 - self.H[i] ** 2)
            dH[self.left[i]] += W[:d] @ dZ[i]
            dH[self.right[i]] += W[d:] @ dZ[i]
        P = self.parents
        left = self.H[[self.left[i] for i in P]]
        right = self.H[[self.right[i] for i in P]]
        dE, dW, db, dWs, dbs = self.grads
        dE[:] = 0
        np.add.at(dE, self.words[self.leaves], dH[self.leaves])
        dW[:d] = left.T @ dZ[P]
        dW[d:] = right.T @ dZ[P]
        db[:] = dZ[P].sum(axis=0)
        dWs[:] = self.H[P].T @ dscores
        dbs[:] = dscores.sum(axis=0)
