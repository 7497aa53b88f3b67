CREATE OR REPLACE FUNCTION tollgate.drop_ended_deliveries(batch_limit integer DEFAULT 1000) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  ended_by CONSTANT timestamptz := tollgate.moment() - interval '30 days';
  dropped integer;
BEGIN
  IF (batch_limit BETWEEN 1 AND 10000) IS NOT TRUE THEN
    RAISE EXCEPTION 'At a time 1 to 10000 deliveries are dropped.' USING ERRCODE = 'TG400';
  END IF;
  PERFORM tollgate.admit_organizations(tollgate.find_ended_deliveries(ended_by, batch_limit));
  DELETE FROM tollgate.deliveries AS held
  WHERE (held.organization_id, held.delivery_id) IN (
    SELECT ended.organization_id, ended.delivery_id
    FROM tollgate.deliveries AS ended
    WHERE ended.status <> 'pending' AND ended.finished_at <= ended_by
    ORDER BY ended.finished_at
    LIMIT batch_limit
    FOR UPDATE SKIP LOCKED
  );
  GET DIAGNOSTICS dropped = ROW_COUNT;
  PERFORM tollgate.admit_organizations('{}');
  RETURN dropped;
END
$$;
COMMENT ON FUNCTION tollgate.drop_ended_deliveries(integer) IS
  'Drops at most batch_limit deliveries that ended 30 days ago, and returns how many. Servers do this each hour.';
REVOKE ALL ON FUNCTION tollgate.drop_ended_deliveries(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.drop_ended_deliveries(integer) TO service_role, tollgate_server;
