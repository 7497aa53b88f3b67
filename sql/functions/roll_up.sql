-- Whose rows are new is found by hints; what of them is new, tollgate.unrolled_sums() proves. One at a time, in the whole
-- database: another finds nothing to do. What does not commit was not rolled up.
CREATE OR REPLACE FUNCTION tollgate.roll_up(
  organization_limit integer DEFAULT 500,
  row_limit integer DEFAULT 50000,
  milliseconds integer DEFAULT 2000,
  OUT rolled_up bigint,
  OUT is_done boolean
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  seal tollgate.rollup_seal;
  -- Once an hour every balance is looked at, some of them in each turn.
  from_organization uuid;
  unrolled record;
  to_organization uuid;
  behind uuid[];
  part uuid[];
  rolled record;
  -- Those that had more rows than their part. They have half of the time, each in turn by itself.
  busy uuid[] := ARRAY[]::uuid[];
  takes_busy boolean;
  took_busy boolean := false;
  time_of_busy interval := interval '0';
  time_of_others interval := interval '0';
  done integer := 0;
  has_rest boolean := false;
  looks boolean;
  -- Few at first: nobody knows how much there is to read, nor who of them takes too long.
  at_once integer := 1;
  -- Policies compare each row's organization with all that were admitted.
  most_at_once CONSTANT integer := 100;
  began timestamptz;
  part_began timestamptz;
BEGIN
  IF (organization_limit BETWEEN 1 AND 10000 AND row_limit BETWEEN 1 AND 1000000 AND milliseconds BETWEEN 1 AND 60000)
    IS NOT TRUE
  THEN
    RAISE EXCEPTION 'At a time 1 to 10000 organizations and 1 to 1000000 rows are rolled up, in 1 to 60000 milliseconds.'
      USING ERRCODE = 'TG400';
  END IF;
  rolled_up := 0;
  is_done := true;
  IF NOT pg_try_advisory_xact_lock(hash_record_extended(ROW('roll-ups'::text), 0)) THEN
    RETURN;
  END IF;
  PERFORM tollgate.move_seal();
  SELECT * INTO seal FROM tollgate.rollup_seal;
  from_organization := seal.looked_up_to;
  IF from_organization IS NULL
    AND (seal.everywhere_at <= tollgate.moment() - interval '1 hour' OR seal.everywhere_at > tollgate.moment())
  THEN
    from_organization := '00000000-0000-0000-0000-000000000000'::uuid;
  END IF;

  behind := tollgate.find_behind(organization_limit);
  -- Looking takes as long as rolling up many of them: while there are enough of those who are known, it is done every ten
  -- seconds.
  looks := from_organization IS NOT NULL
    OR cardinality(behind) < organization_limit
    OR seal.looked_at NOT BETWEEN tollgate.moment() - interval '10 seconds' AND tollgate.moment();
  IF looks THEN
    SELECT * INTO unrolled FROM tollgate.find_unrolled(from_organization);
    FOR start IN 1..cardinality(unrolled.organization_ids) BY most_at_once LOOP
      part := unrolled.organization_ids[start:start + most_at_once - 1];
      PERFORM tollgate.admit_organizations(part);
      INSERT INTO tollgate.rolled_organizations AS kept (organization_id)
      SELECT DISTINCT organization_id FROM unnest(part) AS organization_id
      ON CONFLICT ON CONSTRAINT "an organization is rolled up in one way" DO UPDATE
      SET is_behind = true
      WHERE NOT kept.is_behind;
    END LOOP;
    INSERT INTO tollgate.rollup_places AS kept (parent, month, next_block, seen_blocks)
    SELECT * FROM unnest(unrolled.parents, unrolled.months, unrolled.next_blocks, unrolled.seen_blocks)
    ON CONFLICT ON CONSTRAINT "a partition is looked through once" DO UPDATE
    SET next_block = excluded.next_block, seen_blocks = excluded.seen_blocks;
    has_rest := unrolled.has_more;
    to_organization := unrolled.to_organization;
    behind := tollgate.find_behind(organization_limit);
  END IF;

  began := clock_timestamp();
  -- Some are rolled up in every turn, and one of those that have more rows than their part of them. Two at least: the first
  -- may be one of these.
  WHILE cardinality(busy) > 0 OR done < cardinality(behind) LOOP
    EXIT WHEN clock_timestamp() >= began + milliseconds * interval '1 millisecond'
      AND done >= least(2, cardinality(behind)) AND (took_busy OR cardinality(busy) = 0);
    takes_busy := cardinality(busy) > 0 AND (done >= cardinality(behind) OR time_of_busy <= time_of_others);
    IF takes_busy THEN
      part := busy[1:1];
      busy := busy[2:];
    ELSE
      part := behind[done + 1:done + at_once];
      done := done + at_once;
    END IF;
    part_began := clock_timestamp();
    PERFORM tollgate.admit_organizations(part);
    BEGIN
      SELECT *
      INTO rolled
      FROM tollgate.roll_up_organizations(part, greatest(20, row_limit / cardinality(part)));
    EXCEPTION WHEN query_canceled THEN
      -- One of them takes longer than statement_timeout. They are the first ones in the next turn, which begins with a single
      -- one; and who takes too long alone is the last.
      UPDATE tollgate.rolled_organizations
      SET rolled_at = CASE WHEN cardinality(part) = 1 THEN clock_timestamp() ELSE '-infinity' END
      WHERE organization_id = ANY (part);
      has_rest := true;
      EXIT;
    END;
    rolled_up := rolled_up + rolled.rolled_up;
    IF takes_busy OR cardinality(part) = 1 AND rolled.cut <> '{}' THEN
      took_busy := true;
      time_of_busy := time_of_busy + (clock_timestamp() - part_began);
    ELSE
      time_of_others := time_of_others + (clock_timestamp() - part_began);
      IF clock_timestamp() < part_began + interval '200 milliseconds' THEN
        at_once := least(2 * at_once, most_at_once);
      END IF;
    END IF;
    -- Where nothing was added, the rest waits for the seal.
    IF rolled.rolled_up > 0 THEN
      busy := busy || rolled.cut;
    END IF;
  END LOOP;
  has_rest := has_rest OR cardinality(busy) > 0 OR done < cardinality(behind)
    OR cardinality(behind) >= organization_limit;
  PERFORM tollgate.admit_organizations('{}');
  UPDATE tollgate.rollup_seal
  SET everywhere_at = CASE
      WHEN from_organization = '00000000-0000-0000-0000-000000000000' THEN tollgate.moment()
      ELSE everywhere_at
    END,
    looked_up_to = to_organization,
    looked_at = CASE WHEN looks THEN tollgate.moment() ELSE looked_at END,
    caught_up_at = CASE
      WHEN NOT has_rest THEN now()
      ELSE caught_up_at
    END;
  is_done := NOT has_rest AND to_organization IS NULL;
END
$$;
COMMENT ON FUNCTION tollgate.roll_up(integer, integer, integer) IS
  'Adds to the roll-ups what is new in the ledger, of at most organization_limit organizations, row_limit rows at once and as many as so many milliseconds allow once they are found, but some of them in any case, and returns how many rows that were, and whether nothing is left of what was found or somebody else is at it. Servers do this every ten seconds.';
REVOKE ALL ON FUNCTION tollgate.roll_up(integer, integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.roll_up(integer, integer, integer) TO service_role, tollgate_server;
