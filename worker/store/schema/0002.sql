-- The folds once more, with prices: they are made anew from the log, so nothing in them is carried over.
DROP TABLE dimension;
DROP TABLE entry;
DROP TABLE rollup;
DROP TABLE rollup_hour;
DROP TABLE session;

-- One combination of everything spend is grouped by; key is the JSON array of the columns after it.
CREATE TABLE dimension (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  member TEXT, project TEXT, project_name TEXT, branch TEXT, host TEXT,
  town TEXT, rig TEXT, role TEXT, worker TEXT, bead TEXT,
  provider TEXT, model TEXT, variant TEXT, agent TEXT, kind TEXT,
  basis TEXT NOT NULL CHECK (basis IN ('reported', 'list', 'plan', 'free', 'unpriced')),
  state TEXT NOT NULL CHECK (state IN ('kept', 'discarded', 'copied'))
) STRICT;

-- The names of prices that entries were computed with.
CREATE TABLE price (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

-- The ledger: what each assistant message costs, in nano-dollars.
CREATE TABLE entry (
  session TEXT NOT NULL,
  message TEXT NOT NULL,
  dimension INTEGER NOT NULL,
  at INTEGER NOT NULL,
  finished INTEGER NOT NULL CHECK (finished IN (0, 1)),
  live INTEGER NOT NULL CHECK (live IN (0, 1)),
  input INTEGER NOT NULL,
  output INTEGER NOT NULL,
  reasoning INTEGER NOT NULL,
  cache_read INTEGER NOT NULL,
  cache_write INTEGER NOT NULL,
  cost INTEGER NOT NULL CHECK (cost >= 0),
  reported INTEGER NOT NULL CHECK (reported >= 0),
  list INTEGER CHECK (list >= 0),
  price INTEGER,
  stamp TEXT NOT NULL,
  PRIMARY KEY (session, message)
) STRICT, WITHOUT ROWID;

-- What was reverted (a message) or deleted (a session, whose message is then empty): what is or comes there is discarded, if it
-- was begun until then.
CREATE TABLE discard (
  session TEXT NOT NULL,
  message TEXT NOT NULL,
  until INTEGER NOT NULL,
  PRIMARY KEY (session, message)
) STRICT, WITHOUT ROWID;

-- Sums of entries per bucket of 15 minutes and dimension.
CREATE TABLE rollup (
  bucket INTEGER NOT NULL,
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
  PRIMARY KEY (bucket, dimension)
) STRICT, WITHOUT ROWID;

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
  reported INTEGER NOT NULL,
  list INTEGER NOT NULL,
  discarded INTEGER NOT NULL,
  copied INTEGER NOT NULL,
  unpriced INTEGER NOT NULL,
  PRIMARY KEY (bucket, dimension)
) STRICT, WITHOUT ROWID;

-- What was charged to a bucket more than an hour after its end, and when: what a period that had closed gained since.
CREATE TABLE late (
  bucket INTEGER NOT NULL,
  dimension INTEGER NOT NULL,
  received INTEGER NOT NULL,
  cost INTEGER NOT NULL,
  PRIMARY KEY (bucket, dimension, received)
) STRICT, WITHOUT ROWID;

-- Each stamp says which event had the last word on the columns after it. The sums are the session's own entries.
CREATE TABLE session (
  id TEXT PRIMARY KEY,
  first_at INTEGER NOT NULL,
  labels_stamp TEXT NOT NULL,
  member TEXT NOT NULL, project TEXT, project_name TEXT,
  info_stamp TEXT,
  parent TEXT, title TEXT, created_at INTEGER,
  status_stamp TEXT,
  status TEXT CHECK (status IN ('idle', 'busy', 'retry', 'error', 'waiting', 'deleted')),
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
  unpriced INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Few sessions have a parent, and only those are in the index: rows of an index are paid for like any other.
CREATE INDEX session_parent ON session (parent) WHERE parent IS NOT NULL;
