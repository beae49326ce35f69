-- What an event must be beside its type for an endpoint to want it, as JSON; null where the type is all that matters.
ALTER TABLE endpoint ADD COLUMN condition TEXT;

-- Of an endpoint that wants one message a session, type and interval: an interval under way, and the newest event held back in it.
-- The topic is type and session, parted by a line break.
CREATE TABLE grouping (
  endpoint TEXT NOT NULL,
  topic TEXT NOT NULL,
  until INTEGER NOT NULL,
  seq INTEGER,
  folded INTEGER NOT NULL,
  PRIMARY KEY (endpoint, topic)
) STRICT, WITHOUT ROWID;

-- Only where something is held back does anybody wait for the end.
CREATE INDEX grouping_due ON grouping (endpoint, until) WHERE seq IS NOT NULL;

-- How many other events one that was held back stands for.
ALTER TABLE retry ADD COLUMN folded INTEGER NOT NULL DEFAULT 0;
