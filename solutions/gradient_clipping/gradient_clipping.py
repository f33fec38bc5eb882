# %% [markdown]
# # Gradient clipping and RMSprop
#
# Backpropagation through time multiplies a gradient by the same matrix once for each step. Over a
# long sequence the product often fades to nothing, and now and then it explodes: for a hundred
# updates gradients have a norm of about 1, and then one has a norm of 10000. The loss of a
# recurrent network has *cliffs*, and that update started beside one. A single step along such a
# gradient throws away what hours of training found. The remedy is crude and works: if the gradient
# is longer than some threshold, make it as long as the threshold, and leave its direction as it is.
#
# Clipping bounds the step as a whole. It does nothing about another trouble: the gradients of
# different weights differ by orders of magnitude, all the time, and one learning rate has to suit
# all of them. *RMSprop* divides each entry of a gradient by the root of a running mean of its
# square, so that every weight moves at a pace of its own. The two are used together, in this order,
# and you will write both.

# %% [markdown]
# ## The norm of all gradients, and clipping by it
#
# A network has one gradient for each parameter, $g_1, \dots, g_n$, arrays of any shapes. Together
# they are *one* long vector, and its length is the global norm
#
# $$ \lVert g \rVert = \sqrt{\sum_{i=1}^{n} \sum_{j} g_{ij}^2} $$
#
# where $j$ runs over all entries of $g_i$. Clipping with the threshold $\theta$ is
#
# $$ g_i \leftarrow \frac{\theta}{\lVert g \rVert} g_i \quad
#    \text{for all } i, \text{ if } \lVert g \rVert > \theta $$
#
# and nothing at all otherwise. There is one norm and one factor for all arrays. A factor for each
# array would change how long they are compared with each other, and so the direction of the step.
#
# ```graph name: clip; alt: All gradients go into one norm.
# alt: The norm and the threshold give one factor, by which each gradient is multiplied.
# dWx, dWh, db -> norm "‖g‖"
# norm, theta "θ" -> factor "θ / ‖g‖, or 1"
# dWx, factor -> mulx "×"
# dWh, factor -> mulh "×"
# db, factor -> mulb "×"
# mulx -> outx "dWx, clipped"
# mulh -> outh "dWh, clipped"
# mulb -> outb "db, clipped"
# ```
#
# *Clipping by value* is the older and cruder way. It limits each entry by itself,
#
# $$ g_{ij} \leftarrow \max(-\lambda, \min(\lambda, g_{ij})) $$
#
# and that does change the direction: with $\lambda = 1$ the gradient $(100, 1)$, which points along
# the first axis, becomes $(1, 1)$.
#
# ## RMSprop
#
# For each parameter $p$ with gradient $g$ there is an array $v$ of the same shape, zeros to begin
# with. An update is, entry by entry,
#
# $$ v \leftarrow \rho v + (1 - \rho) g^2 $$
#
# $$ p \leftarrow p - \eta \frac{g}{\sqrt{v} + \epsilon} $$
#
# ```graph name: rmsprop; alt: The square of the gradient goes into the running mean v.
# alt: v is carried to the next update. The gradient divided by its root moves the parameter.
# g -> square "g²" -> share "× (1 − ρ)"
# v -> fade "× ρ"
# share: op
# fade: op
# square: op
# share, fade -> plus "+" -> v_new "new v"
# v_new --> v
# v_new -> root "√v + ε"
# root: op
# g, root -> divide "÷" -> times "× η"
# times: op
# p, times -> minus "−" -> p_new "new p"
# ```
#
# | symbol | in the code | shape | what it is |
# |---|---|---|---|
# | $g_1, g_2, \dots$ | `grads` | any | a list of gradients, as a layer keeps it |
# | $\lVert g \rVert$ | what is returned | a number | the length of all gradients together |
# | $\theta$ | `max_norm` | a number | the longest that they may be |
# | $\lambda$ | `limit` | a number | the largest that one entry may be |
# | $p_1, p_2, \dots$ | `params` | as `grads` | a list of parameters, in the same order |
# | $v_1, v_2, \dots$ | up to you | as `params` | running mean of the squared gradients |
# | $\eta$ | `self.lr` | a number | the learning rate |
# | $\rho$ | `self.decay` | a number | how much of `v` stays, 0.9 for example |
# | $\epsilon$ | `self.eps` | a number | keeps the division from having a zero below the line |

