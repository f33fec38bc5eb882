# %% [markdown]
# # A long short-term memory, with its cell
#
# A plain recurrent network pushes its whole memory through a matrix and a tanh at every step. What
# it knew a while ago has been multiplied, squashed and mixed so often that little is left of it,
# and a gradient on its way back suffers the same fate. The *long short-term memory* adds a second
# state beside $h$: the *cell* $c$, which runs from step to step with nothing in its way but one
# multiplication and one addition. Three gates, numbers between 0 and 1 that the network computes
# for itself, decide what is written into the cell, what is kept of it, and what is shown of it.
#
# You will write one step of it, `LSTMUnit`, and then `LSTM`, which runs that step over whole
# sequences. In each of them `forward` computes states and `backward` carries gradients. The hard
# part is not any single formula. It is that two states leave each step and two gradients come
# back, and that each of them arrives by more than one way: count the ways, and add.

# %% [markdown]
# ## The step
#
# A batch is $B$ rows, vectors are rows, weights multiply from the right. One product makes the
# pre-activations of the three gates and of the candidate, side by side:
#
# $$ z = x W_x + h_{prev} W_h + b = [\, z_i \;|\; z_f \;|\; z_g \;|\; z_o \,] $$
#
# $$ i = \sigma(z_i) \qquad f = \sigma(z_f) \qquad g = \tanh(z_g) \qquad o = \sigma(z_o) $$
#
# $$ c = i \odot g + f \odot c_{prev} \qquad\qquad h = o \odot \tanh(c) $$
#
# where $\sigma(z) = 1 / (1 + e^{-z})$ and $\odot$ multiplies entry by entry. The four blocks stand
# in the order **i, f, g, o**, each $H$ columns wide. That is PyTorch's order; other libraries and
# courses have others, and no shape will tell you.
#
# | symbol | in the code | shape | what it is |
# |---|---|---|---|
# | $x$ | `x` | `[B, D]` | the input of this step, $D$ features a row |
# | $h_{prev}, h$ | `h_prev`, `h` | `[B, H]` | the hidden state, before and after: what others see |
# | $c_{prev}, c$ | `c_prev`, `c` | `[B, H]` | the cell, before and after: what is remembered |
# | $W_x$ | `Wx` | `[D, 4H]` | weights from the input |
# | $W_h$ | `Wh` | `[H, 4H]` | weights from the hidden state |
# | $b$ | `b` | `[1, 4H]` | bias, the same for every row of the batch |
# | $i, f, o$ | up to you | `[B, H]` | input, forget and output gate |
# | $g$ | up to you | `[B, H]` | the candidate: what could be written into the cell |
# | $V_o$ | `Vo` | `[H, H]` | weights of the peephole, which a unit may have or lack |
#
# ```graph name: step; alt: One step of the network, from x, h_prev and c_prev to h and c
# x -> mulx "@ Wx" -> sum "+"
# h_prev -> mulh "@ Wh" -> sum
# b -> sum
# sum -> i "i = σ(z_i)"
# sum -> f "f = σ(z_f)"
# sum -> g "g = tanh(z_g)"
# sum -> o "o = σ(z_o)"
# i, g -> write "×"
# f, c_prev -> keep "×"
# write, keep -> add "+" -> c -> tanh
# tanh, o -> show "×" -> h
# ```
#
# ### σ for every number
#
# A pre-activation of $-1000$ is unusual, but legal: after a bad weight update, or for an input that
# nobody normalised. $e^{1000}$ is no float64, so $\sigma$ as it stands in the formula overflows
# there, and numpy says so. Yours must neither warn nor return anything but the right number
# between 0 and 1. There are several ways to write the same function so that no large number ever
# appears; look for one that needs no case distinction.
#
# ### The peephole
#
# Made with a fourth weight matrix, `LSTMUnit(Wx, Wh, b, Vo)`, the output gate also looks into the
# cell, as it was **before** the step:
#
# $$ o = \sigma(z_o + c_{prev} V_o) $$
#
# Without `Vo` there is no such term. `params` and `grads` have a fourth entry exactly if there is
# a `Vo`.
#
# ## The way back through one step
#
# `backward` receives two gradients, `dh` for $h$ and `dc` for $c$, each from whatever used that
# state afterwards. It returns three, for `x`, `h_prev` and `c_prev`, and writes those of the
# weights into `self.grads`.
#
# 1. *Through the output.* $h = o \odot \tanh(c)$ has two factors; each gets `dh` times the other,
#    and the second one then goes on through a tanh to $c$.
# 2. *The cell.* $c$ was used twice: for $h$, in this very step, and by whoever received $c$. Where
#    one value goes two ways, its gradients add. Let $\delta c$ be the sum. Everything below
#    starts from it.
# 3. *Through the cell's sum.* $c = i \odot g + f \odot c_{prev}$ has four factors; each gets
#    $\delta c$ times the one beside it.
# 4. *Through the gates.* Each gate's gradient is multiplied by the slope of its function. Both
#    slopes can be had from the values: $\sigma' = \sigma (1 - \sigma)$ and $\tanh' = 1 - \tanh^2$.
#    Side by side, in the order of the blocks, they are $\delta z$, of shape `[B, 4H]`.
# 5. *Through the product.* From here on it is the plain network's step, with $4H$ columns.
#
# With a peephole, $z_o$ read one thing more. Ask what it read, and what its gradient therefore
# gets in addition.
#
# | gradient of | goes | shape |
# |---|---|---|
# | `x` | returned, first | `[B, D]` |
# | `h_prev` | returned, second | `[B, H]` |
# | `c_prev` | returned, third | `[B, H]` |
# | `Wx` | into `self.grads[0]` | `[D, 4H]` |
# | `Wh` | into `self.grads[1]` | `[H, 4H]` |
# | `b` | into `self.grads[2]` | `[1, 4H]` |
# | `Vo`, if there is one | into `self.grads[3]` | `[H, H]` |

