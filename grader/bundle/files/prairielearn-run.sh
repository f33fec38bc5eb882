#!/bin/sh
# Run in the container for each submission. Writes results/results.json whatever happens.
root="${GRADE:-/grade}"
here="$root/serverFilesCourse/rnn_grader"
chmod -R go= "$root/tests" "$root/data" 2>/dev/null
cd / && exec "${GRADER_PYTHON:-python3}" -I -c \
    'import sys; sys.path.insert(0, sys.argv.pop(1)); from grader.bundle.entry import main; main()' \
    "$here/lib" prairielearn "$root" "$root/tests/course" "$1"
