-- Invariant 19: every partitioned table has partitions for each of the next 35 days.
WITH bound AS (
  SELECT inhparent,
    substring(pg_get_expr(relpartbound, pg_class.oid) FROM $$FROM \('([^']*)'\)$$)::timestamptz AS first,
    substring(pg_get_expr(relpartbound, pg_class.oid) FROM $$TO \('([^']*)'\)$$)::timestamptz AS beyond
  FROM pg_inherits
    JOIN pg_class ON pg_class.oid = inhrelid
  WHERE NOT inhdetachpending
)
SELECT format('%s has no partition for %s', parent.oid::regclass, to_char(day AT TIME ZONE 'UTC', 'YYYY-MM-DD'))
FROM pg_class AS parent
  JOIN pg_namespace AS namespace ON namespace.oid = parent.relnamespace,
  generate_series(now(), now() + interval '35 days', interval '1 day') AS day
WHERE parent.relkind = 'p'
  AND (namespace.nspname = 'tollgate' OR parent.relowner = to_regrole('tollgate_owner'))
  AND NOT EXISTS (
    SELECT
    FROM bound
    WHERE bound.inhparent = parent.oid AND bound.first <= day AND day < bound.beyond
  )