# %% [markdown]
# ## The loop
#
# `LSTM` takes a batch of sequences, `xs` of shape `[B, T, D]`, row $n$ of step $t$ in `xs[n, t]`,
# and returns the hidden states of all steps, `hs` of shape `[B, T, H]`. The states of one step are
# the `h_prev` and `c_prev` of the next; all steps share one set of weights.
#
# ```graph name: loop; alt: Three steps of the loop, with both states carried from step to step
# h0, c0, x1 -> unit1 "step 1"
# unit1 -> h1, c1
# h1, c1, x2 -> unit2 "step 2"
# unit2 -> h2, c2
# h2, c2, x3 -> unit3 "step 3"
# unit3 -> h3, c3
# ```
#
# Backward walks the same picture from right to left, given `dhs`, the gradients of all hidden
# states, shape `[B, T, H]`. At each step, ask of both states where they went:
#
# $$ \delta h_t = \text{dhs}_t + \overleftarrow{\delta h}_t $$
#
# $$ \delta c_t = \overleftarrow{\delta c}_t + (\text{what comes to } c_t \text{ through } h_t) $$
#
# The terms with an arrow are the *carries*: what step $t+1$ hands back for its $h_{prev}$ and its
# $c_{prev}$. The second of them is $f_{t+1} \odot \delta c_{t+1}$, plus the peephole's share if
# there is a peephole. The last step has no successor, so both of its
# carries are zero. And since the same weights are used at every step, their gradients **sum** over
# the steps. A mean over steps belongs only to a loss that has $1/T$ in it, and then that factor is
# already inside `dhs`.
#
# What the first step hands back belongs to the states that the sequence began with. Keep it:
# `self.dh` and `self.dc`, both `[B, H]`.
#
# ### State
#
# - A forward starts from **zero states**, unless it has been given others.
# - `set_state(h, c)` gives it others, whether the layer is stateful or not. They are used by the
#   next forward, **once**.
# - With `stateful=True`, a forward leaves its last states for the next forward to begin with, so
#   that a long sequence can be fed in pieces.
# - `reset_state()` forgets whatever was set or carried: the next forward starts from zeros.
# - A state of another batch size than `xs` is an error that the caller has to hear of: raise a
#   `ValueError` that says so. Do not rely on numpy to do it. A state of one row fits any batch by
#   broadcasting, silently.

