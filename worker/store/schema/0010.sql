-- An endpoint's url is sealed from now on, like its secrets; what of it everybody may see is its origin. Null where a row of before
-- still holds the url as it is.
ALTER TABLE endpoint ADD COLUMN origin TEXT;

-- The id of the operator's secret that a token was made by; null where that was before it was kept, until the token is used again.
ALTER TABLE token ADD COLUMN made_by TEXT;
