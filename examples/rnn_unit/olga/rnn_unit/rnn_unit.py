from numpy import *

class RNNUnit:
	def __init__(self, Wx, Wh, b):
		self.params = [Wx, Wh, b]; self.grads = [zeros_like(Wx), zeros_like(Wh), zeros_like(b)]
		self.cache = None

	def forward(self, x, h_prev):
		Wx, Wh, b = self.params
		h = tanh(dot(x, Wx) + dot(h_prev, Wh) + b); self.cache = x, h_prev, h
		return h

	def backward(self, dh_next):
		Wx, Wh, b = self.params; x, h_prev, h = self.cache
		g = dh_next - dh_next*h*h
		self.grads[0][:] = dot(x.T, g); self.grads[1][:] = dot(h_prev.T, g); self.grads[2][:] = sum(g, 0)
		return dot(g, Wx.T), dot(g, Wh.T)
