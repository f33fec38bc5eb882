# %% [markdown]
# # One step of a recurrent network
#
# A recurrent network reads a sequence one element at a time and carries a summary of what it has
# read, the *hidden state*, from each step to the next. One step takes the input of that step and
# the state so far, mixes them with two matrices and a bias, and squashes the result with a tanh
# into the new state. Everything else about recurrent networks, a whole sequence, several layers,
# an LSTM, is built by repeating this step or by putting more inside it.
#
# You will write that step twice: `forward`, which computes the new state, and `backward`, which
# is handed the gradient of some loss with respect to the new state and works out the gradient
# with respect to all that the new state was made of: the input, the old state, both matrices and
# the bias. The loss stays unknown. That is the point of backpropagation: one number per entry of
# the new state tells `backward` all it has to know about whatever comes later.

# %% [markdown]
# ## The step
#
# A batch is $B$ rows, each row one example. Vectors are rows and weights multiply from the right:
#
# $$ z = h_{prev} W_h + x W_x + b $$
#
# $$ h_{next} = \tanh(z) $$
#
# | symbol | in the code | shape | what it is |
# |---|---|---|---|
# | $x$ | `x` | `[B, I]` | the input of this step, $I$ features a row |
# | $h_{prev}$ | `h_prev` | `[B, H]` | the state before the step, $H$ units a row |
# | $W_x$ | `Wx` | `[I, H]` | weights from the input |
# | $W_h$ | `Wh` | `[H, H]` | weights from the old state |
# | $b$ | `b` | `[1, H]` | bias, the same for every row of the batch |
# | $z$ | up to you | `[B, H]` | the pre-activation |
# | $h_{next}$ | `h_next` | `[B, H]` | the state after the step |
#
# ```graph name: step; alt: One step, from x, h_prev and b on the left to h_next on the right.
# alt: x times Wx, h_prev times Wh and b are added to give z, and tanh of z is h_next.
# x -> mulx "@ Wx"
# h_prev -> mulh "@ Wh"
# mulx, b, mulh -> sum "+"
# sum -> z -> tanh -> h_next
# ```
#
# ## The way back
#
# `backward` receives `dh_next`, the gradient $\partial L / \partial h_{next}$ of a loss $L$. It
# has the shape of `h_next`, as every gradient has the shape of what it belongs to. Walk the
# picture from right to left.
#
# 1. *Through the tanh.* It acts on each entry alone, so each entry of the gradient is multiplied
#    by the slope of tanh at that entry. The slope can be had from the output, without
#    $z$: $\tanh'(z) = 1 - \tanh(z) \tanh(z)$. Call the result $\delta$, the gradient with respect
#    to $z$, shape `[B, H]`. The five answers all start from it.
# 2. *Through the sum.* Addition hands $\delta$ unchanged to each of its three terms.
# 3. *Through the products.* Written out for row $n$ and unit $j$,
#
# $$ z_{nj} = \sum_k h_{prev,nk} W_{h,kj} + \sum_i x_{ni} W_{x,ij} + b_{j} $$
#
# Each gradient follows from this line: ask which entries $z_{nj}$ a given entry of `x`, `h_prev`,
# `Wx`, `Wh` or `b` takes part in and with what factor, multiply the factor by $\delta_{nj}$, and
# **sum** over all of them. Then find the matrix expression that does that sum for all entries at
# once.
#
# | gradient of | is | goes | shape |
# |---|---|---|---|
# | `x` | `dx` | returned, first | `[B, I]` |
# | `h_prev` | `dh_prev` | returned, second | `[B, H]` |
# | `Wx` | `dWx` | into `self.grads[0]` | `[I, H]` |
# | `Wh` | `dWh` | into `self.grads[1]` | `[H, H]` |
# | `b` | `db` | into `self.grads[2]` | `[1, H]` |

# %% [markdown]
# ## What to implement
#
# Fill in `forward` and `backward` of `RNNUnit`. The constructor is given: it keeps the weights in
# `self.params` and an equally long list of arrays, `self.grads`, in the same order. Keep what
# `backward` will need in `self.cache`. The conventions are those of the whole course:
#
# - **Weight gradients are written into the arrays that are there**, `self.grads[i][...] = value`.
#   An optimiser takes hold of these arrays once and looks at them after each step; putting a new
#   array into the list leaves it looking at the old one.
# - **No accumulation.** After `backward`, the gradients are those of this step alone, whatever was
#   computed before.
# - **`backward` may be called twice** after one `forward`, and gives the same answer.
# - **Arguments are read, never written**: not `x` and `h_prev`, not `dh_next`, and not the weights.
#   Those are for the optimiser to change.
# - **The numbers keep their type.** Float64 in, float64 out; there is no need to convert anything.
# - **No Python loop** over entries: a handful of numpy lines does it all.

# %%
import numpy as np


