-- Turns of rolling up that follow each other look for whose rows are new once, and not each of them.

SET LOCAL ROLE tollgate_owner;

ALTER TABLE tollgate.rollup_seal ADD COLUMN looked_at timestamptz NOT NULL DEFAULT '-infinity';
COMMENT ON COLUMN tollgate.rollup_seal.looked_at IS 'When somebody last looked through the ledger''s last pages for whose rows are new.';
