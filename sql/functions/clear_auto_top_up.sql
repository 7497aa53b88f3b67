CREATE OR REPLACE FUNCTION tollgate.clear_auto_top_up(organization_id uuid, token_type text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  tenant CONSTANT uuid := organization_id;
  type CONSTANT text := token_type;
  was_set boolean;
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[tenant]);
  IF NOT EXISTS (SELECT FROM public.organizations AS known WHERE known.id = tenant) THEN
    RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
  END IF;
  UPDATE public.ai_tokens AS token
  SET request_below = NULL,
    updated_at = now()
  WHERE token.organization_id = tenant AND token.token_type = type;
  DELETE FROM tollgate.auto_top_ups AS configured
  WHERE configured.organization_id = tenant AND configured.token_type = type;
  was_set := FOUND;
  PERFORM tollgate.admit_organizations('{}');
  RETURN was_set;
END
$$;
COMMENT ON FUNCTION tollgate.clear_auto_top_up(uuid, text) IS
  'Asks for no more top-ups of a balance. Returns whether any were asked for before. Raises TG404 for an unknown organization.';
REVOKE ALL ON FUNCTION tollgate.clear_auto_top_up(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.clear_auto_top_up(uuid, text) TO service_role, tollgate_server;
