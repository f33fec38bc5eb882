# tries: to reorder the line that its exception is shown in
# must: score == 0

raise ValueError("\u202e001 fo 001\u202c \u2066 \u200b \ufeff \u061c \U000e0041 \u2028 \u2029 \x85")
