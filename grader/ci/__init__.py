"""What CI systems read: step summaries, annotations, JUnit, code quality, and when a run fails.

Text of students is hostile in each of these formats in its own way; every module here escapes for
its own. Needs no more than a student installs.
"""

from grader.ci.markdown import summary
from grader.ci.threshold import Threshold

__all__ = ["Threshold", "summary"]
