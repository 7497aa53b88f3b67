CREATE OR REPLACE FUNCTION tollgate.drop_expired_partitions() RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
SET lock_timeout = '100ms'
AS $$
DECLARE
  expired regclass;
  dropped integer := 0;
BEGIN
  FOR expired IN
    SELECT child.oid::regclass
    FROM pg_inherits
      JOIN pg_class AS child ON child.oid = inhrelid
    WHERE inhparent = 'tollgate.idempotency_keys'::regclass
      AND child.relname < 'idempotency_keys_' || to_char(now() - interval '2 weeks', 'IYYY_IW')
  LOOP
    -- Dropping needs the table to itself. While somebody reads it for long it stays, and settlement does not queue up.
    BEGIN
      EXECUTE format('DROP TABLE %s', expired);
      dropped := dropped + 1;
    EXCEPTION
      WHEN lock_not_available THEN RETURN dropped;
    END;
  END LOOP;
  RETURN dropped;
END
$$;
COMMENT ON FUNCTION tollgate.drop_expired_partitions() IS
  'Drops idempotency keys of three weeks ago and before, and returns how many partitions that were. Gives up at once where somebody uses the table.';
REVOKE ALL ON FUNCTION tollgate.drop_expired_partitions() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.drop_expired_partitions() TO service_role, tollgate_server;