# %% [markdown]
# ## What to implement
#
# `global_norm(grads)` returns $\lVert g \rVert$ as a number and changes nothing.
#
# - The norm of an empty list is 0, and so is that of arrays without entries.
# - It is right for entries of 1e200 as well as of 1e-200. Their squares are infinite, or 0, in
#   float64 (and those of 1e20 and 1e-30 are in float32). So divide by the largest absolute value of
#   all entries *before* you square, and multiply afterwards.
# - If there is a NaN or an infinity among the entries, the norm is not finite. Whether you return
#   NaN or infinity then is up to you.
#
# `clip_by_global_norm(grads, max_norm)` clips the arrays in `grads` where they stand, and returns
# the norm that they had **before**.
#
# - If the norm is at most `max_norm`, **nothing** changes, not by the last bit. The same goes for a
#   norm of 0.
# - If the norm is **not finite**, nothing changes either. No factor can mend a NaN. The caller sees
#   from the returned number that this step is to be skipped.
# - There is no 1e-6 or the like anywhere. After clipping the norm is `max_norm`.
# - A `max_norm` that is zero, negative or NaN raises a `ValueError`. Infinity is fine: nothing is
#   ever clipped then, and the norm is returned all the same.
#
# `clip_by_value(grads, limit)` limits every entry to the range from `-limit` to `limit`, in place,
# and returns nothing. A `limit` that is zero, negative or NaN raises a `ValueError`, infinity is
# fine. What becomes of a NaN among the entries is not looked at.
#
# `RMSprop.update(params, grads)` makes one update of all parameters, in place. The constructor is
# given.
#
# - The state `v` is made at the first update, when the shapes are known. There is one for each
#   parameter, and it belongs to the *position* in the list: whatever stands third is updated with
#   the third `v`, even if it is another array than last time.
# - Gradients are read, never written. A second `RMSprop` has a state of its own.
#
# For all four: **in place** means that the numbers in the arrays change. Layers hold on to these
# arrays, and putting new ones into the list leaves them looking at the old ones. Arrays may be
# views of larger ones. Float32 stays float32. And there is no need for a Python loop over entries;
# one over arrays is fine.

# %%
import numpy as np


def global_norm(grads: list[np.ndarray]) -> float:
    """The Euclidean length of all gradients taken together as one vector.

    grads: a list of arrays of any shapes, which are not changed.
    Returns a number: 0 for an empty list, NaN or infinity if an entry is NaN or infinite.
    """
    ### BEGIN SOLUTION
    largest = np.max([0.0, *(np.abs(g).max(initial=0.0) for g in grads)])
    if largest in {0.0, np.inf}:  # nothing to divide by
        return largest
    total = 0.0
    for g in grads:
        total += np.sum((g / largest) ** 2)  # no overflow: all entries are at most 1
    return largest * np.sqrt(total)
    ### END SOLUTION


def clip_by_global_norm(grads: list[np.ndarray], max_norm: float) -> float:
    """Shorten all gradients together to the length max_norm, if they are longer.

    grads: a list of arrays of any shapes, changed in place, unless their norm is at most max_norm
    or is not finite.
    Returns the norm from before. Raises ValueError if max_norm is not positive.
    """
    ### BEGIN SOLUTION
    if not max_norm > 0:  # catches NaN as well
        raise ValueError(f"max_norm must be positive, but it is {max_norm}")
    norm = global_norm(grads)
    if max_norm < norm < np.inf:  # False for NaN
        scale = max_norm / norm
        for g in grads:
            g *= scale
    return norm
    ### END SOLUTION


