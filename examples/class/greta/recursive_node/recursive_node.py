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


ESCAPES: dict[str, str] = {"-LRB-": "(", "-RRB-": ")"}


def tokenize(text: str) -> list[tuple[str, int]]:
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


def is_label(token: str) -> bool:
    return all(c in "0123456789" for c in token)


def parse_tree(text: str) -> Tree:
    stack: list[Tree] = []
    expect = "open"
    root = None
    for token, position in tokenize(text):
        if root is not None:
            raise TreeError("text after the tree", position)
        if expect == "open":
            if token != "(":
                raise TreeError("expected (", position)
            expect = "label"
        elif expect == "label":
            if not is_label(token):
                raise TreeError("expected a label", position)
            stack.append(Tree(int(token)))
            expect = "word or open"
        elif expect == "word or open":
            if token == "(":
                expect = "label"
            elif token == ")":
                raise TreeError("node without content", position)
            else:
                stack[-1].word = ESCAPES.get(token, token)
                expect = "close"
        elif expect == "close":
            if token != ")":
                raise TreeError("expected )", position)
            node = stack.pop()
            if not stack:
                root = node
            elif stack[-1].left is None:
                stack[-1].left = node
                expect = "open"
            else:
                stack[-1].right = node
                expect = "close"
    if root is None:
        raise TreeError("text ends too early", len(text))
    return root


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
        dp_total = dp + ds @ Ws.T
        dz = dp_total * (1 - p ** 2)
        self.grads[0][...] = c.T @ dz
        self.grads[1][...] = dz
        dc = dz @ W.T
        d = p.shape[1]
        return dc[:, :d], dc[:, d:]


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

        def up(t: Tree) -> np.ndarray:
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

        def down(t: Tree, dp: np.ndarray) -> None:
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
