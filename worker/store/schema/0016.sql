-- Sums of entries per bucket, session and dimension: what sessions spent in a range. Its sums are the other rollups'.
CREATE TABLE rollup_session (
  bucket INTEGER NOT NULL,
  session TEXT NOT NULL,
  dimension INTEGER NOT NULL,
  messages INTEGER NOT NULL,
  input INTEGER NOT NULL,
  output INTEGER NOT NULL,
  reasoning INTEGER NOT NULL,
  cache_read INTEGER NOT NULL,
  cache_write INTEGER NOT NULL,
  cost INTEGER NOT NULL,
  reported INTEGER NOT NULL,
  list INTEGER NOT NULL,
  discarded INTEGER NOT NULL,
  copied INTEGER NOT NULL,
  unpriced INTEGER NOT NULL,
  unlisted INTEGER NOT NULL,
  PRIMARY KEY (bucket, session, dimension)
) STRICT, WITHOUT ROWID;

INSERT INTO rollup_session
SELECT at - at % 900000, session, dimension,
       sum(state <> 'copied'),
       sum(iif(state = 'copied', 0, input)),
       sum(iif(state = 'copied', 0, output)),
       sum(iif(state = 'copied', 0, reasoning)),
       sum(iif(state = 'copied', 0, cache_read)),
       sum(iif(state = 'copied', 0, cache_write)),
       sum(iif(state = 'copied', 0, cost)),
       sum(iif(state = 'copied', 0, reported)),
       sum(iif(state = 'copied', 0, coalesce(list, 0))),
       sum(iif(state = 'discarded', cost, 0)),
       sum(iif(state = 'copied', reported, 0)),
       sum(basis = 'unpriced' AND state <> 'copied'),
       sum(list IS NULL AND state <> 'copied' AND input + output + reasoning + cache_read + cache_write > 0)
  FROM entry
  JOIN dimension ON dimension.id = entry.dimension
 GROUP BY at - at % 900000, session, dimension;

-- Late spend by session too; of before it is not known whose it was, which the empty name says.
CREATE TABLE late_spend (
  bucket INTEGER NOT NULL,
  session TEXT NOT NULL,
  dimension INTEGER NOT NULL,
  received INTEGER NOT NULL,
  cost INTEGER NOT NULL,
  PRIMARY KEY (bucket, session, dimension, received)
) STRICT, WITHOUT ROWID;

INSERT INTO late_spend SELECT bucket, '', dimension, received, cost FROM late;
DROP TABLE late;
ALTER TABLE late_spend RENAME TO late;