def clip_by_value(grads: list[np.ndarray], limit: float) -> None:
    """Limit every entry of every gradient to the range from -limit to limit.

    grads: a list of arrays of any shapes, changed in place.
    Raises ValueError if limit is not positive.
    """
    ### BEGIN SOLUTION
    if not limit > 0:
        raise ValueError(f"limit must be positive, but it is {limit}")
    for g in grads:
        np.clip(g, -limit, limit, out=g)
    ### END SOLUTION


class RMSprop:
    """Gradient descent that divides each gradient by a running root mean square of its own.

    lr: the learning rate. decay: how much of the running mean stays at each update. eps: added to
    the root.
    v: the running means of the squared gradients, one for each parameter, in its shape; None
        before the first update.
    """

    def __init__(self, lr: float = 0.001, decay: float = 0.9, eps: float = 1e-8) -> None:
        self.lr = lr
        self.decay = decay
        self.eps = eps
        self.v = None

    def update(self, params: list[np.ndarray], grads: list[np.ndarray]) -> None:
        """Make one update.

        params: a list of arrays of any shapes, changed in place. grads: their gradients, in the
        same order and shapes, which are not changed.
        """
        ### BEGIN SOLUTION
        if self.v is None:
            self.v = [np.zeros_like(p) for p in params]
        for p, g, v in zip(params, grads, self.v, strict=True):
            v *= self.decay
            v += (1 - self.decay) * g**2
            p -= self.lr * g / (np.sqrt(v) + self.eps)
        ### END SOLUTION


# %% [markdown]
# ## Check your work
#
# ```text
# grader check gradient_clipping
# ```
#
# runs your file on the public cases, in about a second. For each check it says whether it holds
# and, where it does not, which answer is off and what to look at. With `--watch` it runs again each
# time you save. The cases you are graded on have other shapes and other numbers; the checks are the
# same.
#
# Clipping is built on the norm. If your `global_norm` is wrong, what you clip is judged by your own
# norm, so that one slip does not cost the marks twice. By hand, these are quickly tried:
#
# ```text
# global_norm([np.array([3.0]), np.array([[0.0, 4.0]])])   is 5
# the same two, clipped by global norm to 1                are [0.6] and [[0, 0.8]]
# the same two, clipped to 10                              are what they were
# ```
#
# One RMSprop update of the parameter 1 with gradient 2, `lr` 0.1, `decay` 0.75 and `eps` 1 takes
# `v` to 1 and the parameter to 0.9. A second one with the same gradient takes `v` to 1.75.

