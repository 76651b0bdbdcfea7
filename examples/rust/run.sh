#!/usr/bin/env bash
# Builds and serves.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
export CARGO_TARGET_DIR="${EXAMPLE_TARGET_DIR:-$here/target}"
cargo build --quiet --locked --manifest-path "$here/Cargo.toml" >&2
exec "$CARGO_TARGET_DIR/debug/application-server"
