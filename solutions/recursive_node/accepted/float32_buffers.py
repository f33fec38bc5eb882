"""Float32 throughout: weights, vectors and gradients are kept in buffers of float32."""

from collections import deque

import numpy as np

F = np.float32


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
    """Tokens in a queue; what an open node still needs is a list of steps on a stack."""
    tokens = deque(tokenise(text))
    needs = ["tree"]
    made, labels = [], []
    while needs:
        if not tokens:
            raise TreeError("More is needed", len(text))
        token, at = tokens.popleft()
        need = needs.pop()
        if need == "tree" and token == "(":
            needs += ["content", "label"]
        elif need == "label" and token.strip("0123456789") == "":
            labels.append(int(token))
        elif need == "content" and token == "(":
            needs += ["end of parent", "tree", "content", "label"]
        elif need == "content" and token != ")":
            made.append(Tree(labels.pop(), {"-LRB-": "(", "-RRB-": ")"}.get(token, token)))
            needs.append("end of leaf")
        elif need == "end of leaf" and token == ")":
            pass
        elif need == "end of parent" and token == ")":
            right, left = made.pop(), made.pop()
            made.append(Tree(labels.pop(), left=left, right=right))
        else:
            raise TreeError(f"There must be: {need}", at)
    if tokens:
        raise TreeError("Too much", tokens[0][1])
    return made[0]


def tokenise(text):
    at = 0
    for piece in text.replace("(", "\0(\0").replace(")", "\0)\0").split("\0"):
        inside = 0
        for word in piece.split():
            inside = piece.index(word, inside)
            yield word, at + inside
            inside += len(word)
        at += len(piece)


class RecursiveNode:
    def __init__(self, W, b, Ws, bs):
        self.params = [np.asarray(p, dtype=F) for p in (W, b, Ws, bs)]
        self.grads = [np.zeros(p.shape, dtype=F) for p in self.params]
        self.cache = None

    def forward(self, left, right):
        W, b, Ws, bs = self.params
        d = b.shape[1]
        c = np.empty((1, 2 * d), dtype=F)
        c[:, :d], c[:, d:] = left, right
        p = np.empty((1, d), dtype=F)
        np.tanh(c @ W + b, out=p)
        self.cache = c, p
        return p, p @ Ws + bs

    def backward(self, dp, ds):
        W, _, Ws, _ = self.params
        c, p = self.cache
        ds = ds.astype(F)
        dz = (dp.astype(F) + ds @ Ws.T) * (1 - p * p)
        self.grads[0][:] = c.T @ dz
        self.grads[1][:] = dz
        self.grads[2][:] = p.T @ ds
        self.grads[3][:] = ds
        dc = dz @ W.T
        return dc[:, : p.size], dc[:, p.size :]


class RecursiveNet:
    def __init__(self, E, W, b, Ws, bs):
        self.params = [np.asarray(p, dtype=F) for p in (E, W, b, Ws, bs)]
        self.grads = [np.zeros(p.shape, dtype=F) for p in self.params]
        self.nodes = []

    def forward(self, tree):
        E, *weights = self.params
        self.nodes = [tree]  # by levels: a parent before its children
        for node in self.nodes:
            if not node.is_leaf:
                self.nodes += [node.left, node.right]
        vectors, self.merges, scores = {}, {}, {}
        for node in reversed(self.nodes):
            if node.is_leaf:
                vectors[node] = E[[node.word]]
            else:
                self.merges[node] = RecursiveNode(*weights)
                vectors[node], scores[node] = self.merges[node].forward(
                    vectors[node.left], vectors[node.right]
                )
        self.rows = {node: k for k, node in enumerate(parents(tree))}
        out = np.empty((len(self.rows), weights[3].shape[1]), dtype=F)
        for node, k in self.rows.items():
            out[k] = scores[node]
        return out

    def backward(self, dscores):
        for grad in self.grads:
            grad[...] = 0
        dvectors = {self.nodes[0]: np.zeros((1, self.params[0].shape[1]), dtype=F)}
        for node in self.nodes:
            if node.is_leaf:
                self.grads[0][node.word] += dvectors[node][0]
                continue
            k, merge = self.rows[node], self.merges[node]
            dvectors[node.left], dvectors[node.right] = merge.backward(
                dvectors[node], dscores[k : k + 1]
            )
            for total, grad in zip(self.grads[1:], merge.grads, strict=True):
                total += grad


def parents(node):
    """The parents of a tree in post-order."""
    if node.is_leaf:
        return []
    return [*parents(node.left), *parents(node.right), node]
