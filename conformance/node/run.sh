#!/usr/bin/env bash
# Installs the pinned SDK into node_modules (kept between runs) and runs the cases.
# OSSICLE_ENDPOINT and the other variables of conformance/README.md must be set.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
stamp="$here/node_modules/.installed-lock.json"

if ! cmp -s "$here/package-lock.json" "$stamp"; then
  (cd "$here" && npm ci --no-progress --ignore-scripts --loglevel=error >&2)
  cp "$here/package-lock.json" "$stamp"
fi

# The SDK uses interfaces that newer runtimes warn about on every start.
export NODE_NO_WARNINGS=1 NO_PROXY='*' no_proxy='*'
exec node "$here/main.js" "$@"
