CREATE OR REPLACE FUNCTION tollgate.current_user_id() RETURNS uuid
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  claims CONSTANT text := nullif(current_setting('request.jwt.claims', true), '');
  older_claim CONSTANT text := nullif(current_setting('request.jwt.claim.sub', true), '');
BEGIN
  -- Two settings that do not name the same user: one of them was left behind by another request.
  IF claims IS NOT NULL AND older_claim IS NOT NULL
    AND (claims::jsonb ->> 'sub')::uuid IS DISTINCT FROM older_claim::uuid
  THEN
    RETURN NULL;
  END IF;
  RETURN auth.uid();
EXCEPTION
  WHEN data_exception OR statement_too_complex THEN RETURN NULL;
END
$$;
COMMENT ON FUNCTION tollgate.current_user_id() IS
  'The user in the request''s claims; NULL where the claims are absent, empty, no JSON or name no UUID, and where PostgREST''s older setting names somebody else.';
REVOKE ALL ON FUNCTION tollgate.current_user_id() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.current_user_id() TO authenticated, service_role;
