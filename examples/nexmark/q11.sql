-- SESSION(dateTime, INTERVAL '10' SECOND): a bid more than the gap behind the one before it begins a session.
SELECT bidder, count(*) AS bid_count, min(dateTime) AS starttime, max(dateTime) + 10000 AS endtime
FROM (
  SELECT *, SUM(isFirst) OVER (PARTITION BY bidder ORDER BY dateTime, seq) AS session
  FROM (SELECT *, CASE WHEN dateTime - LAG(dateTime) OVER (PARTITION BY bidder ORDER BY dateTime, seq) > 10000 THEN 1 ELSE 0 END AS isFirst FROM on_time('bid'))
)
GROUP BY bidder, session