class RNNUnit:
    """One step of a plain recurrent network, h_next = tanh(h_prev Wh + x Wx + b).

    Wx: [I, H], Wh: [H, H], b: [1, H].

    params: the list [Wx, Wh, b].
    grads: the gradients of a loss with respect to params, in the same order and shapes. `backward`
        writes into these arrays; it neither replaces them nor adds to them.
    cache: what the latest `forward` keeps for `backward`.
    """

    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def forward(self, x, h_prev):
        """Take one step.

        x: [B, I], the inputs. h_prev: [B, H], the state before the step.
        Returns h_next: [B, H], the state after it.
        """
        ### BEGIN SOLUTION
        Wx, Wh, b = self.params
        h_next = np.tanh(h_prev @ Wh + x @ Wx + b)  # [B, H]
        self.cache = (x, h_prev, h_next)
        return h_next
        ### END SOLUTION

    def backward(self, dh_next):
        """Carry a gradient back through the latest step.

        dh_next: [B, H], the gradient of the loss with respect to h_next.
        Returns the pair (dx, dh_prev), dx: [B, I] and dh_prev: [B, H], and writes the gradients
        with respect to Wx, Wh and b into the three arrays of self.grads.
        """
        ### BEGIN SOLUTION
        Wx, Wh, _ = self.params
        x, h_prev, h_next = self.cache
        dz = dh_next * (1 - h_next**2)  # [B, H], tanh' = 1 - tanh^2
        self.grads[0][...] = x.T @ dz  # [I, H]
        self.grads[1][...] = h_prev.T @ dz  # [H, H]
        self.grads[2][...] = dz.sum(axis=0)  # [H], fills the one row of [1, H]
        dx = dz @ Wx.T  # [B, I]
        dh_prev = dz @ Wh.T  # [B, H]
        return dx, dh_prev
        ### END SOLUTION


# %% [markdown]
# ## Check your work
#
# ```text
# grader check rnn_unit
# ```
#
# runs your file on the public cases, in about a second. For each check it says whether it holds
# and, where it does not, which answer is off and what to look at. With `--watch` it runs again each
# time you save. The cases you are graded on have other sizes and other numbers; the checks are the
# same.
#
# A gradient is compared with the right one and also with the slope of *your own* `forward`,
# measured numerically. So if your `forward` has a slip and your `backward` is the true gradient of
# that `forward`, the gradients still earn marks.
#
# Measuring slopes is a fine way to *test* a `backward`, but it is no way to write one: it runs
# `forward` twice for each single weight. One check times `backward` on a larger step.

# %% [markdown]
# ## Where it goes wrong
#
# - **A product that runs is not yet a product that is right.** `Wh` is square: with or without a
#   transpose, shapes agree. With `x` and `Wx` numpy raises an error when a transpose is missing,
#   *unless* $I = H$. Settle each product by writing out the sum over indices, and use the shapes
#   to confirm it.
# - **Two states, one letter.** Both are called $h$ on most blackboards. In each place, ask
#   whether it is the state before the step or the one after.
# - **Which gradient arrives where?** `dh_next` lives to the right of the tanh. `Wx`, `Wh`, `b`, `x`
#   and `h_prev` live to the left of it.
# - **One bias, many rows.** numpy copies `b` into every row on the way forward. Think about what
#   the reverse of copying is.
# - **Shorthand that writes.** `a *= b` and `a -= b` change the array itself, also for whoever else
#   holds it: the caller, or your own cache.
# - **A tanh of your own.** Written with exponentials it is right for small numbers; try it on 1000.
#
# ## Where books and slides differ from what you need here
#
# - *Columns or rows.* Much material takes vectors as columns, $h = \tanh(W x + U h + b)$. Every
#   product and every transpose then stands the other way round. A formula copied from there may
#   well run here, since `Wh` is square, and be wrong.
# - *Dividing by the batch size.* Some courses divide weight gradients by $B$. That factor belongs
#   to a loss that is a mean over the batch, and it is then already inside `dh_next`. This step
#   does not know the loss, so it divides by nothing.
# - *The slope of the inverse.* $1 / (1 - h^2)$ does appear in tables of derivatives: it is the
#   slope of artanh, at $h$. It is one over the number you want.
# - *Tests that cannot see.* With weights of about 0.01, as networks are often initialised, tanh is
#   nearly a straight line and the old state hardly matters, so even a forgotten slope changes the
#   gradients by only about a part in a thousand. A `dh_next` of ones hides mixed-up columns; a
#   batch of one row hides a mean. If you write tests of your own, use large random numbers and
#   three different sizes.
#
# ## Further reading
#
# - D. E. Rumelhart, G. E. Hinton, R. J. Williams, *Learning representations by back-propagating
#   errors*, Nature 323, 1986. Four pages, and the recurrent case is already in them.
# - J. L. Elman, *Finding structure in time*, Cognitive Science 14, 1990: what the hidden state of
#   such a network learns.
# - P. J. Werbos, *Backpropagation through time: what it does and how to do it*, Proceedings of the
#   IEEE 78, 1990: where the next exercise goes.
# - I. Goodfellow, Y. Bengio, A. Courville, *Deep Learning*, MIT Press, 2016, chapters 6.5 and 10,
#   in column convention.
# - W. Squire, G. Trapp, *Using complex variables to estimate derivatives of real functions*, SIAM
#   Review 40, 1998: a numerical slope without round-off, good for testing your own derivations.
