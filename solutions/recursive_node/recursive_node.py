# %% [markdown]
# # A recursive network on a parse tree
#
# A recurrent network reads a sentence from left to right, one word after the other. A *recursive*
# network follows its grammar: two neighbouring words are merged into a phrase, two phrases into a
# longer one, until one vector stands for the whole sentence. Words and phrases have vectors of the
# same size, so the same small network does every merge, and at each phrase it also says something
# about it: in the movie reviews of the Stanford Sentiment Treebank, a score for each of five
# classes from very negative to very positive. *The actors* may be neutral, *hardly act* is not.
#
# You will write the three parts that this takes: a parser that makes a tree out of the bracketed
# text that treebanks come in, one merge with its way forward and back, and the network that merges
# its way up a whole tree and carries gradients back down to every word. The last part is where
# courses and their students go wrong most often: each phrase is judged by itself *and* is used by
# the phrase above it, and each of the two sends a gradient.

# %% [markdown]
# ## The text of a tree
#
# ```text
# (4 (2 (2 The) (2 actors)) (3 (4 (2 are) (4 brilliant)) (2 .)))
# ```
#
# Every node is written `(label content)`. The content is either one word, and the node is a
# *leaf*, or exactly two nodes, its left and its right child, and the node is a *parent*. In full:
#
# - The brackets `(` and `)` always stand for themselves. White space of any kind and amount may
#   stand between tokens and at both ends. Beside a bracket there need not be any: `(2 a)` may be
#   written `( 2 a )`, and two nodes may stand wall to wall. Everything between brackets and white
#   space is one token.
# - A **label** is a whole number written in the digits 0 to 9, as many as it takes: `3`, `17`,
#   `1024`. No sign, no point.
# - A **word** is any token that is no bracket: `actors`, `n't`, `1997`, `...`, `café`. It is kept
#   to the letter, as a `str`. Two words are written with an escape, since a bracket cannot stand
#   for a word: the word `(` is written `-LRB-`, and `)` is written `-RRB-`. The parser gives back
#   `(` and `)`, for these two tokens as a whole and for no others.
# - The text holds one tree and nothing else.
# - The tree may be **nested to any depth**. Whoever calls the parser did not write the text, and a
#   text of a few thousand brackets must not end it. Python gives up on functions that call
#   themselves about a thousand times; a list that serves as a stack knows no such limit.
#
# Anything else is malformed, and raises a `TreeError`, which is given, with the position of the
# mistake. That is the index in the text of the first character of **the first token that cannot
# stand where it stands**, or `len(text)` if all is well but the text ends too soon.
#
# | text | position | why |
# |---|---:|---|
# | `(2 The` | 6 | it ends before the bracket is closed |
# | `(3 (2 The) (2 actors)` | 21 | the same, one level up |
# | an empty text, or two blanks | 0, 2 | there is no tree; it ends before one begins |
# | `(3 (2 The))` | 10 | a node with one child: a second one is due where the last bracket is |
# | `(3 (2 a) (2 b) (2 c))` | 15 | a third child |
# | `(2 The actors)` | 7 | a second word in a leaf |
# | `(3 The (2 actors))` | 7 | a word and a node side by side |
# | `(3)` | 2 | no content |
# | `((2 The) (2 actors))` | 1 | the label is missing |
# | `(NP (2 The) (2 actors))`, `(-1 The)` | 1 | that is no label |
# | `(2 The))`, `(2 The) actors` | 7, 8 | something follows the tree |
# | `The` | 0 | a tree begins with a bracket |

