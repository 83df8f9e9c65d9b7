#!/usr/bin/env bash
# Numbers, one a line: those below 10, times 100, sorted; lines that are no numbers go to a file of their own. Three times the same work: as a batch over files,
# as a stream through a named pipe, as a loop over small files. The results are equal.
set -euo pipefail
cd "$(dirname "$0")"
command -v leat > /dev/null || leat() { ../../bin/leat "$@"; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

hundredfold() {   # $1: file for invalid lines; the rest: files, or nothing for standard input
  local invalid=$1; shift
  leat from csv --header n --types n=number --bad "$invalid" -Q "$@" | leat filter 'n < 10' | leat map '{n: n * 100}'
}
numbers() { sed 's/^{"n":\(.*\)}$/\1/' | LC_ALL=C sort -n; }
invalid() { leat map '{raw}' "$@" | LC_ALL=C sort; }

# 1. batch: all files at once
hundredfold "$work/batch.bad" numbers-*.txt | numbers > "$work/batch"
invalid "$work/batch.bad" > "$work/batch.invalid"

# 2. stream: a named pipe that somebody writes into, line after line
mkfifo "$work/pipe"
cat numbers-*.txt | while read -r line; do echo "$line"; sleep 0.01; done > "$work/pipe" &
hundredfold "$work/stream.bad" < "$work/pipe" | numbers > "$work/stream"
invalid "$work/stream.bad" > "$work/stream.invalid"

# 3. loop: one small file after the other
for file in numbers-*.txt; do hundredfold "$work/${file%.txt}.bad" "$file"; done | numbers > "$work/loop"
invalid "$work"/numbers-*.bad > "$work/loop.invalid"

echo '# sorted at the end'
cat "$work/batch"
echo '# lines that are no numbers'
cat "$work/batch.invalid"
for way in stream loop; do cmp "$work/batch" "$work/$way" && cmp "$work/batch.invalid" "$work/$way.invalid" && echo "# the $way gave the same"; done

echo '# sorted per window of four, while the numbers come'
leat from csv --header n --types n=number --bad skip -Q numbers-*.txt | leat filter 'n < 10' | leat map '{n: n * 100}' |
  leat window count 4 | leat agg 'collect(n) as n' | leat map 'sort(n) as n'
