import math
from functools import partial, reduce
from operator import add
from typing import Final, List, NamedTuple, Tuple

import numpy as np

ONE: Final = 1.0
tanh = np.vectorize(math.tanh, otypes=[float])
column_sum = partial(np.sum, axis=0, keepdims=True)


class Saved(NamedTuple):
    x: np.ndarray
    h_prev: np.ndarray
    h_next: np.ndarray


class RNNUnit:
    params: List[np.ndarray]
    grads: List[np.ndarray]

    def __init__(self, Wx: np.ndarray, Wh: np.ndarray, b: np.ndarray) -> None:
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros(shape=p.shape) for p in self.params]
        self.cache: Saved

    def forward(self, x: np.ndarray, h_prev: np.ndarray) -> np.ndarray:
        Wx, Wh, b = self.params
        terms = (h_prev.dot(Wh), x.dot(Wx), b)
        h_next = tanh(reduce(add, terms))
        self.cache = Saved(x, h_prev, h_next)
        return h_next

    def backward(self, dh_next: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
        Wx, Wh, _ = self.params
        s = self.cache
        dt = dh_next * (ONE - s.h_next) * (ONE + s.h_next)
        self.grads[0][...] = s.x.T.dot(dt)
        self.grads[1][...] = s.h_prev.T.dot(dt)
        self.grads[2][...] = column_sum(dt)
        return dt.dot(Wx.T), dt.dot(Wh.T)
