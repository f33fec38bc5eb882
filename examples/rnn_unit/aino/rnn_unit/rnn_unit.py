import numpy as np


def forward(x, h_prev, Wx, Wh, b):
    return np.tanh(h_prev @ Wh + x @ Wx + b)


def backward(dh_next, x, h_prev, h_next, Wx, Wh):
    dt = dh_next * (1 - h_next ** 2)
    dWx = x.T @ dt
    dWh = h_prev.T @ dt
    db = dt.sum(axis=0, keepdims=True)
    return dt @ Wx.T, dt @ Wh.T, dWx, dWh, db
