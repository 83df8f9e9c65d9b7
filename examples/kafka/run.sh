#!/usr/bin/env bash
# Clicks from one topic, counts to another, killed with -9 twice. Needs a broker with the topics clicks and per-minute: LEAT_KAFKA=HOST:PORT.
set -euo pipefail
cd "$(dirname "$0")"
leat=$(command -v leat || true)
[ -x "$leat" ] || leat=$PWD/../../bin/leat

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
clicks=$PWD/clicks.ndjson
cd "$work"
pipeline() {
  echo "from kafka clicks --time ts --delay 5s $* | window 1m | agg 'count() as n by user' | to kafka per-minute --key user"
}

for i in 1 2; do
  sed -n "$((i * 60 - 59)),$((i * 60))p" "$clicks" | "$leat" to kafka clicks --key user
  "$leat" run --checkpoint state --checkpoint-every 50ms "$(pipeline --follow)" &
  sleep 1.5
  kill -9 $!                                              # in the middle
  wait $! 2> /dev/null || true
done
"$leat" run --checkpoint state --drain "$(pipeline)"      # nothing more will come
"$leat" from kafka per-minute | "$leat" sort -k 'window_start, user'
