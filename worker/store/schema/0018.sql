-- A project goes by every name that it ever had: budgets and filters find its id by any of them.
CREATE INDEX dimension_project_name ON dimension (project_name, project) WHERE project_name IS NOT NULL;

-- Late spend by the hour too, of all sessions: a range whose spend came late, as a backfilled month's did, is read as fast as others.
CREATE TABLE late_hour (
  bucket INTEGER NOT NULL,
  dimension INTEGER NOT NULL,
  received INTEGER NOT NULL,
  cost INTEGER NOT NULL,
  PRIMARY KEY (bucket, dimension, received)
) STRICT, WITHOUT ROWID;

INSERT INTO late_hour
SELECT bucket - bucket % 3600000, dimension, received, sum(cost)
  FROM late
 GROUP BY bucket - bucket % 3600000, dimension, received;

ALTER TABLE late RENAME TO late_session;
