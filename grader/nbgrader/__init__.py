"""At home in nbgrader: its commands, its gradebook and its formgrader, with our judge inside.

The modules here are the only ones that import nbgrader; nobody else needs it installed.
"""
