import numpy as np
import math


def global_norm(grads):
    # 제곱하기 전에 가장 큰 값으로 나눈다 (오버플로 방지)
    nonempty = [g for g in grads if g.size != 0]
    if nonempty == []:
        return 0.0
    m = np.max([np.max(np.abs(g)) for g in nonempty])
    if m == 0.0 or math.isnan(m) or math.isinf(m):
        return float(m)
    total = 0.0
    for g in nonempty:
        h = g / m
        total = total + np.einsum("i,i->", h.ravel(), h.ravel())
    return float(m) * math.sqrt(total)


def check_threshold(value):
    ok = value > 0
    if not ok:
        raise ValueError("threshold must be a positive number")


def clip_by_global_norm(grads, max_norm):
    check_threshold(max_norm)
    norm = global_norm(grads)
    # 건너뛰는 경우: nan, inf, 이미 짧은 기울기
    skip = math.isnan(norm) or math.isinf(norm) or norm <= max_norm
    if not skip:
        shrink = max_norm / norm
        for g in grads:
            np.copyto(g, g * shrink)
    return norm


def clip_by_value(grads, limit):
    check_threshold(limit)
    for g in grads:
        np.copyto(g, np.where(g > limit, limit, np.where(g < -limit, -limit, g)))


class RMSprop:
    def __init__(self, lr=0.001, decay=0.9, eps=1e-8):
        self.lr = lr
        self.decay = decay
        self.eps = eps
        self.v = None

    def _start(self, params):
        if self.v is None:
            self.v = tuple(np.zeros_like(p) for p in params)

    def update(self, params, grads):
        self._start(params)
        keep, new = self.decay, 1 - self.decay
        for p, g, v in zip(params, grads, self.v):
            np.copyto(v, keep * v + new * np.power(g, 2))
            np.copyto(p, p - np.divide(self.lr * g, np.sqrt(v) + self.eps))