# %% [markdown]
# ## What to implement
#
# Fill in `sigmoid`, both passes of `LSTMUnit`, and `LSTM`. The constructors are given. The
# conventions are those of the whole course:
#
# - **Weight gradients are written into the arrays that are there**, `self.grads[i][...] = value`;
#   an optimiser holds these arrays. Those of `LSTM` are its own, not those of a unit.
# - **No accumulation over calls.** After `backward`, the gradients are those of the latest forward
#   alone. Summing over the steps of one sequence is another matter: it happens inside one call.
# - **`backward` may be called twice** after one `forward`, and gives the same answer.
# - **Arguments are read, never written**: no inputs, states, upstream gradients or weights.
# - **What you return is the caller's.** A state or a sequence of states that was returned must not
#   change when `forward` is called again.
# - **The numbers keep their type.** Float64 in, float64 out.
# - **No Python loop over entries.** One loop over time is all that `LSTM` needs.
#
# `LSTM` is easily built on `LSTMUnit`, and graded so that a slip in the unit does not cost the loop
# its marks: a loop that is right gets them on whatever unit it stands. You may also write the loop
# without the unit class.

# %%
import numpy as np


def sigmoid(z):
    """The logistic function 1 / (1 + exp(-z)) of each entry, for any finite z without overflow."""
    ### BEGIN SOLUTION
    return (1 + np.tanh(z / 2)) / 2
    ### END SOLUTION


class LSTMUnit:
    """One step of an LSTM, with a peephole from c_prev to the output gate if there is a Vo.

    Wx: [D, 4H], Wh: [H, 4H], b: [1, 4H]; the gates' columns stand in the order i, f, g, o.
    Vo: [H, H] or None.

    params: the list [Wx, Wh, b], or [Wx, Wh, b, Vo].
    grads: the gradients of a loss with respect to params, in the same order and shapes. `backward`
        writes into these arrays; it neither replaces them nor adds to them.
    cache: what the latest `forward` keeps for `backward`.
    """

    def __init__(self, Wx, Wh, b, Vo=None):
        self.params = [Wx, Wh, b] if Vo is None else [Wx, Wh, b, Vo]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def forward(self, x, h_prev, c_prev):
        """Take one step.

        x: [B, D], the inputs. h_prev, c_prev: [B, H], hidden state and cell before the step.
        Returns the pair (h, c), both [B, H]: hidden state and cell after it.
        """
        ### BEGIN SOLUTION
        Wx, Wh, b, *peephole = self.params
        z = x @ Wx + h_prev @ Wh + b  # [B, 4H]
        zi, zf, zg, zo = np.split(z, 4, axis=1)  # [B, H] each
        if peephole:
            zo = zo + c_prev @ peephole[0]
        i = sigmoid(zi)
        f = sigmoid(zf)
        g = np.tanh(zg)
        o = sigmoid(zo)
        c = i * g + f * c_prev  # [B, H]
        h = o * np.tanh(c)  # [B, H]
        self.cache = (x, h_prev, c_prev, i, f, g, o, c)
        return h, c
        ### END SOLUTION

    def backward(self, dh, dc):
        """Carry gradients back through the latest step.

        dh, dc: [B, H], the gradients of the loss with respect to h and to c, each from all that
        used that state after this step.
        Returns the triple (dx, dh_prev, dc_prev), dx: [B, D], the others [B, H], and writes the
        gradients with respect to the weights into the arrays of self.grads.
        """
        ### BEGIN SOLUTION
        Wx, Wh, _, *peephole = self.params
        x, h_prev, c_prev, i, f, g, o, c = self.cache
        tanh_c = np.tanh(c)
        do = dh * tanh_c
        dc_all = dc + dh * o * (1 - tanh_c**2)  # [B, H], c is read by h and by the next step
        di = dc_all * g
        df = dc_all * c_prev
        dg = dc_all * i
        dzi = di * i * (1 - i)  # sigma' = sigma (1 - sigma)
        dzf = df * f * (1 - f)
        dzg = dg * (1 - g**2)  # tanh' = 1 - tanh^2
        dzo = do * o * (1 - o)
        dz = np.hstack((dzi, dzf, dzg, dzo))  # [B, 4H]
        self.grads[0][...] = x.T @ dz  # [D, 4H]
        self.grads[1][...] = h_prev.T @ dz  # [H, 4H]
        self.grads[2][...] = dz.sum(axis=0)  # [4H], fills the one row of [1, 4H]
        dx = dz @ Wx.T  # [B, D]
        dh_prev = dz @ Wh.T  # [B, H]
        dc_prev = dc_all * f  # [B, H]
        if peephole:
            self.grads[3][...] = c_prev.T @ dzo  # [H, H]
            dc_prev = dc_prev + dzo @ peephole[0].T
        return dx, dh_prev, dc_prev
        ### END SOLUTION


