#!/usr/bin/env bash
# Builds when a source is newer than the last build, and runs; an argument restricts it to the cases whose name
# contains it.
set -euo pipefail
cd "$(dirname "$0")"
built=target/built
if [[ ! -e $built || -n $(find pom.xml src -newer "$built" -print -quit) ]]; then
    mkdir -p target
    # Maven colours even its silence; its words matter only when it fails.
    mvn --quiet --batch-mode --no-transfer-progress compile dependency:copy-dependencies \
        -DoutputDirectory=target/lib -DincludeScope=runtime >target/maven.log 2>&1 \
        || { cat target/maven.log >&2; exit 1; }
    touch "$built"
fi
# Before Java 18 the SDK encodes callback parameters in the platform's charset.
exec java -Dfile.encoding=UTF-8 -Dstdout.encoding=UTF-8 -cp 'target/classes:target/lib/*' conformance.Main "$@"
