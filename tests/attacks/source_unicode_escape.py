# tries: to hide code in escapes inside of a comment
# must: score == 0; says SyntaxError
# becomes: b"# coding: raw_unicode_escape\n# \\u000aimport os\n"
