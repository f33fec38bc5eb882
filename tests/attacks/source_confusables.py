# tries: to use letters that look like others and are made the same by Python
# must: score == 0
# becomes: "ｒｎｎ = ｅｘｅｃ\nｅｘｅｃ('raise LookupError')\n".encode()
