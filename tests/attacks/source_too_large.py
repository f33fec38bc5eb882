# tries: to be larger than any submission
# must: score == 0; says more than
# becomes: b"#" * 300_000
