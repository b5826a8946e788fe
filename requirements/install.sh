#!/usr/bin/env bash
# Make or refresh .venv from the lock files. Quiet when all is well; re-run freely.
set -euo pipefail
cd "$(dirname "$0")/.."

python=$1
for candidate in "$python" python3 python; do
    if command -v "$candidate" >/dev/null 2>&1 &&
        "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
        found=$candidate
        break
    fi
done
if [ -z "${found:-}" ]; then
    echo "Wellspring needs Python 3.11; none of $python, python3, python is one." >&2
    echo "Install it (Debian: apt-get install python3.11 python3.11-venv) or name it: make PYTHON=/path/to/python3.11 …" >&2
    exit 1
fi

say() { printf '\033[2m%s\033[0m\n' "$*" >&2; }

[ -x .venv/bin/python ] || { say "setup 1/3  creating .venv"; "$found" -m venv .venv; }
say "setup 2/3  installing locked dependencies (a minute or two the first time)"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
# Compiled at once: dbt and Dagster import thousands of modules in every process they start.
VIRTUAL_ENV=.venv .venv/bin/uv pip sync --quiet --require-hashes --compile-bytecode requirements/dev.txt
say "setup 3/3  installing wellspring itself"
VIRTUAL_ENV=.venv .venv/bin/uv pip install --quiet --no-deps --no-build-isolation --editable .
touch .venv/.locked
