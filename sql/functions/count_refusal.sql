CREATE OR REPLACE FUNCTION tollgate.count_refusal(
  organization_id uuid,
  user_id uuid,
  feature text,
  token_type text
) RETURNS void
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT tollgate.count_in_limits(organization_id, user_id, feature, token_type, 0, 0, 1)
$$;
COMMENT ON FUNCTION tollgate.count_refusal(uuid, uuid, text, text) IS
  'Counts a refusal in every limit on failed attempts that applies. A refusal by a limit is none of them, or nobody would come free by waiting.';
REVOKE ALL ON FUNCTION tollgate.count_refusal(uuid, uuid, text, text) FROM PUBLIC;