# %% [markdown]
# The unit can be checked before the loop is begun: `grader check lstm` marks the two apart.


# %%
class LSTM:
    """An LSTM over whole sequences: the same step, with the same weights, at every time.

    Wx, Wh, b, Vo: as in LSTMUnit. stateful: whether a forward begins where the last one ended.

    params, grads: as in LSTMUnit; the gradients are sums over all steps.
    h, c: the states that the next forward begins with, [B, H] each, or None for zeros.
    dh, dc: the gradients with respect to the initial states of the latest forward, [B, H] each,
        as the latest `backward` found them.
    cache: what the latest `forward` keeps for `backward`.
    """

    def __init__(self, Wx, Wh, b, Vo=None, stateful=False):
        self.params = [Wx, Wh, b] if Vo is None else [Wx, Wh, b, Vo]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.stateful = stateful
        self.h, self.c = None, None
        self.dh, self.dc = None, None
        self.cache = None

    def set_state(self, h, c):
        """Let the next forward begin with the states h and c, [B, H] each."""
        ### BEGIN SOLUTION
        self.h, self.c = h, c
        ### END SOLUTION

    def reset_state(self):
        """Let the next forward begin with zeros."""
        ### BEGIN SOLUTION
        self.h, self.c = None, None
        ### END SOLUTION

    def forward(self, xs):
        """Run over a batch of sequences.

        xs: [B, T, D]. Returns hs: [B, T, H], the hidden state after each step.
        Raises ValueError if the states to begin with have another number of rows than xs.
        """
        ### BEGIN SOLUTION
        rows, steps, _ = xs.shape
        h, c = self.h, self.c
        if h is None:
            h = np.zeros((rows, len(self.params[1])), dtype=xs.dtype)  # [B, H]
            c = np.zeros_like(h)
        if len(h) != rows:
            raise ValueError(
                f"The state has {len(h)} rows and xs has {rows}. "
                "Call reset_state before a batch of another size."
            )
        units = []
        hs = []
        for t in range(steps):
            unit = LSTMUnit(*self.params)
            h, c = unit.forward(xs[:, t], h, c)
            units.append(unit)
            hs.append(h)
        self.cache = units
        self.h, self.c = (h, c) if self.stateful else (None, None)
        return np.stack(hs, axis=1)  # [B, T, H]
        ### END SOLUTION

    def backward(self, dhs):
        """Carry gradients back through all steps of the latest forward.

        dhs: [B, T, H], the gradients of the loss with respect to hs.
        Returns dxs: [B, T, D]; writes the gradients with respect to the weights into self.grads,
        and leaves those with respect to the initial states in self.dh and self.dc.
        """
        ### BEGIN SOLUTION
        dh = np.zeros_like(dhs[:, 0])  # [B, H], what the step after hands back: nothing yet
        dc = np.zeros_like(dh)
        dxs = []
        for grad in self.grads:
            grad[...] = 0
        for t in reversed(range(len(self.cache))):
            unit = self.cache[t]
            dx, dh, dc = unit.backward(dhs[:, t] + dh, dc)
            dxs.append(dx)
            for grad, of_step in zip(self.grads, unit.grads, strict=True):
                grad += of_step
        self.dh, self.dc = dh, dc
        return np.stack(dxs[::-1], axis=1)  # [B, T, D]
        ### END SOLUTION


