#!/usr/bin/env bash
# Builds (Go caches) and serves.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
(cd "$here" && mkdir -p target && go build -o target/application . >&2)
export UPLOAD_PAGE="${UPLOAD_PAGE:-$here/../upload.html}"
exec "$here/target/application"
