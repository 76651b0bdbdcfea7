#!/usr/bin/env bash
# Installs the pinned SDKs into a local virtual environment (kept between runs) and runs the cases.
# OSSICLE_ENDPOINT and the other variables of conformance/README.md must be set.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
venv="$here/.venv"
stamp="$venv/requirements.installed"

if ! cmp -s "$here/requirements.txt" "$stamp"; then
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps -r "$here/requirements.txt" >&2
  cp "$here/requirements.txt" "$stamp"
fi

# The server under test is on this machine; a proxy of the environment must not get in between.
export NO_PROXY='*' no_proxy='*' PYTHONDONTWRITEBYTECODE=1
exec "$venv/bin/python" "$here/main.py" "$@"
