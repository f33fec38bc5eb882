# tries: to have its text taken for a template
# must: score == 0

raise ValueError("{0.__class__} {type} {message.__globals__} %s %(type)s ${x}")
