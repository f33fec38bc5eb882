# tries: to hide code in UTF-7
# must: score == 0; says SyntaxError
# becomes: b"# coding: utf-7\nx = 1 +AAo-import os\n"
