#!/usr/bin/env bash
# The same pipeline on a file, on a pipe and on rotated CSV: three bindings, one text, the same bytes.
set -euo pipefail
cd "$(dirname "$0")"
command -v leat > /dev/null || leat() { ../../bin/leat "$@"; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

echo '# dev.yaml: a file'
leat run --bind dev.yaml -f per-minute.leat | tee "$work/dev.ndjson"

leat run --bind pipe.yaml -f per-minute.leat < access.ndjson > "$work/pipe.ndjson"
cmp "$work/dev.ndjson" "$work/pipe.ndjson" && echo '# pipe.yaml: the same bytes'

mkdir "$work/logs"                                         # as logrotate leaves them: the older half packed, times in seconds
leat map '{ time: ts / 1000, host, status }' access.ndjson | leat to csv "$work/all.csv"
{ head -n 61 "$work/all.csv" | gzip > "$work/logs/access.csv.1.gz"; head -n 1 "$work/all.csv"; tail -n +62 "$work/all.csv"; } > "$work/logs/access.csv"
leat=$(command -v leat || true); [ -x "$leat" ] || leat=$PWD/../../bin/leat
here=$PWD
(cd "$work" && "$leat" run --bind "$here/nightly.json" -f "$here/per-minute.leat")
cmp "$work/dev.ndjson" "$work/per-minute.ndjson" && echo '# nightly.json: the same bytes, in per-minute.ndjson'

echo '# kafka.yaml: not run here, for it needs a broker; as a job for Flink'
leat compile --to flink --bind kafka.yaml -o "$work/job" "$(cat per-minute.leat)"
ls "$work/job" && grep equality "$work/job/manifest.json" && grep -c "'connector' = 'kafka'" "$work/job/job.sql"

echo '# a name that nobody has bound'
leat run --bind dev.yaml 'from acess | window 1m' 2>&1 || echo "exit status $?"
