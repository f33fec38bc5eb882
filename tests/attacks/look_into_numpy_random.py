# tries: to foretell the hidden inputs from the state of a generator
# must: score == 0; says LookupError

import numpy as np

from solution import RNNUnit


class RNNUnit(RNNUnit):
    def forward(self, x, h_prev):
        state = np.random.get_state()
        for seed in range(5):
            rng = np.random.default_rng(seed)
            for drawn in (rng, np.random.RandomState(seed), np.random):
                if np.allclose(drawn.standard_normal(x.shape), x):
                    return super().forward(x, h_prev)
        np.random.set_state(state)
        raise LookupError
