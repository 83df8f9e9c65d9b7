SELECT B.auction, B.bidder, B.price, B.dateTime, B.extra
FROM on_time('bid') B
JOIN (
  SELECT MAX(price) AS maxprice, window_end AS dateTime
  FROM tumble('bid', 10000)
  GROUP BY window_start, window_end
) B1
ON B.price = B1.maxprice
WHERE B.dateTime BETWEEN B1.dateTime - 10000 AND B1.dateTime
