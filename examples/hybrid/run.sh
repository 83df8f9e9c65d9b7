#!/usr/bin/env bash
# One text runs live and every night; both results are served as one list, also while a batch is being published.
set -euo pipefail
cd "$(dirname "$0")"
here=$PWD
leat=$(command -v leat || true); [ -x "$leat" ] || leat=$here/../../bin/leat
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"; mkdir log batch

live() { "$leat" run --bind "$here/live.yaml" --checkpoint state/live -f "$here/per-hour.leat"; }
nightly() { ln -sf "access-$1.ndjson" log/night.ndjson; "$leat" run --bind "$here/nightly.yaml" -f "$here/per-hour.leat"; }
serve() { "$leat" merge --offline 'batch/*.ndjson' --live live.ndjson --time window_end --grain 1d; }

for day in 18 19; do                                       # two days, each with its night
  cp "$here/access-$day.ndjson" log
  live
  nightly "$day"
done
cp "$here/access-20.ndjson" log                            # the third day is live only, so far
live
echo "# published: $(ls batch | tr '\n' ' ')"
serve > before.ndjson
head -n 3 before.ndjson; echo …; tail -n 2 before.ndjson

# Read again and again while the batch of the 20th is published, and all batches are published anew, one after the other.
touch reading
(for ((reads = 1; ; reads++)); do serve > "read-$reads.ndjson"; [ -e reading ] || break; done) & reader=$!
nightly 20
for round in 1 2 3 4 5 6 7; do
  for file in batch/*.ndjson; do cp "$file" batch/.new; mv batch/.new "$file"; sleep 0.02; done
done
rm reading; wait "$reader"
for read in read-*.ndjson; do cmp before.ndjson "$read"; done
echo "# 22 publications meanwhile, and every read gave $(wc -l < before.ndjson) results, each once"

# What one run over everything says, but for the last hour, which the live run holds back until it is over.
cat log/access-*.ndjson | "$leat" window 1h --delay 5s | "$leat" agg 'count() as n, count(status >= 500) as errors, sum(bytes) as bytes by host' > whole.ndjson
head -n "$(wc -l < before.ndjson)" whole.ndjson | cmp - before.ndjson && echo '# byte for byte what one run over all three days writes'
