# A recursive network on a parse tree
#
# README.md, beside this file, says what to do. Write your code in the places marked
# YOUR CODE HERE, then run: grader check recursive_node

# %%
import numpy as np
DIGITS = set("0123456789")


def tokens_of(text):
    start = None
    for k, c in enumerate(text):
        if start is not None and (c in "()" or c.isspace()):
            yield text[start:k], start
            start = None
        if c in "()":
            yield c, k
        elif start is None and not c.isspace():
            start = k
    if start is not None:
        yield text[start:], start


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
    tokens = tokens_of(text)

    def following():
        return next(tokens, ("", len(text)))

    def open_node():
        """A label has to come now."""
        token, at = following()
        if not token or not set(token) <= DIGITS:
            raise TreeError("no label", at)
        path.append(Tree(int(token)))

    path = []
    token, at = following()
    if token != "(":
        raise TreeError("a tree begins with a bracket", at)
    open_node()
    finished = None
    while path:
        node = path[-1]
        token, at = following()
        if node.word is not None or node.right is not None:
            if token != ")":
                raise TreeError("the bracket has to be closed here", at)
            finished = path.pop()
            if path and path[-1].left is None:
                path[-1].left = finished
            elif path:
                path[-1].right = finished
        elif token == "(":
            open_node()
        elif token in ("", ")") or node.left is not None:
            raise TreeError("something is missing in this node", at)
        else:
            node.word = token.replace("-LRB-", "(") if token == "-LRB-" else token
            if token == "-RRB-":
                node.word = ")"
    token, at = following()
    if token:
        raise TreeError("only one tree, please", at)
    return finished


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
        W, b, Ws, bs = self.params
        children = np.concatenate((left, right), axis=1)
        h = np.tanh(np.dot(children, W) + b)
        self.cache = {"children": children, "h": h}
        return h, np.dot(h, Ws) + bs

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

    def postorder(self, tree):
        if not tree.is_leaf:
            yield from self.postorder(tree.left)
            yield from self.postorder(tree.right)
        yield tree
