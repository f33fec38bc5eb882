# %% [markdown]
# # Backpropagation through time
#
# One step of a recurrent network turns an input and a state into the next state. A sequence is
# read by taking that step again and again, always with the same weights, each time starting from
# the state where the last step ended. Unrolled like this, the network is an ordinary feed-forward
# one, as deep as the sequence is long, with two peculiarities: all its layers share their
# weights, and every layer has an output of its own. Both have a simple consequence for the way
# back, and the two together are all there is to *backpropagation through time*.
#
# You will write a class that reads whole sequences: `forward`, which returns the states of all
# steps, and `backward`, which is handed a gradient for each of these states and works out the
# gradient with respect to every input of every step, the initial state, both matrices and the
# bias. Long texts do not fit into one sequence, so the class can also be *stateful*: it then
# carries its last state over to the next call, and a text can be read in chunks.
#
# ## All the steps
#
# A batch holds $B$ sequences of $T$ steps with $I$ features each; the batch is the first axis and
# time the second. With $t = 0, \dots, T - 1$ as in the code, and $h_{-1}$ for the state before
# the first step:
#
# $$ z_t = h_{t-1} W_h + x_t W_x + b $$
#
# $$ h_t = \tanh(z_t) $$
#
# | symbol | in the code | shape | what it is |
# |---|---|---|---|
# | $x_t$ | `xs[:, t]` | `[B, I]` | the input of step $t$; `xs` is `[B, T, I]` |
# | $h_t$ | `hs[:, t]` | `[B, H]` | the state after step $t$; `hs` is `[B, T, H]` |
# | $h_{-1}$ | up to you | `[B, H]` | the initial state |
# | $W_x$ | `Wx` | `[I, H]` | weights from the input, the same in all steps |
# | $W_h$ | `Wh` | `[H, H]` | weights from the state before, the same in all steps |
# | $b$ | `b` | `[1, H]` | bias, the same in all rows and all steps |
#
# ```graph name: unrolled; alt: Three steps in a row.
# alt: Each reads an input, the state before it and the weights that they share.
# alt: Each state is copied: one copy leaves as an entry of hs, the other goes on into the next
# alt: step.
# h0 "initial state" -> step0 "step 0"
# x0 "xs[:, 0]" -> step0
# W "Wx, Wh, b" -> step0
# step0 -> copy0 "copy" -> y0 "hs[:, 0]"
# copy0 -> step1 "step 1"
# x1 "xs[:, 1]" -> step1
# W -> step1
# step1 -> copy1 "copy" -> y1 "hs[:, 1]"
# copy1 -> step2 "step 2"
# x2 "xs[:, 2]" -> step2
# W -> step2
# step2 -> y2 "hs[:, 2]"
# step0: op
# step1: op
# step2: op
# ```
#
# ## The way back
#
# `backward` receives `dhs`, shape `[B, T, H]`: in `dhs[:, t]` stands how the loss changes with the
# output of step $t$, *as the layer above sees it*. Steps that the loss does not look at have zeros
# there. Three observations turn the picture into a program.
#
# 1. *A copy forward is a sum back.* The state $h_t$ goes two ways: up, out of the network, and on,
#    into the next step. If it changes a little, the loss changes by both ways, and the two
#    changes add. Hence the gradient with respect to $h_t$ is `dhs[:, t]` *plus* what the next step
#    hands back. Behind the last step there is no next one.
# 2. *One step back is what you know already.* From the gradient with respect to $h_t$ a single
#    step gives those with respect to $x_t$, to $h_{t-1}$, and its share in the gradients of the
#    weights. The one for $h_{t-1}$ is what gets handed to the step before; so steps are taken from
#    the last to the first, each waiting for the one after it.
# 3. *Sharing is copying too.* All steps read the same $W_x$, $W_h$ and $b$. If a weight changes a
#    little, it changes in every step, and the effects add: the gradient of a shared weight is the
#    **sum** of the steps' shares.
#
# ```graph name: back; alt: One step on the way back.
# alt: dhs at step t and the gradient from step t + 1 are added to the gradient of the state.
# alt: The step makes of it the gradient of its input, its share in those of the weights, which
# alt: are summed over time, and the gradient that goes to step t - 1.
# up "dhs[:, t]" --> add "+"
# later "from step t + 1" --> add
# add --> dh "gradient of h_t" --> step "step t, back"
# step --> down "dxs[:, t]"
# step --> weights "sum over t" --> grads "dWx, dWh, db"
# step --> earlier "to step t - 1"
# step: op
# weights: op
# ```
#
# When the first step has been undone, what is left over is the gradient with respect to the
# initial state. Whoever supplied that state, an encoder for example, wants to know it, so it is
# kept in the attribute `dh`.
#
# | gradient of | is | goes | shape |
# |---|---|---|---|
# | `xs` | `dxs` | returned | `[B, T, I]` |
# | the initial state | | into `self.dh` | `[B, H]` |
# | `Wx` | `dWx` | into `self.grads[0]` | `[I, H]` |
# | `Wh` | `dWh` | into `self.grads[1]` | `[H, H]` |
# | `b` | `db` | into `self.grads[2]` | `[1, H]` |

