# b batch, t time, d input, h/k hidden, g the four gates
from numpy import *
from numpy import einsum


def sigmoid(z):
	return 1 / (1 + exp(-clip(z, -700, 700)))


class LSTMUnit:
	def __init__(self, Wx, Wh, b, Vo=None):
		self.params = [Wx, Wh, b] if Vo is None else [Wx, Wh, b, Vo]
		self.grads = [zeros_like(p) for p in self.params]
		self.cache = None

	def forward(self, x, h_prev, c_prev):
		B, H = h_prev.shape
		Wx, Wh, bias = (p.reshape(len(p), 4, H) for p in self.params[:3])
		z = einsum('bd,dgh->gbh', x, Wx) + einsum('bk,kgh->gbh', h_prev, Wh) + bias.transpose(1, 0, 2)
		if len(self.params) == 4:
			z[3] += einsum('bk,kh->bh', c_prev, self.params[3])
		i, f, o = sigmoid(z[0]), sigmoid(z[1]), sigmoid(z[3])
		g = tanh(z[2])
		c = f * c_prev + i * g
		self.cache = x, h_prev, c_prev, i, f, g, o, c
		return o * tanh(c), c

	def backward(self, dh, dc):
		x, h_prev, c_prev, i, f, g, o, c = self.cache
		B, H = h_prev.shape
		Wx, Wh, _ = (p.reshape(len(p), 4, H) for p in self.params[:3])
		t = tanh(c)
		dcell = dc + dh * o * (1 - t * t)
		dz = stack([dcell * g * i * (1 - i), dcell * c_prev * f * (1 - f), dcell * i * (1 - g * g), dh * t * o * (1 - o)])
		self.grads[0][...] = einsum('bd,gbh->dgh', x, dz).reshape(-1, 4 * H)
		self.grads[1][...] = einsum('bk,gbh->kgh', h_prev, dz).reshape(-1, 4 * H)
		self.grads[2][...] = einsum('gbh->gh', dz).reshape(1, 4 * H)
		dc_prev = dcell * f
		if len(self.params) == 4:
			self.grads[3][...] = einsum('bk,bh->kh', c_prev, dz[3])
			dc_prev = dc_prev + einsum('bh,kh->bk', dz[3], self.params[3])
		return einsum('gbh,dgh->bd', dz, Wx), einsum('gbh,kgh->bk', dz, Wh), dc_prev


class LSTM:

	def __init__(self, Wx, Wh, b, Vo=None, stateful=False):
		self.params = [Wx, Wh, b] if Vo is None else [Wx, Wh, b, Vo]
		self.grads = [zeros_like(p) for p in self.params]
		self.stateful = stateful
		self.h, self.c = None, None
		self.dh, self.dc = None, None
		self.layers = None

	def set_state(self, h, c):
		self.h, self.c = h, c

	def reset_state(self):
		self.h, self.c = None, None

	def forward(self, xs):
		N, T, D = xs.shape
		H = self.params[1].shape[0]

		self.layers = []
		hs = empty((N, T, H), dtype=xs.dtype)

		if self.h is None:
			self.h = zeros((N, H), dtype=xs.dtype)
			self.c = zeros((N, H), dtype=xs.dtype)
		if self.h.shape[0] != N:
			raise ValueError('batch size changed from %d to %d, call reset_state first' % (self.h.shape[0], N))

		for t in range(T):
			layer = LSTMUnit(*self.params)
			self.h, self.c = layer.forward(xs[:, t, :], self.h, self.c)
			hs[:, t, :] = self.h
			self.layers.append(layer)

		if not self.stateful:
			self.reset_state()
		return hs

	def backward(self, dhs):
		N, T, H = dhs.shape
		D = self.params[0].shape[0]

		dxs = empty((N, T, D), dtype=dhs.dtype)
		dh = zeros((N, H), dtype=dhs.dtype)
		dc = zeros((N, H), dtype=dhs.dtype)

		grads = [zeros_like(g) for g in self.grads]
		for t in reversed(range(T)):
			layer = self.layers[t]
			dx, dh, _ = layer.backward(dhs[:, t, :] + dh, dc)
			dxs[:, t, :] = dx
			for i, grad in enumerate(layer.grads):
				grads[i] += grad

		for i, grad in enumerate(grads):
			self.grads[i][...] = grad
		self.dh = dh
		self.dc = dc
		return dxs
