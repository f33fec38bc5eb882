"""Auto-graded exercises on backpropagation by hand: the package and command `grader`.

Importing this package does no work and imports nothing: numpy, click and the rest are loaded by
the modules that need them.
"""

__version__ = "0.1.0"
