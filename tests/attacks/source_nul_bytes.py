# tries: to hide code behind a NUL byte
# must: score == 0; says null
# becomes: b"x = 1\0\nimport os\n"
