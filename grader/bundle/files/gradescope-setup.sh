#!/usr/bin/env bash
# Run once by Gradescope, as root, when it builds the container. Needs the network.
set -euo pipefail
root="${AUTOGRADER:-/autograder}"

# The solution and the hidden cases are for root alone. Submissions run as a user that owns nothing,
# in a sandbox that opens no file; this is for the day when that has a hole.
chmod -R go= "$root/source/course"

suits() { "$1" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'; }
python=""
for name in python3 python3.13 python3.12 python3.11; do
    if command -v "$name" >/dev/null && suits "$name" 2>/dev/null; then python="$name"; break; fi
done
if [ -z "$python" ]; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    for name in python3.12 python3.11; do
        if apt-get install -y -qq --no-install-recommends "$name" "$name-venv"; then
            python="$name"
            break
        fi
    done
fi
if [ -z "$python" ]; then
    echo "There is no Python 3.11, 3.12 or 3.13 here. Choose a newer base image." >&2
    exit 1
fi

"$python" -m venv "$root/venv"
install=(install --quiet --disable-pip-version-check --requirement "$root/source/requirements.txt")
if grep -q -- --hash= "$root/source/requirements.txt"; then install+=(--require-hashes); fi
"$root/venv/bin/pip" "${install[@]}"
