-- Runs as tollgate_sweeper, whose policies admit it to what has ended, of every organization, for reading only.
GRANT CREATE ON SCHEMA tollgate TO tollgate_sweeper;
SET LOCAL ROLE tollgate_sweeper;
CREATE OR REPLACE FUNCTION tollgate.find_ended_authorizations(batch_limit integer) RETURNS uuid[]
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT array_agg(ended.organization_id)
  FROM (
    SELECT under_way.organization_id
    FROM tollgate.credential_authorizations AS under_way
    WHERE under_way.ends_at <= tollgate.moment()
    ORDER BY under_way.ends_at
    LIMIT batch_limit
  ) AS ended
$$;
COMMENT ON FUNCTION tollgate.find_ended_authorizations(integer) IS
  'Organizations that have authorizations under way which have ended, each as often as it has some, of the oldest so many.';
REVOKE ALL ON FUNCTION tollgate.find_ended_authorizations(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.find_ended_authorizations(integer) TO tollgate_owner;
SET LOCAL ROLE tollgate_owner;
REVOKE CREATE ON SCHEMA tollgate FROM tollgate_sweeper;
