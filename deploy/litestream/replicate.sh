#!/bin/sh
# Copies the database of this machine's daemon to the folder of the replica, in its epoch.
# Reads ASHAD_DB, ASHAD_REPLICA, ASHAD_REPLICA_SOCKET; ends where there is no database yet.
set -eu
here=$(dirname "$0")
ASHAD_EPOCH=$(ashad db epoch --db "$ASHAD_DB")
export ASHAD_EPOCH
exec litestream replicate -config "${ASHAD_LITESTREAM_CONFIG:-$here/litestream.yml}"
