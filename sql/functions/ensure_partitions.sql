CREATE OR REPLACE FUNCTION tollgate.ensure_partitions() RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
AS $$
DECLARE
  wanted record;
  made integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(hash_record_extended(ROW('partitions'::text), 0));
  FOR wanted IN
    SELECT parent::regclass, format('%s_%s', name, to_char(month, 'YYYY_MM')) AS partition,
      month::timestamptz::text AS first, (month + interval '1 month')::timestamptz::text AS beyond
    FROM (VALUES
        ('public.ai_token_usage_log', 'ai_token_usage_log'),
        ('tollgate.ledger_entries', 'ledger_entries')
      ) AS monthly (parent, name),
      generate_series(
        date_trunc('month', tollgate.moment()), tollgate.moment() + interval '35 days', interval '1 month') AS month
    UNION ALL
    SELECT 'tollgate.idempotency_keys'::regclass, 'idempotency_keys_' || to_char(week, 'IYYY_IW'),
      week::date::text, (week::date + 7)::text
    FROM generate_series(
      date_trunc('week', tollgate.moment()), tollgate.moment() + interval '35 days', interval '1 week') AS week
  LOOP
    CONTINUE WHEN to_regclass('tollgate.' || wanted.partition) IS NOT NULL;
    -- Attaching locks the parent less than CREATE TABLE … PARTITION OF, which would wait for every query on it.
    EXECUTE format('CREATE TABLE tollgate.%I (LIKE %s INCLUDING DEFAULTS INCLUDING CONSTRAINTS)',
      wanted.partition, wanted.parent);
    EXECUTE format('ALTER TABLE tollgate.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', wanted.partition);
    EXECUTE format('ALTER TABLE %s ATTACH PARTITION tollgate.%I FOR VALUES FROM (%L) TO (%L)',
      wanted.parent, wanted.partition, wanted.first, wanted.beyond);
    made := made + 1;
  END LOOP;

  RETURN made;
END
$$;
COMMENT ON FUNCTION tollgate.ensure_partitions() IS
  'Makes the partitions for the next 35 days and returns how many it made. Safe to call at any time, by any number at once.';
REVOKE ALL ON FUNCTION tollgate.ensure_partitions() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.ensure_partitions() TO service_role, tollgate_server;
