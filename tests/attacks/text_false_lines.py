# tries: to have other lines shown than raised
# must: score == 0

import linecache

linecache.cache["rnn_unit.py"] = (
    1,
    None,
    ["\x1b[2J<script>alert(1)</script>\n"] * 100,
    "rnn_unit.py",
)
raise ValueError
