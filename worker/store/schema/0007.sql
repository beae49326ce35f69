-- What an admin has set of an endpoint's deliveries: a JSON object of worker/delivery/settings.ts, empty where all is by default.
ALTER TABLE endpoint ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';