# %% [markdown]
# ## One merge
#
# Vectors are rows and weights multiply from the right. With $d$ numbers in a vector and $K$
# classes,
#
# $$ c = [\,\mathit{left} \;;\; \mathit{right}\,] \qquad z = c\, W + b \qquad p = \tanh(z) $$
#
# $$ s = p\, W_s + b_s $$
#
# | symbol | in the code | shape | what it is |
# |---|---|---|---|
# | left, right | `left`, `right` | `[1, d]` | the vectors of the two children |
# | $c$ | up to you | `[1, 2d]` | both in one row, left first |
# | $W$ | `W` | `[2d, d]` | weights of the merge |
# | $b$ | `b` | `[1, d]` | its bias |
# | $p$ | `p` | `[1, d]` | the vector of the parent |
# | $W_s$ | `Ws` | `[d, K]` | weights of the score |
# | $b_s$ | `bs` | `[1, K]` | its bias |
# | $s$ | `s` | `[1, K]` | the scores of the parent, before any softmax |
#
# ```graph name: merge
# alt: One merge. The children are joined, times W, plus b, through tanh: that is p. It goes to the
# alt: node above and, times Ws plus bs, gives the scores s.
# left, right -> join "[ ; ]" -> mulw "@ W" -> add "+" -> tanh -> p
# b -> add
# p -> mulws "@ Ws" -> adds "+" -> s
# bs -> adds
# p -> above "node above"
# join: op
# p: data
# ```
#
# ### The way back
#
# `backward` receives two gradients of a loss $L$: `dp`, what the node above hands down for the
# vector $p$, and `ds`, what the loss says about this node's own scores. Walk the picture from
# right to left.
#
# 1. *The score.* It is a plain linear layer. From `ds` follow the gradients of `Ws` and `bs`, and
#    the share of the gradient of $p$ that comes through the scores.
# 2. *The vector.* $p$ leaves the node by two ways, so the gradient of $p$ is a **sum of two**.
# 3. *Through the tanh.* Each entry of that sum is multiplied by the slope of tanh at that entry,
#    $1 - \tanh(z)\tanh(z)$. This is the gradient of $z$, and all that is left starts from it.
# 4. *Through the product.* Written out for entry $j$ of the new vector,
#
#    $$ z_{j} = \sum_{i=1}^{2d} c_{i} W_{ij} + b_{j} $$
#
#    Ask for each entry of `W`, `b` and $c$ which $z_{j}$ it takes part in, and with what factor.
# 5. *Through the joining.* The gradient of $c$ has $2d$ entries. Which belong to left, which to
#    right?
#
# ## A whole tree
#
# ```graph name: tree
# alt: A tree of three words with two parents. Solid arrows lead up from the words, dashed ones
# alt: back down: the lower parent gets a gradient from its own scores and one from the node above.
# The, actors -> p1 -> s1
# p1, shine -> p2 -> s2
# s1 --> p1
# s2 --> p2
# p2 --> p1
# p1: data
# p2: data
# ```
#
# A leaf is the row of `E` that belongs to its word: `E[word]`, and nothing is applied to it. Each
# parent merges the vectors of its two children, all with the same `W`, `b`, `Ws` and `bs`. The
# scores of all parents are stacked in **post-order**: all parents of the left subtree first, then
# all of the right one, then the node itself. So the root comes last, and a parent never before one
# that it is made of.
#
# On the way back the parents come the other way round. The root has nobody above it, so its `dp`
# is zero. Every other node gets its `dp` from the merge that used it, and every parent has a row
# of `dscores` besides. The weights are shared by all merges and their gradients **add up**. The
# gradient of `E` is zero but in the rows of the tree's words, and a word that stands in the tree
# twice gets the sum of both.

# %% [markdown]
# ## What to implement
#
# `TreeError` and `Tree` are given, and so are the constructors. The parser and the two classes do
# not need one another to be marked, so begin with whichever you like.
#
# - `parse_tree(text)` returns a `Tree` whose leaves hold words as texts.
# - `RecursiveNode.forward` and `.backward`: one merge.
# - `RecursiveNet.forward` and `.backward`: a whole tree. Here the leaves hold the number of a
#   word, the row of `E` that belongs to it; numbering the words of a treebank is a matter of one
#   dict and no part of the exercise. Use `RecursiveNode` for the merges, one for each parent: then
#   the network is judged with the merge as *you* wrote it, and a slip in the merge costs only
#   once. These trees are at most 200 levels deep, so a function may call itself for each child. A
#   tree that is one single leaf has no parents: its scores have shape `[0, K]`, and all gradients
#   are zero.
#
# | gradient of | goes | shape |
# |---|---|---|
# | `left`, `right` | returned by `RecursiveNode.backward`, in this order | `[1, d]` each |
# | `W`, `b`, `Ws`, `bs` | into `grads[0]` to `grads[3]` of a `RecursiveNode` | as the weights |
# | `E`, `W`, `b`, `Ws`, `bs` | into `grads[0]` to `grads[4]` of a `RecursiveNet` | as the weights |
#
# The conventions are those of the whole course:
#
# - **Weight gradients are written into the arrays that are there**, `self.grads[i][...] = value`.
#   An optimiser holds these arrays; it does not see others that you put in their place.
# - **No accumulation over calls.** After `backward` of a network, its gradients are the sums over
#   the nodes of *this* tree, whatever was computed before.
# - **`backward` may be called twice** after one `forward`, and gives the same answer.
# - **Arguments are read, never written**: not the vectors, not the upstream gradients, not the
#   weights, and not the label, word and children of any node of the tree.
# - **The numbers keep their type**, and vectors stay rows of shape `[1, d]`.

