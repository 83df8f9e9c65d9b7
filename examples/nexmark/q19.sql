-- seq: the published query leaves the places of bids of equal price open; here they follow the file.
SELECT * EXCLUDE (seq, wm)
FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY auction ORDER BY price DESC, seq ASC) AS rank_number FROM bid)
WHERE rank_number <= 10
