# tries: to raise its own limits
# must: score == 0; says ValueError

import resource

resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

from solution import RNNUnit