# %% [markdown]
# ## Where it goes wrong
#
# - **One norm, not many.** A loop over arrays that measures and clips each in its turn is the most
#   common mistake, and another is its cousin: measuring anew after the first array has already been
#   shortened. Measure everything, then change everything.
# - **Norms of norms.** Lengths do not add up; their squares do. And numpy's `norm` of a matrix with
#   an order, such as 2 or 1, is not the length of its entries.
# - **Clipping is not normalising.** A gradient that is short already must not become longer: near a
#   minimum it is short for a good reason.
# - **A name is not an array.** `g = g * scale` gives the name `g` to a new array, and
#   `grads[i] = ...` puts a new array into the list. The array that the layer holds sees neither.
#   `reshape(-1)` and `asarray` return the array itself or a copy of it, as it happens.
# - **NaN compares as False**, with everything, in both directions. `norm <= max_norm` and
#   `norm > max_norm` are both False, so whether a NaN is caught or spread depends on how you put
#   the question. An infinity is no better: $\theta / \infty$ is 0, and $0 \cdot \infty$ is NaN.
# - **Which is kept?** With $\rho = 0.9$, nine tenths of `v` come from the past, one tenth from the
#   new square. And it is a mean of *squares* that you divide by the *root* of.
# - **One state for each entry of each parameter**, kept from one update to the next, and in the
#   object, not in the class or in a default argument.
#
# ## Where libraries, books and slides differ from what you need here
#
# - *The fudge.* PyTorch's `clip_grad_norm_` multiplies by
#   $\min(1, \theta / (\lVert g \rVert + 10^{-6}))$. The result is a little shorter than $\theta$,
#   which is invisible at a norm of 1 and an error of a factor of two at a norm of 1e-6. It also
#   replaces the question about a norm of zero. Here the question is asked instead.
# - *What is infinite.* TensorFlow's `clip_by_global_norm` sets all gradients to NaN when the norm
#   is infinite, so that nobody overlooks it; PyTorch multiplies, which makes zeros of ordinary
#   entries and NaN of infinite ones, unless told to raise an error. Here they are left alone.
# - *What is returned.* TensorFlow returns new arrays and the norm, PyTorch works in place and
#   returns the norm. In both it is the norm from *before*: from after it would be no news.
# - *Per array.* Keras optimisers have `clipnorm`, which clips each gradient by its own norm, and
#   `global_clipnorm`. Texts often say "clip the norm of the gradient" and mean either.
# - *A rescaled loss.* A threshold of 5 has no meaning by itself. If the loss is a mean over steps
#   instead of a sum, gradients and their norms are $T$ times smaller. Look at the returned norms
#   for a while and choose $\theta$ by them, a few times larger than usual ones for example.
# - *Where $\epsilon$ goes.* $\sqrt{v} + \epsilon$ here and in PyTorch, $\sqrt{v + \epsilon}$ in
#   TensorFlow and in many texts. With $\epsilon = 10^{-8}$ and no gradient for a while, one divides
#   by $10^{-8}$ and the other by $10^{-4}$. So $\epsilon$ cannot be copied from one to the other.
# - *Where $v$ starts.* At zero here and in PyTorch, so the first update is too long: it divides by
#   $\sqrt{1 - \rho} \lvert g \rvert$ and moves each weight by about $\eta / \sqrt{1 - \rho}$, three
#   times $\eta$ for $\rho = 0.9$ and ten times for 0.99. TensorFlow's first version started at one.
#   Adam divides $v$ by $1 - \rho^t$ to make up for it; plain RMSprop does not.
# - *Momentum, and centring.* Many versions of RMSprop keep a running mean of the steps as well, or
#   subtract the square of the mean gradient from $v$ and so divide by a standard deviation. Both
#   are additions; the slide that RMSprop comes from has neither.
# - *The order.* Clip first, then update. RMSprop divides by a running mean of what it is given: one
#   enormous gradient that is not clipped stays in $v$ for many updates, and all of them are short.
# - *Clipping mends explosions only.* A gradient that has vanished is not brought back by any of
#   this. That is what the LSTM of a later exercise is for.
#
# ## Further reading
#
# - R. Pascanu, T. Mikolov, Y. Bengio, *On the difficulty of training recurrent neural networks*,
#   ICML 2013: why gradients explode and vanish, cliffs, and clipping by norm in four lines.
# - T. Mikolov, *Statistical Language Models Based on Neural Networks*, PhD thesis, Brno University
#   of Technology, 2012: clipping by value, which made recurrent language models trainable.
# - T. Tieleman, G. Hinton, *Lecture 6e: rmsprop: Divide the gradient by a running average of its
#   recent magnitude*, Neural Networks for Machine Learning, 2012. RMSprop was never published in
#   any other way.
# - A. Graves, *Generating Sequences With Recurrent Neural Networks*, arXiv:1308.0850, 2013: centred
#   RMSprop with momentum, and clipping by value inside of backpropagation.
# - D. P. Kingma, J. Ba, *Adam: A Method for Stochastic Optimization*, ICLR 2015: what came next.
# - J. Zhang, T. He, S. Sra, A. Jadbabaie, *Why gradient clipping accelerates training: A
#   theoretical justification for adaptivity*, ICLR 2020.
# - J. L. Blue, *A Portable Fortran Program to Find the Euclidean Norm of a Vector*, ACM
#   Transactions on Mathematical Software 4, 1978: a sum of squares that neither overflows nor
#   underflows.
