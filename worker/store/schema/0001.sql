-- The team's one append-only log. A row is one batch of one source: its events as a JSON array, at positions first … last.
-- One row a batch and not one an event, because rows written are what is paid for.
CREATE TABLE log (
  last INTEGER PRIMARY KEY,
  first INTEGER NOT NULL,
  received INTEGER NOT NULL,
  origin INTEGER NOT NULL,
  events TEXT NOT NULL
) STRICT;

-- The attributes of a source, each distinct set once.
CREATE TABLE origin (
  id INTEGER PRIMARY KEY,
  attributes TEXT NOT NULL UNIQUE
) STRICT;

-- How far each source has come. What lies below high and in no gap is in the log.
CREATE TABLE source (
  id TEXT PRIMARY KEY,
  origin INTEGER NOT NULL,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  high INTEGER NOT NULL,
  events INTEGER NOT NULL,
  duplicates INTEGER NOT NULL,
  rejected INTEGER NOT NULL,
  backlog INTEGER NOT NULL,
  skew_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE gap (
  source TEXT NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  PRIMARY KEY (source, first)
) STRICT, WITHOUT ROWID;

-- One combination of everything spend is grouped by; key is the JSON array of the columns after it.
CREATE TABLE dimension (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  member TEXT, project TEXT, project_name TEXT, branch TEXT, host TEXT,
  town TEXT, rig TEXT, role TEXT, worker TEXT, bead TEXT,
  provider TEXT, model TEXT, variant TEXT, agent TEXT, kind TEXT
) STRICT;

-- The ledger: what each assistant message costs, in nano-dollars.
CREATE TABLE entry (
  session TEXT NOT NULL,
  message TEXT NOT NULL,
  dimension INTEGER NOT NULL,
  at INTEGER NOT NULL,
  finished INTEGER NOT NULL CHECK (finished IN (0, 1)),
  input INTEGER NOT NULL,
  output INTEGER NOT NULL,
  reasoning INTEGER NOT NULL,
  cache_read INTEGER NOT NULL,
  cache_write INTEGER NOT NULL,
  cost INTEGER NOT NULL CHECK (cost >= 0),
  stamp TEXT NOT NULL,
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
  uncosted INTEGER NOT NULL,
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
  uncosted INTEGER NOT NULL,
  PRIMARY KEY (bucket, dimension)
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
  uncosted INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Few sessions have a parent, and only those are in the index: rows of an index are paid for like any other.
CREATE INDEX session_parent ON session (parent) WHERE parent IS NOT NULL;

-- A consumer of the log. It has had all up to cursor except what stands in retry.
CREATE TABLE endpoint (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  url TEXT NOT NULL,
  events TEXT NOT NULL,
  ordered INTEGER NOT NULL CHECK (ordered IN (0, 1)),
  secret TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('enabled', 'disabled')),
  reason TEXT,
  cursor INTEGER NOT NULL,
  not_before INTEGER NOT NULL,
  created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE retry (
  endpoint TEXT NOT NULL,
  seq INTEGER NOT NULL,
  tries INTEGER NOT NULL,
  due INTEGER NOT NULL,
  PRIMARY KEY (endpoint, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE attempt (
  endpoint TEXT NOT NULL,
  seq INTEGER NOT NULL,
  number INTEGER NOT NULL,
  at INTEGER NOT NULL,
  duration_ms INTEGER NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('delivered', 'retry', 'exhausted', 'rejected', 'gone')),
  status INTEGER,
  detail TEXT,
  next_at INTEGER,
  PRIMARY KEY (endpoint, seq, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE token (
  id TEXT PRIMARY KEY,
  scope TEXT NOT NULL CHECK (scope IN ('ingest', 'read', 'admin')),
  name TEXT NOT NULL,
  hash TEXT NOT NULL,
  created INTEGER NOT NULL,
  revoked INTEGER
) STRICT, WITHOUT ROWID;

-- One row: the team itself.
CREATE TABLE team (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  zone TEXT NOT NULL,
  created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
