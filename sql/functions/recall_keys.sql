-- What idempotency keys remember about the items of a batch, and which items of it share a key.
CREATE OR REPLACE FUNCTION tollgate.recall_keys(
  organization_ids uuid[],
  user_ids uuid[],
  features text[],
  units bigint[],
  idempotency_keys text[],
  event_ids text[],
  metadata jsonb[],
  requests jsonb[],
  OUT predecessors integer[],
  OUT fingerprints bigint[],
  OUT settled tollgate.idempotency_keys[]
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  item_numbers CONSTANT integer[] := array_positions(array_fill(1, ARRAY[cardinality(features)]), 1);
  this_week CONSTANT date := date_trunc('week', tollgate.moment() AT TIME ZONE 'UTC')::date;
  week_by_the_clock CONSTANT date := date_trunc('week', clock_timestamp() AT TIME ZONE 'UTC')::date;
BEGIN
  SELECT array_agg(named.predecessor), array_agg(named.fingerprint), array_agg(named.settled)
  INTO predecessors, fingerprints, settled
  FROM (
    SELECT
      CASE WHEN item.key IS NOT NULL THEN
        lag(item.n) OVER (PARTITION BY item.organization_id, item.key ORDER BY item.n)
      END AS predecessor,
      tollgate.fingerprint(item.user_id, item.feature, item.units, item.event_id, item.metadata, item.request)
        AS fingerprint,
      (
        SELECT kept
        FROM tollgate.idempotency_keys AS kept
        WHERE kept.organization_id = item.organization_id
          AND kept.key = item.key
          AND kept.week IN (this_week - 7, this_week, week_by_the_clock)
        LIMIT 1
      ) AS settled
    FROM (
      SELECT
        unnest(item_numbers) AS n, unnest(organization_ids) AS organization_id,
        unnest(idempotency_keys) COLLATE "C" AS key, unnest(user_ids) AS user_id, unnest(features) AS feature,
        unnest(units) AS units, unnest(event_ids) AS event_id, unnest(metadata) AS metadata,
        unnest(requests) AS request
    ) AS item
    ORDER BY item.n
  ) AS named;
END
$$;
COMMENT ON FUNCTION tollgate.recall_keys(uuid[], uuid[], text[], bigint[], text[], text[], jsonb[], jsonb[]) IS
  'What idempotency keys remember about the items of a batch (settled), the item before with the same key (predecessors), and what tells requests apart (fingerprints).';
REVOKE ALL ON FUNCTION tollgate.recall_keys(uuid[], uuid[], text[], bigint[], text[], text[], jsonb[], jsonb[]) FROM PUBLIC;
