-- How fast an endpoint may be sent to: a row only where its breaker is not closed or its rate is limited.
-- open_until is null while the breaker is closed; resume is when its next window may begin.
CREATE TABLE pace (
  endpoint TEXT PRIMARY KEY,
  open_until INTEGER,
  step INTEGER NOT NULL,
  next_token INTEGER NOT NULL,
  resume INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
