-- Three steps, each in a transaction after the one before: announce a time; note the first transaction number that nobody
-- has by then; and when all transactions before it have ended, every row without a place in a chain whose id is before
-- that time is either visible or will be named in late_entries.
CREATE OR REPLACE FUNCTION tollgate.move_seal() RETURNS void
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
  UPDATE tollgate.rollup_seal AS seal
  SET settled_at = CASE WHEN next.is_settled THEN seal.announced_at ELSE seal.settled_at END,
    announced_at = CASE
      -- Five seconds for requests that are under way, so that hardly any of them is late.
      WHEN next.is_settled THEN greatest(seal.announced_at, tollgate.moment() - interval '5 seconds')
      ELSE seal.announced_at
    END,
    waits_for = CASE
      WHEN next.is_settled THEN NULL
      ELSE coalesce(seal.waits_for, pg_snapshot_xmax(pg_current_snapshot()))
    END
  FROM (
    SELECT pg_snapshot_xmin(pg_current_snapshot())
      >= coalesce(known.waits_for, pg_snapshot_xmax(pg_current_snapshot())) AS is_settled
    FROM tollgate.rollup_seal AS known
  ) AS next
$$;
COMMENT ON FUNCTION tollgate.move_seal() IS
  'Settles what was announced once all transactions know it, and announces anew. See docs/decisions/0026-roll-ups.md.';
REVOKE ALL ON FUNCTION tollgate.move_seal() FROM PUBLIC;
