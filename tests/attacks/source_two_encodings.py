# tries: to have a byte order mark and another encoding
# must: score == 0; says SyntaxError
# becomes: b"\xef\xbb\xbf# coding: latin-1\nx = 1\n"
