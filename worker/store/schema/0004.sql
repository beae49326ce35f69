-- One row: how long what is kept, and when it is looked at next.
CREATE TABLE retention (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  log_days INTEGER CHECK (log_days > 0),
  attempt_days INTEGER NOT NULL CHECK (attempt_days > 0),
  due INTEGER NOT NULL
) STRICT;
INSERT INTO retention VALUES (1, NULL, 30, 0);

-- A part of the log in the archive, at positions first … last. Planned while written is null; its rows leave the log after that.
CREATE TABLE part (
  first INTEGER PRIMARY KEY,
  last INTEGER NOT NULL,
  received_from INTEGER NOT NULL,
  received_to INTEGER NOT NULL,
  bytes INTEGER,
  sha256 TEXT,
  written INTEGER
) STRICT;

-- An endpoint that still needs rows which are old enough to leave: since when it holds them back, when the team was told last.
CREATE TABLE hold (
  endpoint TEXT PRIMARY KEY,
  since INTEGER NOT NULL,
  told INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A chore whose last run failed, and why.
CREATE TABLE failure (
  chore TEXT PRIMARY KEY,
  at INTEGER NOT NULL,
  reason TEXT NOT NULL
) STRICT, WITHOUT ROWID;
