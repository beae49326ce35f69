-- Repricings: what each was asked to do, how far it has come in the order of entry's key, and what came of it so far. Sums of
-- nano-dollars are text, as they may go past 2^53. A row stays as the record of who had it done.
CREATE TABLE repricing (
  id TEXT PRIMARY KEY,
  range_start INTEGER NOT NULL,
  range_end INTEGER NOT NULL,
  made_by TEXT NOT NULL,
  begun INTEGER NOT NULL,
  ended INTEGER,
  session TEXT,
  message TEXT,
  messages INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  before TEXT NOT NULL,
  after TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX repricing_running ON repricing (id) WHERE ended IS NULL;
