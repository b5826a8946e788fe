#!/usr/bin/env bash
# Resolve the requirements into lock files with hashes. The files name no host.
set -euo pipefail
cd "$(dirname "$0")/.."

python=$1
[ -x .venv/bin/python ] || "$python" -m venv .venv
[ -x .venv/bin/uv ] || .venv/bin/python -m pip install --quiet uv

compile() { .venv/bin/uv pip compile --quiet --python-version 3.11 --universal --generate-hashes \
    --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' "$@"; }

compile requirements/bootstrap.in --output-file requirements/bootstrap.txt
compile pyproject.toml requirements/runtime.in requirements/dev.in --output-file requirements/dev.txt
