CREATE OR REPLACE FUNCTION tollgate.remove_provider(provider text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  DELETE FROM tollgate.providers AS known
  WHERE known.provider = remove_provider.provider;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no such provider.' USING ERRCODE = 'TG404';
  END IF;
EXCEPTION
  WHEN foreign_key_violation THEN
    RAISE EXCEPTION 'Organizations are connected to the provider.' USING ERRCODE = 'TG409';
END
$$;
COMMENT ON FUNCTION tollgate.remove_provider(text) IS
  'Forgets a provider, with the authorizations that are under way. Raises TG404 for an unknown one, TG409 while an organization is connected to it.';
REVOKE ALL ON FUNCTION tollgate.remove_provider(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.remove_provider(text) TO service_role, tollgate_server;
