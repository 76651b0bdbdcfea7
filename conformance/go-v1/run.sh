#!/usr/bin/env bash
# Builds (Go caches) and runs the program; an argument restricts it to the cases whose name contains it.
set -euo pipefail
cd "$(dirname "$0")"
mkdir -p target
go build -o target/conformance .
exec target/conformance "$@"
