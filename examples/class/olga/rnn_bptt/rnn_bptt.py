from numpy import *

class RNN:
	def __init__(self, Wx, Wh, b, stateful=False):
		self.params = [Wx, Wh, b]; self.grads = [zeros_like(Wx), zeros_like(Wh), zeros_like(b)]
		self.stateful = stateful; self.state = None; self.dh = None; self.cache = None

	def set_state(self, h): self.state = array(h)

	def reset_state(self): self.state = None

	def forward(self, xs):
		Wx, Wh, b = self.params; B, T = xs.shape[:2]
		h = zeros((B, Wh.shape[0])) if self.state is None else self.state
		if len(h) != B: raise ValueError('batch size is %d, state has %d rows: reset_state()' % (B, len(h)))
		hs = [h]
		for t in range(T):
			h = tanh(dot(xs[:, t], Wx) + dot(h, Wh) + b); hs.append(h)
		self.cache = xs, hs
		self.state = h
		return stack(hs[1:], 1)

	def backward(self, dhs):
		Wx, Wh, b = self.params; xs, hs = self.cache; T = xs.shape[1]
		for g in self.grads: g[:] = 0
		dxs = zeros(xs.shape); dh = zeros(hs[0].shape)
		for t in range(T-1, -1, -1):
			dh = dh + dhs[:, t]; h = hs[t+1]
			g = dh - dh*h*h
			self.grads[0] += dot(xs[:, t].T, g); self.grads[1] += dot(hs[t].T, g); self.grads[2] += sum(g, 0)
			dxs[:, t] = dot(g, Wx.T); dh = dot(g, Wh.T)
		self.dh = dh
		return dxs
