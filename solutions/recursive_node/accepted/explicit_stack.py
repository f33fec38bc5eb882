"""Stacks of (node, visited) pairs for every walk, vectors and gradients in dicts by node."""

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


OPEN, CLOSE = "(", ")"


def parse_tree(text):
    frames = []  # [label, children, word] of every open node
    tree = None
    at = 0
    while at < len(text):
        char = text[at]
        if char.isspace():
            at += 1
            continue
        if tree is not None:
            raise TreeError("There is something behind the tree", at)
        frame = frames[-1] if frames else None
        if char == OPEN:
            if frame is not None and (
                frame[0] is None or frame[2] is not None or len(frame[1]) == 2
            ):
                raise TreeError("A node cannot begin here", at)
            frames.append([None, [], None])
            at += 1
            continue
        if char == CLOSE:
            if frame is None or (frame[2] is None and len(frame[1]) != 2):
                raise TreeError("A node cannot end here", at)
            label, children, word = frames.pop()
            node = Tree(label, word, *children)
            if frames:
                frames[-1][1].append(node)
            else:
                tree = node
            at += 1
            continue
        end = at
        while end < len(text) and text[end] not in (OPEN, CLOSE) and not text[end].isspace():
            end += 1
        token = text[at:end]
        if frame is None or frame[1] or frame[2] is not None:
            raise TreeError("A word cannot stand here", at)
        if frame[0] is not None:
            frame[2] = {"-LRB-": OPEN, "-RRB-": CLOSE}.get(token, token)
        elif set(token) <= set("0123456789"):
            frame[0] = int(token)
        else:
            raise TreeError("This is no label", at)
        at = end
    if tree is None:
        raise TreeError("The text is too short", len(text))
    return tree


class RecursiveNode:
    def __init__(self, W, b, Ws, bs):
        self.params = [W, b, Ws, bs]
        self.grads = [np.zeros(p.shape) for p in self.params]
        self.cache = {}

    def forward(self, left, right):
        W, b, Ws, bs = self.params
        joined = np.c_[left, right]
        p = np.tanh(joined @ W + b)
        self.cache = {"joined": joined, "p": p}
        return p, p @ Ws + bs

    def backward(self, dp, ds):
        W, _, Ws, _ = self.params
        joined, p = self.cache["joined"], self.cache["p"]
        total = dp + (Ws @ ds.T).T
        delta = total - total * p**2
        np.copyto(self.grads[0], joined.T * delta)
        np.copyto(self.grads[1], delta)
        np.copyto(self.grads[2], p.T * ds)
        np.copyto(self.grads[3], ds)
        d = p.size
        return (W[:d] @ delta.T).T, (W[d:] @ delta.T).T


class RecursiveNet:
    def __init__(self, E, W, b, Ws, bs):
        self.params = [E, W, b, Ws, bs]
        self.grads = [np.zeros(p.shape) for p in self.params]

    def forward(self, tree):
        E, W, b, Ws, bs = self.params
        self.tree = tree
        self.made = {}  # by node: its merge and the row of its scores
        vectors = {}
        scores = []
        stack = [(tree, False)]
        while stack:
            node, visited = stack.pop()
            if node.is_leaf:
                vectors[id(node)] = E[node.word].reshape(1, -1)
            elif not visited:
                stack.append((node, True))
                stack.append((node.right, False))
                stack.append((node.left, False))
            else:
                merge = RecursiveNode(W, b, Ws, bs)
                p, s = merge.forward(vectors[id(node.left)], vectors[id(node.right)])
                vectors[id(node)] = p
                self.made[id(node)] = merge, len(scores)
                scores.append(s[0])
        return np.array(scores).reshape(len(scores), bs.shape[1])

    def backward(self, dscores):
        for grad in self.grads:
            grad *= 0
        stack = [(self.tree, 0 * self.params[0][:1])]
        while stack:
            node, dp = stack.pop()
            if node.is_leaf:
                self.grads[0][node.word] += dp.ravel()
                continue
            merge, row = self.made[id(node)]
            dleft, dright = merge.backward(dp, dscores[row].reshape(1, -1))
            stack += [(node.left, dleft), (node.right, dright)]
            for i in range(4):
                self.grads[1 + i] += merge.grads[i]
