import numpy as np

class RNNUnit:

  def __init__(self, Wx, Wh, b):
    self.params = [Wx, Wh, b]
    self.grads = [np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)]
    self.cache = None

  def forward(self, x, h_prev):
    Wx, Wh, b = self.params
    h_next = np.tanh(np.matmul(h_prev, Wh) + np.matmul(x, Wx) + b)
    self.cache = (x, h_prev, h_next)
    return h_next

  def backward(self, dh_next):
    Wx, Wh, b = self.params
    x, h_prev, h_next = self.cache
    dt = dh_next * (1 - np.square(h_next))
    dWx = np.matmul(x.T, dt)           # (I, H) ok
    dWh = np.matmul(dt.T, h_prev)      # (H, H) ok
    db = np.sum(dt, axis=0, keepdims=True)
    dx = np.matmul(dt, Wx.T)
    dh_prev = np.matmul(dt, Wh.T)
    self.grads[0][...] = dWx
    self.grads[1][...] = dWh
    self.grads[2][...] = db
    return dx, dh_prev
