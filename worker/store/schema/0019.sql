-- When an endpoint was delivered to last: kept with its cursor, which the same UPDATE moves.
ALTER TABLE endpoint ADD COLUMN last_delivered INTEGER;

UPDATE endpoint
   SET last_delivered = (SELECT max(at) FROM attempt WHERE attempt.endpoint = endpoint.id AND outcome = 'delivered');

-- Of how many events the tries at an endpoint were used up, and when last; of how many the team was told, and when.
ALTER TABLE endpoint ADD COLUMN exhausted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE endpoint ADD COLUMN exhausted_at INTEGER;
ALTER TABLE endpoint ADD COLUMN exhausted_told INTEGER NOT NULL DEFAULT 0;
ALTER TABLE endpoint ADD COLUMN told_at INTEGER;
