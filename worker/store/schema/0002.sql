-- The rollups once more, per whole hour: what a long range is summed from, but for the quarters at its ends.
CREATE TABLE rollup_hour (
  bucket INTEGER NOT NULL,
  dimension INTEGER NOT NULL,
  messages INTEGER NOT NULL,
  input INTEGER NOT NULL,
  output INTEGER NOT NULL,
  reasoning INTEGER NOT NULL,
  cache_read INTEGER NOT NULL,
  cache_write INTEGER NOT NULL,
  cost INTEGER NOT NULL,
  uncosted INTEGER NOT NULL,
  PRIMARY KEY (bucket, dimension)
) STRICT, WITHOUT ROWID;

INSERT INTO rollup_hour
SELECT bucket / 3600000 * 3600000 AS hour,
       dimension,
       sum(messages), sum(input), sum(output), sum(reasoning),
       sum(cache_read), sum(cache_write), sum(cost), sum(uncosted)
  FROM rollup
 GROUP BY hour, dimension;
