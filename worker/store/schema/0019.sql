-- When an endpoint was delivered to last: kept with its cursor, which the same UPDATE moves.
ALTER TABLE endpoint ADD COLUMN last_delivered INTEGER;

UPDATE endpoint
   SET last_delivered = (SELECT max(at) FROM attempt WHERE attempt.endpoint = endpoint.id AND outcome = 'delivered');