# %%
import numpy as np


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
    ### BEGIN SOLUTION
    tokens = []  # pairs: a bracket or a run of other characters, and its position
    start = 0
    for at, character in enumerate(text + " "):  # the blank ends the last token
        if character in "()" or character.isspace():
            if start < at:
                tokens.append((text[start:at], start))
            if not character.isspace():
                tokens.append((character, at))
            start = at + 1

    escaped = {"-LRB-": "(", "-RRB-": ")"}
    path = []  # the nodes that are open, from the root down
    due = "tree"  # what may come next: a tree, a label, its content, a closing bracket, the end
    for token, at in tokens:
        if token == "(" and due in ("tree", "content"):
            due = "label"
        elif token == ")" and due == "closing bracket":
            node = path.pop()
            if not path:
                due = "end"
            elif path[-1].left is None:
                path[-1].left = node
                due = "tree"
            else:
                path[-1].right = node
        elif due == "label" and not token.strip("0123456789"):
            path.append(Tree(int(token)))
            due = "content"
        elif due == "content" and token != ")":
            path[-1].word = escaped.get(token, token)
            due = "closing bracket"
        else:
            raise TreeError(f"{token} stands where the {due} is due", at)
    if due != "end":
        raise TreeError(f"The text ends before the {due}", len(text))
    return node
    ### END SOLUTION


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
        ### BEGIN SOLUTION
        W, b, Ws, bs = self.params
        c = np.concatenate((left, right), axis=1)  # [1, 2d]
        p = np.tanh(c @ W + b)  # [1, d]
        s = p @ Ws + bs  # [1, K]
        self.cache = (c, p)
        return p, s
        ### END SOLUTION

    def backward(self, dp, ds):
        """Carry two gradients back through the latest merge.

        dp: [1, d], the gradient of the loss with respect to p that the node above hands down.
        ds: [1, K], the gradient with respect to s.
        Returns the pair (dleft, dright), [1, d] each, and writes the gradients with respect to
        W, b, Ws and bs into the four arrays of self.grads.
        """
        ### BEGIN SOLUTION
        W, _, Ws, _ = self.params
        c, p = self.cache
        dp = dp + ds @ Ws.T  # [1, d], from the node above and from the node's own scores
        dz = dp * (1 - p**2)  # [1, d], tanh' = 1 - tanh^2
        self.grads[0][...] = c.T @ dz  # [2d, d]
        self.grads[1][...] = dz
        self.grads[2][...] = p.T @ ds  # [d, K]
        self.grads[3][...] = ds
        dc = dz @ W.T  # [1, 2d]
        d = p.shape[1]
        return dc[:, :d], dc[:, d:]
        ### END SOLUTION


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
        ### BEGIN SOLUTION
        E, *weights = self.params
        order = []  # all nodes, first from the root down, then turned round into post-order
        waiting = [tree]
        while waiting:
            node = waiting.pop()
            order.append(node)
            if not node.is_leaf:
                waiting += [node.left, node.right]
        order.reverse()

        merges = []  # one for each parent
        scores = [E[:0] @ weights[2]]  # [0, K], for a tree without parents
        vectors = []  # of the subtrees that are done and not yet merged
        for node in order:
            if node.is_leaf:
                p = E[[node.word]]  # [1, d]
            else:
                right = vectors.pop()
                left = vectors.pop()
                merge = RecursiveNode(*weights)
                p, s = merge.forward(left, right)
                merges.append(merge)
                scores.append(s)
            vectors.append(p)
        self.cache = (order, merges)
        return np.concatenate(scores)  # [P, K]
        ### END SOLUTION

    def backward(self, dscores):
        """Carry the gradients of all scores back through the latest tree.

        dscores: [P, K], the gradient of the loss with respect to the scores.
        Returns nothing; writes the gradients with respect to E, W, b, Ws and bs into the five
        arrays of self.grads.
        """
        ### BEGIN SOLUTION
        order, merges = self.cache
        for grad in self.grads:
            grad[...] = 0
        dE, *dweights = self.grads
        handed_down = [np.zeros_like(dE[:1])]  # [1, d] each; nobody is above the root
        k = len(merges)
        for node in reversed(order):  # a parent, then its right subtree, then its left one
            dp = handed_down.pop()
            if node.is_leaf:
                dE[[node.word]] += dp
            else:
                k -= 1
                dleft, dright = merges[k].backward(dp, dscores[k : k + 1])
                for grad, share in zip(dweights, merges[k].grads, strict=True):
                    grad += share
                handed_down += [dleft, dright]
        ### END SOLUTION


