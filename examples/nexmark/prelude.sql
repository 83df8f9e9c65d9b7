-- What the published queries take for granted, said for DuckDB: three tables, and table functions for Flink's TUMBLE and HOP. Times are ms since 1970; TIMESTAMP is not needed.
-- seq is the place in the file. wm is the watermark before the row, of a source that lets 4 s of disorder through: what is behind it is late, as in leat (and in Flink's streaming mode).
CREATE TABLE person AS SELECT *, max(dateTime) OVER (ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) - 4000 AS wm FROM (SELECT *, row_number() OVER () AS seq
  FROM read_json('person.ndjson', format = 'newline_delimited', columns = {id: 'BIGINT', name: 'VARCHAR', emailAddress: 'VARCHAR', creditCard: 'VARCHAR', city: 'VARCHAR', state: 'VARCHAR', dateTime: 'BIGINT', extra: 'VARCHAR'}));
CREATE TABLE auction AS SELECT *, max(dateTime) OVER (ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) - 4000 AS wm FROM (SELECT *, row_number() OVER () AS seq
  FROM read_json('auction.ndjson', format = 'newline_delimited', columns = {id: 'BIGINT', itemName: 'VARCHAR', description: 'VARCHAR', initialBid: 'BIGINT', reserve: 'BIGINT', dateTime: 'BIGINT', expires: 'BIGINT',
    seller: 'BIGINT', category: 'BIGINT', extra: 'VARCHAR'}));
CREATE TABLE bid AS SELECT *, max(dateTime) OVER (ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) - 4000 AS wm FROM (SELECT *, row_number() OVER () AS seq
  FROM read_json('bid.ndjson', format = 'newline_delimited', columns = {auction: 'BIGINT', bidder: 'BIGINT', price: 'BIGINT', channel: 'VARCHAR', url: 'VARCHAR', dateTime: 'BIGINT', extra: 'VARCHAR'}));
-- TABLE(TUMBLE(TABLE t, DESCRIPTOR(dateTime), size)), less what is late for its window.
CREATE MACRO tumble(t, size) AS TABLE SELECT * FROM (SELECT *, dateTime - dateTime % size AS window_start, dateTime - dateTime % size + size AS window_end FROM query_table(t)) WHERE wm IS NULL OR window_end > wm;
-- TABLE(HOP(TABLE t, DESCRIPTOR(dateTime), slide, size)).
CREATE MACRO hop(t, slide, size) AS TABLE SELECT * FROM (
  SELECT *, dateTime - dateTime % slide - n * slide AS window_start, dateTime - dateTime % slide - n * slide + size AS window_end FROM query_table(t), range(0, size // slide) AS slides(n)) WHERE wm IS NULL OR window_end > wm;
-- A table less the rows behind its watermark: sessions and joins leave them out.
CREATE MACRO on_time(t) AS TABLE SELECT * FROM query_table(t) WHERE wm IS NULL OR dateTime >= wm;
-- A function that the published benchmark brings along in Java.
CREATE MACRO count_char(s, c) AS length(s) - length(replace(s, c, ''));
