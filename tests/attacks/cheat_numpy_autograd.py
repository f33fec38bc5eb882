# tries: to import a library that differentiates
# must: score == 0; says not available

import torch

from solution import RNNUnit
