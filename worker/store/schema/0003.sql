-- What a team's admins say about prices: a fold of the log's `prices.changed`. A rule is never changed in place: entries name the
-- price that they were computed with.
CREATE TABLE price_rule (
  id TEXT PRIMARY KEY,
  rule TEXT NOT NULL,
  made_by TEXT NOT NULL,
  created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The book that holds now: no row for the bundled one. A fold of the log too.
CREATE TABLE price_current (
  book TEXT NOT NULL
) STRICT;

-- Every newer price book that was ever put in place, by its name, in parts since it may be longer than a row. It is what the log
-- names and does not hold.
CREATE TABLE price_book (
  name TEXT NOT NULL,
  part INTEGER NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (name, part)
) STRICT;
