#!/usr/bin/env bash
# A report from a CSV export: cells become numbers where --types says so, and a row that does not fit is put aside, not lost.
set -euo pipefail
cd "$(dirname "$0")"
command -v leat > /dev/null || leat() { ../../bin/leat "$@"; }

aside=$(mktemp)
trap 'rm -f "$aside"' EXIT
echo '# by region'
leat from csv --types order=number,quantity=number,amount=number --bad "$aside" -Q orders.csv |
  leat agg 'count() as orders, sum(quantity) as items, sum(amount) as amount, max(amount) as greatest, distinct(product) as products by region' |
  LC_ALL=C sort
echo '# rows that did not fit'
leat map '{line, raw}' "$aside"