# %% [markdown]
# ## What to implement
#
# Fill in the four methods of `RNN`. The constructor is given. You may write a class for a single
# step and use it, or put all in one loop; nothing outside of `RNN` is looked at.
#
# - `forward(xs)` returns `hs` and keeps in `self.cache` what `backward` will need.
# - `backward(dhs)` returns `dxs`, fills the arrays of `self.grads`, and sets `self.dh`.
# - `set_state(h)` says which state the next `forward` starts from.
# - `reset_state()` takes that back: the next `forward` starts from zeros.
#
# **The state.** `self.state` is what the next `forward` starts from, or `None` for zeros.
#
# | | the next `forward` starts from | and leaves behind |
# |---|---|---|
# | nothing set, nothing carried | zeros | |
# | after `set_state(h)` | `h`, stateful or not | |
# | `stateful=False` | | nothing: the one after it starts from zeros |
# | `stateful=True` | | its last state: the one after it starts from that |
#
# - **A state of another batch size is refused.** Carried or set, it has one row for each sequence.
#   If the input has another number of rows, `forward` raises a `ValueError` that says both numbers
#   and what to do. numpy will not do this for you: a state of one row fits every batch.
# - **The state is the network's own.** What a caller does afterwards to the array it passed to
#   `set_state`, or to the `hs` it got back, must not change the state that is kept.
# - **Gradients stop at the border.** In a stateful network, `backward` goes back to the start of
#   the latest `forward` and no further. States are carried over the border of a chunk, gradients
#   are not; that is *truncated* backpropagation through time.
# - **The numbers keep their type.** Zeros to start from are of the type that the arithmetic gives,
#   `np.result_type(xs, *self.params)`. Do not write `float32` or `float64` anywhere.
#
# The conventions of the course hold as before: weight gradients are written into the arrays that
# are there, they do not accumulate from one `backward` to the next, `backward` may be called twice
# with the same answer, arguments are read and never written.

# %%
import numpy as np


class RNN:
    """A plain recurrent network over whole sequences, h_t = tanh(h_{t-1} Wh + x_t Wx + b).

    Wx: [I, H], Wh: [H, H], b: [1, H].
    stateful: whether the last state of a forward is where the next one starts.

    params: the list [Wx, Wh, b].
    grads: the gradients of a loss with respect to params, in the same order and shapes. `backward`
        writes into these arrays; it neither replaces them nor adds to them.
    state: [B, H], what the next `forward` starts from; None for zeros.
    dh: [B, H], the gradient with respect to the state that the latest `forward` started from.
    cache: what the latest `forward` keeps for `backward`.
    """

    def __init__(self, Wx, Wh, b, stateful=False):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.stateful = stateful
        self.state = None
        self.dh = None
        self.cache = None

    def set_state(self, h):
        """Let the next `forward` start from a copy of h: [B, H]."""
        ### BEGIN SOLUTION
        self.state = np.array(h)
        ### END SOLUTION

    def reset_state(self):
        """Let the next `forward` start from zeros."""
        ### BEGIN SOLUTION
        self.state = None
        ### END SOLUTION

    def forward(self, xs):
        """Read a batch of sequences.

        xs: [B, T, I], the inputs. Returns hs: [B, T, H], the state after each step.
        Raises ValueError if the state to start from has not B rows.
        """
        ### BEGIN SOLUTION
        Wx, Wh, b = self.params
        B, T, _ = xs.shape
        h0 = self.state
        if h0 is None:
            h0 = np.zeros((B, len(Wh)), np.result_type(xs, *self.params))
        if len(h0) != B:
            raise ValueError(
                f"The state has {len(h0)} rows and the input has {B}. "
                "Call reset_state first, or set_state with a state for this batch."
            )
        h = h0
        hs = []
        for t in range(T):
            h = np.tanh(h @ Wh + xs[:, t] @ Wx + b)  # [B, H]
            hs.append(h)
        self.cache = (xs, h0, hs)
        self.state = h if self.stateful else None
        return np.stack(hs, axis=1)  # [B, T, H]
        ### END SOLUTION

    def backward(self, dhs):
        """Carry gradients back through all steps of the latest forward.

        dhs: [B, T, H], the gradient of the loss with respect to each state in hs.
        Returns dxs: [B, T, I], writes the gradients with respect to Wx, Wh and b into the three
        arrays of self.grads, and sets self.dh: [B, H].
        """
        ### BEGIN SOLUTION
        Wx, Wh, _ = self.params
        xs, h0, hs = self.cache
        for grad in self.grads:
            grad[...] = 0
        dxs = []
        dh = np.zeros_like(h0)  # what the step after hands back: nothing at first
        for t in reversed(range(len(hs))):
            h_prev = hs[t - 1] if t > 0 else h0
            dh_t = dhs[:, t] + dh  # the state went two ways
            dz = dh_t * (1 - hs[t] ** 2)  # [B, H], tanh' = 1 - tanh^2
            self.grads[0] += xs[:, t].T @ dz  # [I, H]
            self.grads[1] += h_prev.T @ dz  # [H, H]
            self.grads[2] += dz.sum(axis=0)  # [H], added to the one row of [1, H]
            dxs.append(dz @ Wx.T)  # [B, I], of the last step first
            dh = dz @ Wh.T  # [B, H]
        self.dh = dh
        return np.stack(dxs[::-1], axis=1)  # [B, T, I]
        ### END SOLUTION


