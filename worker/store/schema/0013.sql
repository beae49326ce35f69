-- How many messages have no list price: counted from the ledger, which holds every entry, archived or not.
ALTER TABLE rollup ADD COLUMN unlisted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rollup_hour ADD COLUMN unlisted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN unlisted INTEGER NOT NULL DEFAULT 0;

UPDATE rollup
   SET unlisted = counted.messages
  FROM (SELECT at - at % 900000 AS bucket, dimension, count(*) AS messages
          FROM entry
          JOIN dimension ON dimension.id = entry.dimension
         WHERE list IS NULL
           AND state <> 'copied'
           AND input + output + reasoning + cache_read + cache_write > 0
         GROUP BY 1, 2) AS counted
 WHERE rollup.bucket = counted.bucket
   AND rollup.dimension = counted.dimension;

UPDATE rollup_hour
   SET unlisted = counted.messages
  FROM (SELECT bucket - bucket % 3600000 AS hour, dimension, sum(unlisted) AS messages
          FROM rollup
         WHERE unlisted > 0
         GROUP BY 1, 2) AS counted
 WHERE rollup_hour.bucket = counted.hour
   AND rollup_hour.dimension = counted.dimension;

UPDATE session
   SET unlisted = counted.messages
  FROM (SELECT session, count(*) AS messages
          FROM entry
          JOIN dimension ON dimension.id = entry.dimension
         WHERE list IS NULL
           AND state <> 'copied'
           AND input + output + reasoning + cache_read + cache_write > 0
         GROUP BY 1) AS counted
 WHERE session.id = counted.session;
