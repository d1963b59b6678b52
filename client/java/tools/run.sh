#!/bin/sh
# Runs MAIN from anywhere; the archive of its classes, where there is one, halves its start.
here=$(dirname "$(readlink -f "$0")")
archive=$here/$(basename "$0").jsa
# Without -Xlog:disable the JVM prints what it thinks of a stale archive, on standard output.
exec java FLAGS -Xlog:disable ${ASHAD_JAVA:--Xshare:auto -XX:SharedArchiveFile="$archive"} \
    -cp "$here/tools.jar:$here/lib/*" MAIN "$@"
