-- Mail: a fold of the log's `mail.*`. A message stands under the position of its event, as JSON; mailboxes have copies of it.
CREATE TABLE mail (
  n INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  thread TEXT NOT NULL,
  at INTEGER NOT NULL,
  message TEXT NOT NULL
) STRICT;

CREATE INDEX mail_thread ON mail (thread, n);

-- A mailbox is an address that something was sent to. An unread copy may be lent to a reader until a time, under the name of the
-- lease; both stay behind when it is acknowledged. Rank 0 is the most urgent.
CREATE TABLE mail_copy (
  address TEXT NOT NULL,
  n INTEGER NOT NULL,
  rank INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('unread', 'acknowledged', 'read')),
  lease TEXT,
  until INTEGER,
  PRIMARY KEY (address, n)
) STRICT, WITHOUT ROWID;

CREATE INDEX mail_recipient ON mail_copy (n);
CREATE INDEX mail_unread ON mail_copy (address, rank, n) WHERE state = 'unread';
CREATE INDEX mail_lease ON mail_copy (lease) WHERE lease IS NOT NULL;

-- What a token sent under an Idempotency-Key, for a day.
CREATE TABLE mail_key (
  token TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  mail TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (token, key)
) STRICT, WITHOUT ROWID;

-- Whoever of a town asks for its mail is there to be written to as one of a group.
CREATE TABLE mail_reader (
  address TEXT NOT NULL,
  role TEXT NOT NULL,
  town TEXT,
  rig TEXT,
  seen INTEGER NOT NULL,
  PRIMARY KEY (address, role)
) STRICT, WITHOUT ROWID;

ALTER TABLE retention ADD COLUMN mail_days INTEGER NOT NULL DEFAULT 30 CHECK (mail_days > 0);
