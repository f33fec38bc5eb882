# tries: to be read by people in another order than by Python
# must: score == 0
# becomes: "x = '‮ ⁦# not a comment⁩ ⁦'\nraise ValueError(x)\n".encode()
