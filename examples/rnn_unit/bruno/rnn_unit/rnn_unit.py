# rnn unit, index notation
# b = batch, i = input feature, j/k = hidden feature
from numpy import einsum, tanh, zeros

class RNNUnit(object):

    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads  = [zeros(p.shape, p.dtype) for p in self.params]

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        self.x, self.h_prev = x, h_prev
        self.h = tanh(einsum('bi,ik->bk', x, Wx) + einsum('bj,jk->bk', h_prev, Wh) + b)
        self.cache = (self.x, self.h_prev, self.h)
        return self.h

    def backward(self, dh_next):
        Wx, Wh, _ = self.params
        delta = einsum('bk,bk->bk', dh_next, 1 - self.h * self.h)
        self.grads[0][...] = einsum('bi,bk->ik', self.x, delta)
        self.grads[1][...] = einsum('bj,bk->jk', self.h_prev, delta)
        self.grads[2][...] = einsum('bk->k', delta)      # [H] broadcasts into [1, H]
        return einsum('bk,ik->bi', delta, Wx), einsum('bk,jk->bj', delta, Wh)
