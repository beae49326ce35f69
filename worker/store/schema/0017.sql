-- A token may be the secret of a URL that other programs post to: of scope inbound, and of one kind.
CREATE TABLE token_0017 (
  id TEXT PRIMARY KEY,
  scope TEXT NOT NULL CHECK (scope IN ('ingest', 'read', 'admin', 'inbound')),
  kind TEXT CHECK ((kind IS NOT NULL) = (scope = 'inbound')),
  name TEXT NOT NULL,
  hash TEXT NOT NULL,
  created INTEGER NOT NULL,
  revoked INTEGER,
  made_by TEXT
) STRICT, WITHOUT ROWID;

INSERT INTO token_0017 (id, scope, name, hash, created, revoked, made_by)
SELECT id, scope, name, hash, created, revoked, made_by FROM token;
DROP TABLE token;
ALTER TABLE token_0017 RENAME TO token;

-- Sessions with work open, but for sub-agents: those whose status is busy, retry or waiting. `told` is when the team was told that
-- one has stalled, null where it was not. A row is written when a turn begins or ends, not with every event.
CREATE TABLE open_session (
  id TEXT PRIMARY KEY,
  told INTEGER
) STRICT, WITHOUT ROWID;

INSERT INTO open_session (id) SELECT id FROM session WHERE status IN ('busy', 'retry', 'waiting') AND parent IS NULL;

CREATE TABLE task_0017 (
  name TEXT PRIMARY KEY CHECK (name IN ('budgets', 'anomalies', 'daily', 'weekly', 'stalled')),
  due INTEGER NOT NULL,
  reason TEXT
) STRICT, WITHOUT ROWID;

INSERT INTO task_0017 SELECT * FROM task;
DROP TABLE task;
ALTER TABLE task_0017 RENAME TO task;

-- After how many minutes of silence a session with work open has stalled; 0 for never.
ALTER TABLE team ADD COLUMN stalled_after_min INTEGER NOT NULL DEFAULT 15 CHECK (stalled_after_min BETWEEN 0 AND 1440);
