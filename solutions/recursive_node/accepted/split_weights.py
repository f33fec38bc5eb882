"""Two matrices, one for each side, and plain vectors inside; records of merges in a list."""

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
    """By shift and reduce: a closing bracket turns the last items of one stack into a node."""
    stack = []  # "(", labels (int), words (str in a list), and nodes

    def kinds(n):
        return [type(item) for item in stack[-n:]]

    for token, at in split(text):
        if stack and isinstance(stack[0], Tree):
            raise TreeError("A tree has ended before", at)
        if token == ")":
            if kinds(3) == [str, int, list]:
                _, label, [word] = stack[-3:]
                stack[-3:] = [Tree(label, word=word)]
            elif kinds(4) == [str, int, Tree, Tree]:
                _, label, left, right = stack[-4:]
                stack[-4:] = [Tree(label, left=left, right=right)]
            else:
                raise TreeError("Nothing can be closed here", at)
        elif token == "(":
            if stack and kinds(1) != [int] and kinds(3) != [str, int, Tree]:
                raise TreeError("Nothing can be opened here", at)
            stack.append(token)
        elif kinds(1) == [str]:
            if not (token.isascii() and token.isdecimal()):
                raise TreeError("This is no label", at)
            stack.append(int(token))
        elif kinds(1) == [int]:
            stack.append([{"-LRB-": "(", "-RRB-": ")"}.get(token, token)])
        else:
            raise TreeError("No word can stand here", at)
    if len(stack) != 1 or not isinstance(stack[0], Tree):
        raise TreeError("No tree yet", len(text))
    return stack[0]


def split(text):
    start = 0
    while start < len(text):
        end = start + 1
        if text[start] not in "()" and not text[start].isspace():
            while end < len(text) and text[end] not in "()" and not text[end].isspace():
                end += 1
        if not text[start:end].isspace():
            yield text[start:end], start
        start = end


def merge(left, right, W, b):
    d = len(left)
    W1, W2 = W[:d], W[d:]
    return np.tanh(left @ W1 + right @ W2 + b)


def merge_backward(dp, left, right, p, W):
    """The gradients of left, right, W and b."""
    d = len(left)
    W1, W2 = W[:d], W[d:]
    dz = dp * (1 - p**2)
    return W1 @ dz, W2 @ dz, np.vstack((np.outer(left, dz), np.outer(right, dz))), dz


class RecursiveNode:
    def __init__(self, W, b, Ws, bs):
        self.params = [W, b, Ws, bs]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def forward(self, left, right):
        W, b, Ws, bs = self.params
        p = merge(left[0], right[0], W, b[0])
        self.cache = left[0], right[0], p
        return p[None, :], (p @ Ws + bs[0])[None, :]

    def backward(self, dp, ds):
        W, _, Ws, _ = self.params
        left, right, p = self.cache
        dl, dr, dW, db = merge_backward(dp[0] + Ws @ ds[0], left, right, p, W)
        self.grads[0][:] = dW
        self.grads[1][0] = db
        self.grads[2][:] = np.outer(p, ds)
        self.grads[3][0] = ds[0]
        return dl[None, :], dr[None, :]


class RecursiveNet:
    def __init__(self, E, W, b, Ws, bs):
        self.params = [E, W, b, Ws, bs]
        self.grads = [np.zeros_like(p) for p in self.params]

    def forward(self, tree):
        self.records = []
        self.tree = tree
        E, W, b, Ws, bs = self.params

        def visit(node):
            if node.is_leaf:
                return E[node.word], node.word
            left, from_left = visit(node.left)
            right, from_right = visit(node.right)
            p = merge(left, right, W, b[0])
            self.records.append((left, right, p, from_left, from_right))
            return p, ("merge", len(self.records) - 1)

        visit(tree)
        scores = [record[2] @ Ws + bs[0] for record in self.records]
        return np.array(scores).reshape(-1, bs.shape[1])

    def backward(self, dscores):
        E, W, _, Ws, _ = self.params
        totals = [np.zeros_like(p) for p in self.params]
        from_above = [np.zeros(E.shape[1]) for _ in self.records]
        for k in reversed(range(len(self.records))):
            left, right, p, *sources = self.records[k]
            dl, dr, dW, db = merge_backward(from_above[k] + Ws @ dscores[k], left, right, p, W)
            for source, dvector in zip(sources, (dl, dr), strict=True):
                if isinstance(source, tuple):
                    from_above[source[1]] = dvector
                else:
                    totals[0][source] += dvector
            totals[1] += dW
            totals[2] += db
            totals[3] += np.outer(p, dscores[k])
            totals[4] += dscores[k]
        for grad, total in zip(self.grads, totals, strict=True):
            grad[...] = total
