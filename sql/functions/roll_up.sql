-- Whose rows are new is found by hints; what of them is new, tollgate.unrolled() proves. One at a time, in the whole
-- database: another finds nothing to do. What does not commit was not rolled up.
CREATE OR REPLACE FUNCTION tollgate.roll_up(
  organization_limit integer DEFAULT 500,
  row_limit integer DEFAULT 50000
) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  seal tollgate.rollup_seal;
  everywhere boolean;
  unrolled record;
  behind uuid[];
  rolled_up bigint;
BEGIN
  IF (organization_limit BETWEEN 1 AND 10000 AND row_limit BETWEEN 1 AND 1000000) IS NOT TRUE THEN
    RAISE EXCEPTION 'At a time 1 to 10000 organizations are rolled up, and 1 to 1000000 rows.' USING ERRCODE = 'TG400';
  END IF;
  IF NOT pg_try_advisory_xact_lock(hash_record_extended(ROW('roll-ups'::text), 0)) THEN
    RETURN 0;
  END IF;
  PERFORM tollgate.move_seal();
  SELECT * INTO seal FROM tollgate.rollup_seal;
  everywhere := seal.everywhere_at <= tollgate.moment() - interval '1 hour' OR seal.everywhere_at > tollgate.moment();

  SELECT * INTO unrolled FROM tollgate.find_unrolled(everywhere);
  PERFORM tollgate.admit_organizations(unrolled.organization_ids);
  INSERT INTO tollgate.rolled_organizations AS kept (organization_id)
  SELECT DISTINCT organization_id FROM unnest(unrolled.organization_ids) AS organization_id
  ON CONFLICT ON CONSTRAINT "an organization is rolled up in one way" DO UPDATE
  SET is_behind = true
  WHERE NOT kept.is_behind;
  INSERT INTO tollgate.rollup_places AS kept (parent, month, next_block, seen_blocks)
  SELECT * FROM unnest(unrolled.parents, unrolled.months, unrolled.next_blocks, unrolled.seen_blocks)
  ON CONFLICT ON CONSTRAINT "a partition is looked through once" DO UPDATE
  SET next_block = excluded.next_block, seen_blocks = excluded.seen_blocks;

  behind := tollgate.find_behind(organization_limit);
  PERFORM tollgate.admit_organizations(behind);
  rolled_up := tollgate.roll_up_organizations(behind, greatest(20, row_limit / greatest(1, cardinality(behind))));
  PERFORM tollgate.admit_organizations('{}');
  UPDATE tollgate.rollup_seal
  SET everywhere_at = CASE WHEN everywhere THEN tollgate.moment() ELSE everywhere_at END,
    caught_up_at = CASE
      WHEN NOT unrolled.has_more AND cardinality(behind) < organization_limit THEN now()
      ELSE caught_up_at
    END;
  RETURN rolled_up;
END
$$;
COMMENT ON FUNCTION tollgate.roll_up(integer, integer) IS
  'Adds to the roll-ups what is new in the ledger, of at most organization_limit organizations and about row_limit rows, shared out among them, and returns how many rows that were; 0 also while somebody else does it. Servers do this every ten seconds.';
REVOKE ALL ON FUNCTION tollgate.roll_up(integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.roll_up(integer, integer) TO service_role, tollgate_server;