# %% [markdown]
# ## Check your work
#
# ```text
# grader check rnn_bptt
# ```
#
# runs your file on the public cases. For each check it says whether it holds and, where it does
# not, which answer is off, in which step, and what to look at. With `--watch` it runs again each
# time you save. The cases you are graded on have other sizes and other numbers; the checks are the
# same.
#
# Build it up: with `T = 1` the answers are those of a single step, and you can compare. With
# `T = 2` you can write out both steps on paper, and everything that is new in this exercise is
# there already. A gradient that is right for a loss that looks at the last step only, and wrong for
# one that looks at all, has lost its way at the copies.
#
# A gradient is compared with the right one and also with the slope of *your own* `forward`,
# measured numerically, so a slip in `forward` alone does not cost you the gradients.

# %% [markdown]
# ## Where it goes wrong
#
# - **The two gradients of a state.** One comes from above, one from the step after. Each is easily
#   forgotten, and a loss at the last step alone does not show the first.
# - **The order of adding and squashing.** Both ways that a state goes begin *behind* its tanh. What
#   comes back by them passes through the slope together.
# - **Which state, when.** In step $t$, two states are at hand. At $t = 0$ the older of them is not
#   in `hs`; and Python does not complain about the index $-1$.
# - **A sum begins at zero.** In each `backward` once, not in each step, and not only in the
#   constructor.
# - **A window is not a copy.** `dhs[:, t]` and `hs[:, -1]` are views. `dhs[:, t] += ...` writes
#   into the caller's array, and `self.state = hs[:, -1]` keeps the caller's fingers in your state.
# - **Lists that are used up.** `pop` takes the steps from the last to the first very elegantly,
#   once.
# - **The step that is never taken.** Count: a sequence of $T$ steps takes $T$ steps back, from
#   $T - 1$ to $0$, both included.
#
# ## Where books and slides differ from what you need here
#
# - *Sum or mean over time.* Some courses have you take the mean of the per-step gradients of the
#   shared weights. That contradicts a loss that is a sum over steps, and where the loss is a
#   mean, its $1/T$ is already inside `dhs`. The same goes for $1/B$. This layer does not know the
#   loss, so it divides by nothing.
# - *Products of Jacobians.* The gradient carried from step $t$ back to step $s$ is often written as
#   $\prod \partial h_k / \partial h_{k-1}$, without saying in which order. Matrices do not commute.
#   Gradients are rows here and matrices stand on their right, so the row meets the matrices of
#   step $t$ first, those of step $t - 1$ next, and those of step $s + 1$ last. In column
#   convention all of it is mirrored.
# - *An initial state of zeros.* In most examples it is zero, and then it matters neither that
#   `dWh` leaves out the first step nor which state is used there. When states are carried, or
#   come from an encoder, it does.
# - *Truncation.* "Truncated BPTT" stands for two things: gradients that stop at the border of a
#   chunk, as here, and gradients that go back a fixed number of steps from every step. The
#   length of a chunk is chosen by how the sequence is cut up, not inside `backward`.
# - *Time first.* Some libraries store sequences as `[T, B, I]`. Swap the first two axes of
#   anything that you copy from there.
# - *Clipping.* Listings often end with `np.clip(grad, -5, 5)`. That is no longer the gradient; it
#   belongs to training, and to an exercise of its own.
#
# ## Further reading
#
# - P. J. Werbos, *Backpropagation through time: what it does and how to do it*, Proceedings of the
#   IEEE 78, 1990, 1550-1560.
# - R. J. Williams, J. Peng, *An efficient gradient-based algorithm for on-line training of
#   recurrent network trajectories*, Neural Computation 2, 1990: both kinds of truncation.
# - R. J. Williams, D. Zipser, *A learning algorithm for continually running fully recurrent neural
#   networks*, Neural Computation 1, 1989: the same gradients carried forward in time instead.
# - Y. Bengio, P. Simard, P. Frasconi, *Learning long-term dependencies with gradient descent is
#   difficult*, IEEE Transactions on Neural Networks 5, 1994: what many steps do to a gradient.
# - I. Sutskever, *Training recurrent neural networks*, PhD thesis, University of Toronto, 2013,
#   chapter 2, for truncation in practice.
# - I. Goodfellow, Y. Bengio, A. Courville, *Deep Learning*, MIT Press, 2016, chapter 10.2, in
#   column convention.
