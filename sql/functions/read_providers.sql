CREATE OR REPLACE FUNCTION tollgate.read_providers(only_provider text DEFAULT NULL) RETURNS TABLE (
  provider text,
  authorization_url text,
  token_url text,
  revocation_url text,
  client_id text,
  client_authentication text,
  scopes text[],
  redirect_uri text,
  authorization_parameters jsonb,
  updated_at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT known.provider, known.authorization_url, known.token_url, known.revocation_url, known.client_id,
    known.client_authentication, known.scopes, known.redirect_uri, known.authorization_parameters, known.updated_at
  FROM tollgate.providers AS known
  WHERE only_provider IS NULL OR known.provider = only_provider
  ORDER BY known.provider
$$;
COMMENT ON FUNCTION tollgate.read_providers(text) IS
  'All providers by name, or one, without client secrets.';
REVOKE ALL ON FUNCTION tollgate.read_providers(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.read_providers(text) TO service_role, tollgate_server;
