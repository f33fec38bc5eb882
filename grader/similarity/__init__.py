"""Pairs of submissions that are more alike than their class leads one to expect.

`code` makes of a text the words that stay when names, layout and comments change, `alike` compares
a class by what is rare in it, `texts` gets the text of what was handed in. Nothing of a student's
is imported, compiled or run. What is found is a place for a person to look, and no more.
"""
