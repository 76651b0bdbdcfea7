#!/usr/bin/env bash
# Checks the example application servers, all or those named: run.sh [--offline] [python|nodejs|go|java|rust]...
# Without --offline it needs a running store: OSSICLE_ENDPOINT, OSSICLE_CONSOLE, OSSICLE_STS, OSSICLE_ACCESS_KEY_ID,
# OSSICLE_ACCESS_KEY_SECRET, and perhaps OSSICLE_REGION and OSSICLE_BUCKET_PREFIX.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
exec python3 -B "$here/check" "$@"