# %% [markdown]
# ## Check your work
#
# ```text
# grader check lstm
# ```
#
# runs your file on the public cases. For each check it says whether it holds and, where it does
# not, which answer is off and what to look at. With `--watch` it runs again each time you save. The
# cases you are graded on have other sizes and other numbers; the checks are the same.
#
# A gradient is compared with the right one and also with the slope of *your own* `forward`,
# measured numerically. So if your `forward` has a slip and your `backward` is the true gradient of
# that `forward`, the gradients still earn marks. What is built on something wrong is judged on that
# wrong thing: the loop on your own unit, the peephole on your own unit without one.
#
# Measuring slopes is a fine way to *test* a `backward`, but it is no way to write one. Two
# checks time `backward` with a great many weights. For tests of your own, the complex step is
# better still: add $10^{-30} \sqrt{-1}$ to one entry, run `forward`, and the slope is the
# imaginary part over $10^{-30}$, with nothing subtracted and hence nothing lost.
#
# ## Where it goes wrong
#
# - **Two gradients, one cell.** Most wrong gradients of an LSTM come from forgetting one of the two
#   ways out of $c$, in one of the places where it counts. Write down who reads $c$ and who reads
#   $h$, and make sure that each reader sends something back.
# - **A right step, a wrong loop.** On sequences of one step the carries are zero, so a loop that
#   drops them looks perfect there.
# - **Which cell?** The forget gate multiplies $c_{prev}$, the tanh takes $c$. One letter, two
#   arrays, four places.
# - **Values and slopes.** The gates' values appear in `backward` as factors, and again inside
#   their own slopes. A gate that is multiplied in once too few is hard to see on the page.
# - **One name more is not one array more.** `c = c_prev` and then `c *= f` has changed `c_prev`,
#   which `backward` still needs and which belongs to the caller. An array made once and filled at
#   each step is the same trap: all the steps' caches then show the last step.
# - **The order of the blocks.** If all four are split in one order and joined in another, shapes
#   agree and everything is wrong. If both are in the same wrong order, your gradients are right
#   for your forward, and your forward is another network.
# - **One unit for all steps** keeps only the last step's cache.
#
# ## Where books and pages differ from what you need here
#
# - *A widely used online notebook* prints wrong expected values for the backward pass of its LSTM:
#   it drops both carries, that of $h$ and that of $c$. If your gradients differ from such a page,
#   do not bend your code until they agree. Never take expected values from a page; compute them.
#   The reference of this exercise is held against the complex step, to twelve digits and more.
# - *The peephole.* In most papers since Gers and Schmidhuber, peepholes are one weight for each
#   unit, multiplied in entry by entry, at all three gates, and the output gate reads the **new**
#   cell $c_t$. Here, as in some course notes, there is one peephole, at the output gate; it reads
#   the **old** cell $c_{t-1}$, and through a full matrix. The gradients are different ones.
# - *The order of the gates.* i, f, g, o here and in PyTorch; i, f, o, g and f, g, i, o in
#   well-known course material. Weights carried from one to the other have to be reordered.
# - *The gradient of the cell* is often printed for the last step, where no carry arrives.
#   $\partial L / \partial c_t$ includes the carry from $t+1$, which is
#   $f_{t+1} \odot \partial L / \partial c_{t+1}$, *and* the path through $h_t$.
# - *How far it reaches.* Carried back $p$ steps by the forget gates alone, from $t$ to $t - p$, a
#   gradient is multiplied by $\prod f_n$ for $n$ from $t - p + 1$ to $t$. Slides tend to be off by
#   one here. All $f_n$ near 1 is what makes the memory long; nothing guarantees it.
# - *Sum or mean over time.* "Take the mean of the per-step gradients" contradicts a loss that is a
#   sum over steps.
# - *A bias of 1 for the forget gate* is a good start for training. It is a value of `b`, not a
#   term of the formula.
#
# ## Further reading
#
# - S. Hochreiter, J. Schmidhuber, *Long short-term memory*, Neural Computation 9(8), 1997. The
#   original has no forget gate.
# - F. A. Gers, J. Schmidhuber, F. Cummins, *Learning to forget: continual prediction with LSTM*,
#   Neural Computation 12(10), 2000. Here it gets one.
# - F. A. Gers, J. Schmidhuber, *Recurrent nets that time and count*, IJCNN 2000: the peephole.
# - A. Graves, J. Schmidhuber, *Framewise phoneme classification with bidirectional LSTM and other
#   neural network architectures*, Neural Networks 18, 2005: the full gradient through time, which
#   the earlier papers truncated.
# - K. Greff, R. K. Srivastava, J. Koutník, B. R. Steunebrink, J. Schmidhuber, *LSTM: a search space
#   odyssey*, IEEE Transactions on Neural Networks and Learning Systems 28(10), 2017: which of its
#   pieces matter.
# - R. Jozefowicz, W. Zaremba, I. Sutskever, *An empirical exploration of recurrent network
#   architectures*, ICML 2015: on the bias of the forget gate, among other things.
