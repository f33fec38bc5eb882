from numpy import *

def global_norm(grads):
	m = 0.
	for g in grads:
		if g.size: m = maximum(m, abs(g).max())
	if m == 0 or m == inf: return m
	s = 0.
	for g in grads: s += sum((g/m)*(g/m))
	return m*sqrt(s)

def clip_by_global_norm(grads, max_norm):
	if isnan(max_norm) or max_norm <= 0: raise ValueError('max_norm')
	n = global_norm(grads)
	if isfinite(n) and n > max_norm:
		for g in grads: g *= max_norm/n
	return n

def clip_by_value(grads, limit):
	if isnan(limit) or limit <= 0: raise ValueError('limit')
	for g in grads: clip(g, -limit, limit, out=g)

class RMSprop:
	def __init__(self, lr=0.001, decay=0.9, eps=1e-8):
		self.lr = lr; self.decay = decay; self.eps = eps; self.v = None

	def update(self, params, grads):
		if self.v is None: self.v = [zeros_like(p) for p in params]
		r = self.decay
		for p, g, v in zip(params, grads, self.v):
			v *= r; v += (1-r)*g*g
			p -= self.lr*g/(sqrt(v)+self.eps)
