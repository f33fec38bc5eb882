# tries: to import from the future what will not come
# must: score == 0; says SyntaxError
# becomes: b"from __future__ import braces\n"
