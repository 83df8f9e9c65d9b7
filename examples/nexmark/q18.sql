-- seq: the published query leaves it open which of two bids of the same time is the last; here it is the last one of the file.
SELECT auction, bidder, price, channel, url, dateTime, extra
FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY bidder, auction ORDER BY dateTime DESC, seq DESC) AS rank_number FROM bid)
WHERE rank_number <= 1
