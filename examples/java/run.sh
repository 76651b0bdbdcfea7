#!/usr/bin/env bash
# Builds when a source is newer than the last build, and serves.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
built="$here/target/built"
if [[ ! -e $built || -n $(find "$here/pom.xml" "$here/src" -newer "$built" -print -quit) ]]; then
    mkdir -p "$here/target"
    # Maven colours even its silence; its words matter only when it fails.
    mvn --quiet --batch-mode --no-transfer-progress --file "$here/pom.xml" compile dependency:copy-dependencies \
        -DoutputDirectory="$here/target/lib" -DincludeScope=runtime >"$here/target/maven.log" 2>&1 \
        || { cat "$here/target/maven.log" >&2; exit 1; }
    touch "$built"
fi
export UPLOAD_PAGE="${UPLOAD_PAGE:-$here/../upload.html}"
# The SQLite driver is native code, which newer versions of Java want to be told.
native=()
if java --help-extra 2>/dev/null | grep -q enable-native-access; then native=(--enable-native-access=ALL-UNNAMED); fi
exec java "${native[@]}" -cp "$here/target/classes:$here/target/lib/*" application.Server
