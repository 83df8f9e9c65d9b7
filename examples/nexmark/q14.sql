-- count_char is a function of the published benchmark; prelude.sql says it in SQL.
SELECT auction, bidder, 0.908 * price AS price,
  CASE
    WHEN HOUR(make_timestamp_ms(dateTime)) >= 8 AND HOUR(make_timestamp_ms(dateTime)) <= 18 THEN 'dayTime'
    WHEN HOUR(make_timestamp_ms(dateTime)) <= 6 OR HOUR(make_timestamp_ms(dateTime)) >= 20 THEN 'nightTime'
    ELSE 'otherTime'
  END AS bidTimeType,
  dateTime, extra, count_char(extra, 'c') AS c_counts
FROM bid
WHERE 0.908 * price > 1000000 AND 0.908 * price < 50000000
