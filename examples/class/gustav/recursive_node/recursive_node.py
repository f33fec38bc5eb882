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


ESCAPES = {"-LRB-": "(", "-RRB-": ")"}


def tokenize(text):
    """A list of (token, position)."""
    tokens = []
    i = 0
    while i < len(text):
        if text[i].isspace():
            i += 1
        elif text[i] in "()":
            tokens.append((text[i], i))
            i += 1
        else:
            j = i
            while j < len(text) and text[j] not in "()" and not text[j].isspace():
                j += 1
            tokens.append((text[i:j], i))
            i = j
    return tokens


def is_label(token):
    return all(c in "0123456789" for c in token)


def parse_tree(text):
    tokens = tokenize(text)
    tree, k = parse_node(tokens, 0, len(text))
    if k < len(tokens):
        raise TreeError("something follows the tree", tokens[k][1])
    return tree


def parse_node(tokens, k, end):
    # liest den Knoten ab Token k, zurueck kommen der Knoten und die Nummer des naechsten Tokens
    k = expect(tokens, k, "(", end)
    if k == len(tokens):
        raise TreeError("no label", end)
    if not is_label(tokens[k][0]):
        raise TreeError("not a label", tokens[k][1])
    zahl = int(tokens[k][0])
    k += 1
    if k == len(tokens):
        raise TreeError("no content", end)
    if tokens[k][0] == ")":
        raise TreeError("no content", tokens[k][1])
    if tokens[k][0] == "(":
        left, k = parse_node(tokens, k, end)
        right, k = parse_node(tokens, k, end)
        node = Tree(zahl, left=left, right=right)
    else:
        node = Tree(zahl, word=ESCAPES.get(tokens[k][0], tokens[k][0]))
        k += 1
    return node, expect(tokens, k, ")", end)


def expect(tokens, k, bracket, end):
    if k == len(tokens):
        raise TreeError("missing " + bracket, end)
    if tokens[k][0] != bracket:
        raise TreeError("expected " + bracket, tokens[k][1])
    return k + 1


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
        dp_gesamt = dp + ds @ Ws.T
        delta = dp_gesamt * (1 - p ** 2)
        self.grads[0][...] = c.T @ delta
        self.grads[1][...] = delta
        dc = delta @ W.T
        d = p.shape[1]
        return dc[:, :d], dc[:, d:]


class RecursiveNet:
    def __init__(self, E, W, b, Ws, bs):
        self.params = [E, W, b, Ws, bs]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def postorder(self, tree):
        if not tree.is_leaf:
            yield from self.postorder(tree.left)
            yield from self.postorder(tree.right)
        yield tree

    def forward(self, tree):
        E = self.params[0]
        K = self.params[4].shape[1]
        nodes = list(self.postorder(tree))
        vectors = {}
        merges = {}
        scores = np.zeros((len([t for t in nodes if not t.is_leaf]), K))
        row = 0
        for t in nodes:
            if t.is_leaf:
                vectors[t] = E[t.word].reshape(1, -1)
            else:
                merges[t] = RecursiveNode(*self.params[1:])
                vectors[t], s = merges[t].forward(vectors[t.left], vectors[t.right])
                scores[row] = s[0]
                row += 1
        self.cache = (nodes, merges)
        return scores

    def backward(self, dscores):
        nodes, merges = self.cache
        for grad in self.grads:
            grad[...] = 0
        errors = {nodes[-1]: np.zeros_like(self.params[0][:1])}
        row = len(dscores)
        for t in reversed(nodes):
            if t.is_leaf:
                self.grads[0][t.word] += errors[t][0]
            else:
                row -= 1
                errors[t.left], errors[t.right] = merges[t].backward(errors[t], dscores[row].reshape(1, -1))
                for i in range(4):
                    self.grads[i + 1] += merges[t].grads[i]
