#!/usr/bin/env bash
# Queries of the NEXMARK benchmark as pipelines, over 50 seconds of an auction house: 20 people, 60 auctions, 920 bids, out of order by up to 2 s.
set -euo pipefail
cd "$(dirname "$0")"
command -v leat > /dev/null || leat() { ../../bin/leat "$@"; }

echo '# 3: who sells in Oregon, Idaho or California in category 10?';      . ./q3.leat
echo '# 4: the average of the winning bids, per category';                 . ./q4.leat
echo '# 5: the auctions with most bids in 10 seconds, every 2 seconds';    . ./q5.leat
echo '# 7: the highest bid of every 10 seconds';                           . ./q7.leat | leat map --drop extra | leat plain
echo '# 8: who has come and begun an auction in the same 10 seconds?';     . ./q8.leat
echo '# 11: the busiest sessions of people who bid';                       . ./q11.leat | leat sort -k bid_count:desc --top 5
echo '# 15: bids, bidders and auctions of a day, by level of price';       . ./q15.leat
echo '# 18, 19: how many rows';                                            . ./q18.leat | leat agg 'count()'; . ./q19.leat | leat agg 'count()'
