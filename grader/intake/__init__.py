"""What instructors have, whichever system it is from: whose each file is, and of which exercise.

Nothing is unpacked, checked out or run: members of archives and files of commits are read where
they lie, one at a time, when they are asked for.
"""
