-- What went over the wire, as JSON of worker/delivery/exchange.ts. Of events that went in one request the first one's attempt has it,
-- the others have its name: {"with": {"seq", "number"}}. Null where nothing was sent, or before this was kept.
ALTER TABLE attempt ADD COLUMN exchange TEXT;
