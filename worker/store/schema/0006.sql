-- How an endpoint's messages are signed; of v1a the public key, which anybody may read.
ALTER TABLE endpoint ADD COLUMN signing TEXT NOT NULL DEFAULT 'v1' CHECK (signing IN ('v1', 'v1a'));
ALTER TABLE endpoint ADD COLUMN public_key TEXT;

-- Keys that a rotation has replaced and that still sign until their time: [{"secret": sealed, "until": ms}, …], the newest first.
ALTER TABLE endpoint ADD COLUMN retired TEXT NOT NULL DEFAULT '[]';
