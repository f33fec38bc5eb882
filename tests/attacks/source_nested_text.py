# tries: to nest formatted texts
# must: score == 0
# becomes: b"f'" + b"{f" * 50 + b"1" + b"}" * 50 + b"'"
