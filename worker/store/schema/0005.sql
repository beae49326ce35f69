-- What a team, or a part of it, may spend in a day, a week or a month of its zone. No sum stands here: spend is read from the rollups.
CREATE TABLE budget (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  scope TEXT CHECK (scope IN ('member', 'project', 'model', 'agent', 'provider')),
  value TEXT,
  period TEXT NOT NULL CHECK (period IN ('day', 'week', 'month')),
  "limit" INTEGER NOT NULL CHECK ("limit" > 0),
  thresholds TEXT NOT NULL,
  action TEXT NOT NULL CHECK (action IN ('none', 'warn', 'stop')),
  created INTEGER NOT NULL,
  since INTEGER NOT NULL,
  CHECK ((scope IS NULL) = (value IS NULL))
) STRICT, WITHOUT ROWID;

-- What has been said of a budget in a period: a threshold in per cent, or 0 for the forecast.
CREATE TABLE budget_fire (
  budget TEXT NOT NULL,
  period_start INTEGER NOT NULL,
  threshold INTEGER NOT NULL,
  PRIMARY KEY (budget, period_start, threshold)
) STRICT, WITHOUT ROWID;

-- What else is said once: a digest of the period that begins at a moment, an anomaly of a subject on the day that does.
CREATE TABLE said (
  what TEXT NOT NULL,
  subject TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (what, subject, at)
) STRICT, WITHOUT ROWID;

-- What the watch has to do and when. A row is there only while it is to be done; the reason is why it failed last.
CREATE TABLE task (
  name TEXT PRIMARY KEY CHECK (name IN ('budgets', 'anomalies', 'daily', 'weekly')),
  due INTEGER NOT NULL,
  reason TEXT
) STRICT, WITHOUT ROWID;

ALTER TABLE team ADD COLUMN digest_daily INTEGER NOT NULL DEFAULT 0 CHECK (digest_daily IN (0, 1));
ALTER TABLE team ADD COLUMN digest_weekly INTEGER NOT NULL DEFAULT 0 CHECK (digest_weekly IN (0, 1));
ALTER TABLE team ADD COLUMN digest_hour INTEGER NOT NULL DEFAULT 9 CHECK (digest_hour BETWEEN 0 AND 23);
ALTER TABLE team ADD COLUMN digest_weekday INTEGER NOT NULL DEFAULT 1 CHECK (digest_weekday BETWEEN 1 AND 7);
