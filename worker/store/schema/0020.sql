-- How many messages a token has sent on a day of UTC, in days since 1970.
CREATE TABLE mail_quota (
  token TEXT NOT NULL,
  day INTEGER NOT NULL,
  sent INTEGER NOT NULL,
  PRIMARY KEY (token, day)
) STRICT, WITHOUT ROWID;

-- How many copies are unread in all mailboxes: to count them would be to read them with each message.
CREATE TABLE mail_waiting (unread INTEGER NOT NULL) STRICT;
INSERT INTO mail_waiting SELECT count(*) FROM mail_copy WHERE state = 'unread';

CREATE TRIGGER mail_waits AFTER INSERT ON mail_copy WHEN NEW.state = 'unread' BEGIN
  UPDATE mail_waiting SET unread = unread + 1;
END;

CREATE TRIGGER mail_settled AFTER UPDATE OF state ON mail_copy WHEN NEW.state <> OLD.state BEGIN
  UPDATE mail_waiting SET unread = unread + (NEW.state = 'unread') - (OLD.state = 'unread');
END;

CREATE TRIGGER mail_gone AFTER DELETE ON mail_copy WHEN OLD.state = 'unread' BEGIN
  UPDATE mail_waiting SET unread = unread - 1;
END;

-- Escalations heard lately, by which one that comes in by several URLs of a town, or of no town (''), is one. `repeated` counts what a
-- URL said once more.
CREATE TABLE escalation (
  town TEXT NOT NULL,
  bead TEXT NOT NULL,
  severity TEXT NOT NULL,
  text TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (town, bead, severity, text)
) STRICT, WITHOUT ROWID;

ALTER TABLE token ADD COLUMN town TEXT;
ALTER TABLE token ADD COLUMN repeated INTEGER NOT NULL DEFAULT 0;
