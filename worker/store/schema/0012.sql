-- An endpoint that does not get what it should: a row while that is so, none for one that is well. Since when it fails, with the
-- last failure; since when the relay has not got to it, and how far it had come then; what the team was told since the last
-- delivery, as a JSON array.
CREATE TABLE health (
  endpoint TEXT PRIMARY KEY,
  failing_since INTEGER,
  error TEXT,
  status INTEGER,
  stalled_since INTEGER,
  mark TEXT,
  told TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Events that an endpoint is to get once more, beside its cursor. A row goes when its event is tried.
CREATE TABLE replay (
  endpoint TEXT NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (endpoint, seq)
) STRICT, WITHOUT ROWID;
