# A recursive network on a parse tree
#
# README.md, beside this file, says what to do. Write your code in the places marked
# YOUR CODE HERE, then run: grader check recursive_node

# %%
import numpy as np


def split(text):
    out, word, at = [], "", 0
    for k, c in enumerate(text):
        if c in "()" or c.isspace():
            if word:
                out.append((word, at))
                word = ""
            if not c.isspace():
                out.append((c, k))
        else:
            if not word:
                at = k
            word += c
    if word:
        out.append((word, at))
    return out


class Reader:
    """Hands out tokens one by one and knows where they stand."""

    def __init__(self, text):
        self.tokens = split(text)
        self.end = len(text)
        self.next = 0

    def peek(self):
        if self.next < len(self.tokens):
            return self.tokens[self.next][0]
        return ""

    def take(self, wanted):
        token = self.peek()
        if not wanted(token):
            where = self.end if self.next >= len(self.tokens) else self.tokens[self.next][1]
            raise TreeError("unexpected " + (token or "end"), where)
        self.next += 1
        return token


def opening(t):
    return t == "("


def closing(t):
    return t == ")"


def label(t):
    return t != "" and set(t) <= set("0123456789")


def word(t):
    return t not in ("", "(", ")")


class TreeError(ValueError):
    """A text is no tree.

    position: the index in the text of the first token that cannot stand where it stands, or the
        length of the text if it ends too soon.
    """

    def __init__(self, message, position):
        super().__init__(f"{message}, at position {position}")
        self.position = position


class Tree:
    """A node of a binary tree, and with it all that hangs from it.

    label: a whole number.
    word: for a leaf, its word: a text out of the parser, or a row number of E for the network.
    left, right: for a parent, its two children; both are None for a leaf.
    """

    def __init__(self, label, word=None, left=None, right=None):
        self.label = label
        self.word = word
        self.left = left
        self.right = right

    @property
    def is_leaf(self):
        return self.left is None and self.right is None


def parse_tree(text):
    """Make a tree of bracketed text, such as "(3 (2 The) (4 best))".

    text: a str, nested to any depth.
    Returns the root, a Tree. Raises TreeError for anything that is not exactly one tree.
    """
    r = Reader(text)
    parents = []
    r.take(opening)
    parents.append(Tree(int(r.take(label))))
    while True:
        if r.peek() == "(":
            r.take(opening)
            parents.append(Tree(int(r.take(label))))
            continue
        w = r.take(word)
        node = parents.pop()
        node.word = "(" if w == "-LRB-" else ")" if w == "-RRB-" else w
        r.take(closing)
        # climb up while nodes are complete
        while parents and parents[-1].left is not None:
            parents[-1].right = node
            node = parents.pop()
            r.take(closing)
        if not parents:
            break
        parents[-1].left = node
        r.take(opening)
        parents.append(Tree(int(r.take(label))))
    r.take(lambda t: t == "" and r.next >= len(r.tokens))
    return node


class RecursiveNode:
    """One merge: p = tanh([left; right] W + b), with the scores s = p Ws + bs.

    W: [2d, d], b: [1, d], Ws: [d, K], bs: [1, K].

    params: the list [W, b, Ws, bs].
    grads: the gradients of a loss with respect to params, in the same order and shapes. `backward`
        writes into these arrays; it neither replaces them nor adds to them.
    cache: what the latest `forward` keeps for `backward`.
    """

    def __init__(self, W, b, Ws, bs):
        self.params = [W, b, Ws, bs]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def forward(self, left, right):
        """Merge two vectors.

        left, right: [1, d], the vectors of the children.
        Returns the pair (p, s), p: [1, d], the parent's vector, and s: [1, K], its scores.
        """
        # YOUR CODE HERE
        raise NotImplementedError("RecursiveNode.forward is not implemented yet")

    def backward(self, dp, ds):
        """Carry two gradients back through the latest merge.

        dp: [1, d], the gradient of the loss with respect to p that the node above hands down.
        ds: [1, K], the gradient with respect to s.
        Returns the pair (dleft, dright), [1, d] each, and writes the gradients with respect to
        W, b, Ws and bs into the four arrays of self.grads.
        """
        # YOUR CODE HERE
        raise NotImplementedError("RecursiveNode.backward is not implemented yet")


class RecursiveNet:
    """A recursive network: one merge, used at every parent of a tree.

    E: [V, d], a row for each word of the vocabulary. W, b, Ws, bs: as for RecursiveNode.

    params: the list [E, W, b, Ws, bs].
    grads: the gradients of a loss with respect to params, in the same order and shapes. `backward`
        writes into these arrays; it neither replaces them nor adds to what earlier calls left.
    cache: what the latest `forward` keeps for `backward`.
    """

    def __init__(self, E, W, b, Ws, bs):
        self.params = [E, W, b, Ws, bs]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def forward(self, tree):
        """Score every parent of a tree.

        tree: a Tree; the word of each leaf is its row number in E.
        Returns scores: [P, K], a row for each of the P parents, in post-order.
        """
        # YOUR CODE HERE
        raise NotImplementedError("RecursiveNet.forward is not implemented yet")

    def backward(self, dscores):
        """Carry the gradients of all scores back through the latest tree.

        dscores: [P, K], the gradient of the loss with respect to the scores.
        Returns nothing; writes the gradients with respect to E, W, b, Ws and bs into the five
        arrays of self.grads.
        """
        # YOUR CODE HERE
        raise NotImplementedError("RecursiveNet.backward is not implemented yet")

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
