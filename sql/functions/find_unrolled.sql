-- Runs as tollgate_reporter, whose policies admit it to whose rows there are, of every organization, for reading only.
GRANT CREATE ON SCHEMA tollgate TO tollgate_reporter;
SET LOCAL ROLE tollgate_reporter;
CREATE OR REPLACE FUNCTION tollgate.find_unrolled(
  from_organization uuid,
  OUT organization_ids uuid[],
  OUT to_organization uuid,
  OUT parents regclass[],
  OUT months date[],
  OUT next_blocks bigint[],
  OUT seen_blocks bigint[],
  OUT has_more boolean
)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
SET jit = off
AS $$
DECLARE
  -- Pages of 8 KiB. PostgreSQL extends a table by up to 512 at once, which fill in any order.
  overlap CONSTANT bigint := 512::bigint;
  at_once CONSTANT bigint := 4096::bigint;
  balances_at_once CONSTANT integer := 20000;
  everywhere CONSTANT boolean := from_organization = '00000000-0000-0000-0000-000000000000';
  partition record;
  first_block bigint;
  end_block bigint;
  found uuid[];
BEGIN
  organization_ids := '{}';
  parents := '{}';
  months := '{}';
  next_blocks := '{}';
  seen_blocks := '{}';
  has_more := false;
  IF from_organization IS NOT NULL THEN
    organization_ids := ARRAY(
      SELECT DISTINCT token.organization_id
      FROM (
        SELECT known.organization_id, known.token_type, known.ledger_sequence
        FROM public.ai_tokens AS known
        WHERE known.organization_id >= from_organization
        ORDER BY known.organization_id, known.token_type
        LIMIT balances_at_once
      ) AS token
        LEFT JOIN tollgate.rolled_balances AS rolled
          ON rolled.organization_id = token.organization_id AND rolled.token_type = token.token_type
      WHERE token.ledger_sequence > coalesce(rolled.sequence, 0));
    -- The last one may have more balances: the next look begins with it.
    SELECT known.organization_id
    INTO to_organization
    FROM public.ai_tokens AS known
    WHERE known.organization_id >= from_organization
    ORDER BY known.organization_id, known.token_type
    OFFSET balances_at_once - 1
    LIMIT 1;
  END IF;
  FOR partition IN
    SELECT known.*, place.next_block, place.seen_blocks
    FROM (
      SELECT
        child.oid, inhparent::regclass AS parent,
        to_date(right(child.relname, 7), 'YYYY_MM') AS month,
        pg_relation_size(child.oid) / current_setting('block_size')::bigint AS blocks
      FROM pg_inherits
        JOIN pg_class AS child ON child.oid = inhrelid
      WHERE inhparent IN ('public.ai_token_usage_log'::regclass, 'tollgate.ledger_entries'::regclass)
        AND child.relname ~ '_[0-9]{4}_[0-9]{2}$'
    ) AS known
      LEFT JOIN tollgate.rollup_places AS place ON place.parent = known.parent AND place.month = known.month
    WHERE known.blocks > 0
      AND (known.blocks <> coalesce(place.seen_blocks, 0)
        OR coalesce(place.next_block, 0) < known.blocks - overlap
        OR everywhere AND known.parent = 'tollgate.ledger_entries'::regclass
        OR known.month = date_trunc('month', tollgate.moment())::date)
  LOOP
    -- After a restore a table may be shorter than it was.
    first_block := CASE
      WHEN everywhere AND partition.parent = 'tollgate.ledger_entries'::regclass
        OR coalesce(partition.next_block, 0) > partition.blocks
      THEN 0
      ELSE greatest(0, coalesce(partition.next_block, 0))
    END;
    end_block := least(partition.blocks, first_block + at_once);
    -- Left out is who is known to be behind, and whoever was rolled up since its last row, but for transactions that may
    -- have been under way then.
    EXECUTE format(
      'SELECT array_agg(written.organization_id)
      FROM (
        SELECT page.organization_id, max(page.created_at) AS created_at
        FROM %s AS page
        WHERE page.created_at >= %L AND page.created_at < %L AND page.ctid >= %L AND page.ctid < %L
        GROUP BY page.organization_id
      ) AS written
        LEFT JOIN tollgate.rolled_organizations AS rolled ON rolled.organization_id = written.organization_id
      WHERE rolled.is_behind IS NOT TRUE
        AND (%L OR (written.created_at < rolled.looked_from - interval ''10 seconds'' AND rolled.looked_from <= %L) IS NOT TRUE)',
      partition.parent, partition.month::timestamptz, (partition.month + interval '1 month')::timestamptz,
      format('(%s,0)', first_block),
      -- More pages than there are: what is added meanwhile is no worse.
      format('(%s,0)', end_block + CASE WHEN end_block = partition.blocks THEN overlap ELSE 0 END),
      everywhere, tollgate.moment())
    INTO found;
    organization_ids := organization_ids || found;
    parents := parents || partition.parent;
    months := months || partition.month;
    next_blocks := next_blocks
      || CASE WHEN end_block = partition.blocks THEN greatest(0, end_block - overlap) ELSE end_block END;
    seen_blocks := seen_blocks || partition.blocks;
    has_more := has_more OR end_block < partition.blocks;
  END LOOP;
END
$$;
COMMENT ON FUNCTION tollgate.find_unrolled(uuid) IS
  'Organizations that have rows in pages of the ledger that nobody has looked through yet, some of them rolled up already; and how far it has looked now. With from_organization also those from this one on whose chain goes further than what is rolled up, which is looked at for 20000 balances at a time: up to to_organization, NULL after the last. From the nil UUID on, the ledger''s other movements and refusals are looked through anew.';
REVOKE ALL ON FUNCTION tollgate.find_unrolled(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.find_unrolled(uuid) TO tollgate_owner;
SET LOCAL ROLE tollgate_owner;
REVOKE CREATE ON SCHEMA tollgate FROM tollgate_reporter;
