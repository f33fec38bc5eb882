"""Every product as an einsum, W seen as [2, d, d]: side, child's entry, parent's entry."""

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
    """A stack of lists, one for each open bracket; a node is made when its bracket closes."""
    stack = [[]]
    word = ""
    for at, c in enumerate(text):
        if c in "()" or c.isspace():
            if c == "(":
                if len(stack) == 1 and stack[0]:
                    raise TreeError("A second tree", at)
                if len(stack) > 1 and not may_hold(stack[-1], Tree):
                    raise TreeError("No node can stand here", at)
                stack.append([])
            elif c == ")":
                if len(stack) == 1 or not full(stack[-1]):
                    raise TreeError("No bracket can close here", at)
                label, *content = stack.pop()
                stack[-1].append(
                    Tree(label, *content)
                    if isinstance(content[0], str)
                    else Tree(label, left=content[0], right=content[1])
                )
            word = ""
            continue
        word += c
        if at + 1 < len(text) and text[at + 1] not in "()" and not text[at + 1].isspace():
            continue
        start = at + 1 - len(word)
        if len(stack) == 1:
            raise TreeError("Outside of all brackets", start)
        if not stack[-1]:
            if not word.isascii() or not word.isdigit():
                raise TreeError("No number", start)
            stack[-1].append(int(word))
        elif may_hold(stack[-1], str):
            stack[-1].append({"-LRB-": "(", "-RRB-": ")"}.get(word, word))
        else:
            raise TreeError("No word can stand here", start)
    if len(stack) > 1 or not stack[0]:
        raise TreeError("Something is missing", len(text))
    return stack[0][0]


def may_hold(items, kind):
    """Whether a node with these items can take one more of `kind`."""
    return len(items) == 1 or (kind is Tree and len(items) == 2 and isinstance(items[1], Tree))


def full(items):
    return len(items) == 3 or (len(items) == 2 and isinstance(items[1], str))


class RecursiveNode:
    def __init__(self, W, b, Ws, bs):
        self.params = [W, b, Ws, bs]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def forward(self, left, right):
        W, b, Ws, bs = self.params
        sides = np.stack([left, right])  # [2, 1, d]
        W = W.reshape(2, b.size, b.size)
        p = np.tanh(np.einsum("cni,cij->nj", sides, W) + b)
        self.cache = (sides, W, p)
        return p, np.einsum("nj,jk->nk", p, Ws) + bs

    def backward(self, dp, ds):
        _, _, Ws, _ = self.params
        sides, W, p = self.cache
        total = dp + np.einsum("nk,jk->nj", ds, Ws)
        dz = np.einsum("nj,nj->nj", total, 1 - p * p)
        np.einsum("cni,nj->cij", sides, dz, out=self.grads[0].reshape(W.shape))
        np.einsum("nj->j", dz, out=self.grads[1][0])
        np.einsum("nj,nk->jk", p, ds, out=self.grads[2])
        np.einsum("nk->k", ds, out=self.grads[3][0])
        dleft, dright = np.einsum("nj,cij->cni", dz, W)
        return dleft, dright


class RecursiveNet:
    def __init__(self, E, W, b, Ws, bs):
        self.params = [E, W, b, Ws, bs]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def forward(self, tree):
        E, *weights = self.params
        self.cache = []

        def up(node):
            if node.is_leaf:
                return E[node.word][None]
            merge = RecursiveNode(*weights)
            children = up(node.left), up(node.right)
            p, s = merge.forward(*children)
            self.cache.append((node, merge, s))
            return p

        up(tree)
        scores = np.empty((len(self.cache), weights[3].shape[1]))
        for row, (_, _, s) in zip(scores, self.cache, strict=True):
            row[:] = s
        return scores

    def backward(self, dscores):
        for grad in self.grads:
            grad[...] = 0
        handed = {}
        for (node, merge, _), ds in zip(reversed(self.cache), dscores[::-1, None], strict=True):
            halves = merge.backward(handed.get(node, np.zeros_like(self.params[2])), ds)
            for child, half in zip((node.left, node.right), halves, strict=True):
                if child.is_leaf:
                    self.grads[0][child.word] += half[0]
                else:
                    handed[child] = half
            for total, grad in zip(self.grads[1:], merge.grads, strict=True):
                np.add(total, grad, out=total)
