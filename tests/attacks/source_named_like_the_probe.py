# tries: to have code in it that says it is the probe's
# must: score <= 34
# why: no more than a constant answer earns
# becomes: b"import sys\nexec(compile('class RNNUnit: pass', 'probe.py', 'exec'))\nsys.modules['probe'] = sys.modules[__name__]\n"
