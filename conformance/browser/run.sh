#!/usr/bin/env bash
# Installs the pinned driver into node_modules (kept between runs) and drives the console and an example's page in Chromium.
# OSSICLE_CONSOLE, OSSICLE_ENDPOINT and the other variables of conformance/README.md must be set; OSSICLE_CHROMIUM names a
# browser other than /usr/bin/chromium, OSSICLE_ARTEFACTS the folder for screenshots.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# The browser's build of the official SDK is that of the suite for Node.js.
for folder in "$here" "$here/../node"; do
  stamp="$folder/node_modules/.installed-lock.json"
  if ! cmp -s "$folder/package-lock.json" "$stamp"; then
    (cd "$folder" && npm ci --no-progress --ignore-scripts --loglevel=error >&2)
    cp "$folder/package-lock.json" "$stamp"
  fi
done

export OSSICLE_ARTEFACTS="${OSSICLE_ARTEFACTS:-$PWD/artefacts}" NO_PROXY='*' no_proxy='*'
exec node "$here/main.js" "$@"
