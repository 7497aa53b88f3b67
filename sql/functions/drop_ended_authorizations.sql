CREATE OR REPLACE FUNCTION tollgate.drop_ended_authorizations(batch_limit integer DEFAULT 1000) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  dropped integer;
BEGIN
  IF (batch_limit BETWEEN 1 AND 10000) IS NOT TRUE THEN
    RAISE EXCEPTION 'At a time 1 to 10000 authorizations are dropped.' USING ERRCODE = 'TG400';
  END IF;
  PERFORM tollgate.admit_organizations(tollgate.find_ended_authorizations(batch_limit));
  DELETE FROM tollgate.credential_authorizations AS under_way
  WHERE under_way.ends_at <= tollgate.moment();
  GET DIAGNOSTICS dropped = ROW_COUNT;
  PERFORM tollgate.admit_organizations('{}');
  RETURN dropped;
END
$$;
COMMENT ON FUNCTION tollgate.drop_ended_authorizations(integer) IS
  'Drops authorizations that nobody came back from in time, of the organizations that the oldest batch_limit of them belong to, and returns how many those were. Servers do this each hour.';
REVOKE ALL ON FUNCTION tollgate.drop_ended_authorizations(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.drop_ended_authorizations(integer) TO service_role, tollgate_server;
