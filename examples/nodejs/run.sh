#!/usr/bin/env bash
# Installs what package-lock.json pins (kept between runs) and serves.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
stamp="$here/node_modules/.installed-lock.json"

if ! cmp -s "$here/package-lock.json" "$stamp"; then
  (cd "$here" && npm ci --no-progress --ignore-scripts --loglevel=error >&2)
  cp "$here/package-lock.json" "$stamp"
fi
exec node "$here/server.js"