# %% [markdown]
# ## Check your work
#
# ```text
# grader check recursive_node
# ```
#
# runs your file on the public cases. For each check it says whether it holds and, where it does
# not, which answer is off and what to look at. With `--watch` it runs again each time you save.
# The cases you are graded on have other trees and other numbers; the checks are the same.
#
# The merge is marked by itself. The network is marked with the merge in it: where your merge has a
# slip, the network is compared with what a right network would make of *your* merge. A gradient is
# compared with the right one and also with the slope of your own `forward`, so a true gradient of
# a wrong `forward` still earns marks.
#
# Measuring slopes is a fine way to *test* a `backward`, but no way to write one: it runs `forward`
# twice for each single weight. Some checks take the time of `backward` on larger weights and
# trees.

# %% [markdown]
# ## Where it goes wrong
#
# - **Two gradients meet at every phrase.** Cover one of the two dashed arrows at `p1` in the
#   picture of the tree and ask what the weights would still learn. Then look at your code for
#   both.
# - **Before or after the tanh?** The score reads $p$, which has been through the tanh. Anything
#   that comes back through the score has yet to pass it.
# - **Left is left.** Order matters three times: when the children are joined, when the joint
#   gradient is cut in two, and when a stack gives back last what it was given first.
# - **A word is not a merge.** There is no tanh at a leaf, so there is no slope of tanh either.
# - **One set of weights, many merges; one row of `E`, many places.** What is used more than once
#   collects a gradient from each use, and starts from zero in each `backward`.
# - **One cache, many merges.** What `forward` keeps for one parent must still be there when
#   `backward` comes to it, although other parents came after.
# - **An index into what?** A parser that pads brackets with blanks, or splits the text, has pieces
#   that no longer know where they stood in the text that the caller gave.
# - **The end of the text** is a place where things go wrong, too. An `IndexError` is no position.
#
# ## Where books and slides differ from what you need here
#
# - *Columns or rows.* Most material writes $p = \tanh(W [\mathit{left}; \mathit{right}] + b)$ with
#   columns and a $W$ of $d$ rows and $2d$ columns. In rows it has $2d$ rows and $d$ columns, and
#   every product stands the other way round. The gradient of $W_s$, an outer product either way,
#   is one of a column with a row; look at which vector has to be which.
# - *Gradients "at each node" in one formula.* Some slides give the error of a node from the
#   scores, others the one from its parent, each called δ. A node needs both. Do not rely on a test
#   with a single pair of words: nothing there is handed down, so nothing can be missed. The
#   gradient check that came with one widely copied assignment passes without the parent's share,
#   and with the two halves swapped.
# - *Slopes at the leaves.* Formulas that carry one δ from node to node multiply by a slope at
#   every child. That is right if the child is a merge. With word vectors near zero the slope is
#   nearly 1 and the mistake nearly invisible.
# - *Means.* Dividing by the number of nodes belongs to a loss that is a mean over nodes; it is
#   then already in `dscores`. The network does not know the loss.
# - *Unary nodes.* Many treebanks have them, `(S (VP ...))`, and need other rules. In this format
#   every node has one word or two children.
# - *A stack of Python calls is finite.* A parser that calls itself for each bracket is short and
#   right until the nesting nears a thousand.
#
# ## Further reading
#
# - J. B. Pollack, *Recursive distributed representations*, Artificial Intelligence 46, 1990: trees
#   in vectors of fixed size.
# - C. Goller, A. Küchler, *Learning task-dependent distributed representations by backpropagation
#   through structure*, ICNN 1996: the backward pass of this exercise.
# - R. Socher, C. C. Lin, A. Y. Ng, C. D. Manning, *Parsing natural scenes and natural language
#   with recursive neural networks*, ICML 2011: the merge with a score.
# - R. Socher et al., *Recursive deep models for semantic compositionality over a sentiment
#   treebank*, EMNLP 2013: the treebank, its five classes, and a stronger merge.
# - K. S. Tai, R. Socher, C. D. Manning, *Improved semantic representations from tree-structured
#   long short-term memory networks*, ACL 2015: what an LSTM is to a step, for trees.
