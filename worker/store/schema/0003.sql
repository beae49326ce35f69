-- What a team's admins say about prices. A rule is never changed in place: entries name the price that they were computed with.
CREATE TABLE price_rule (
  id TEXT PRIMARY KEY,
  rule TEXT NOT NULL,
  made_by TEXT NOT NULL,
  created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A newer price book in place of the bundled one: no row or one. It may be longer than a row, so it lies in parts.
CREATE TABLE price_book (
  part INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  text TEXT NOT NULL
) STRICT;
