-- Runs as tollgate_sweeper, whose policies admit it to what a provider has refused, of every organization, for reading
-- only.
GRANT CREATE ON SCHEMA tollgate TO tollgate_sweeper;
SET LOCAL ROLE tollgate_sweeper;
CREATE OR REPLACE FUNCTION tollgate.find_refused_credentials(provider text) RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT array_agg(refused.organization_id)
  FROM tollgate.credentials AS refused
  WHERE refused.provider = find_refused_credentials.provider
    AND refused.state = 'reconsent_required'
$$;
COMMENT ON FUNCTION tollgate.find_refused_credentials(text) IS
  'Organizations whose refresh token this provider has refused for good; NULL: none.';
REVOKE ALL ON FUNCTION tollgate.find_refused_credentials(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.find_refused_credentials(text) TO tollgate_owner;
SET LOCAL ROLE tollgate_owner;
REVOKE CREATE ON SCHEMA tollgate FROM tollgate_sweeper;
