CREATE OR REPLACE FUNCTION tollgate.take_limits(
  organization_id uuid,
  user_id uuid,
  feature text,
  token_type text,
  cost bigint,
  uses bigint DEFAULT 1
) RETURNS void
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT tollgate.count_in_limits(organization_id, user_id, feature, token_type, cost, uses, 0)
$$;
COMMENT ON FUNCTION tollgate.take_limits(uuid, uuid, text, text, bigint, bigint) IS
  'Counts a granted charge in every limit that applies. uses is 0 where a charge that is counted already turns out to cost more.';
REVOKE ALL ON FUNCTION tollgate.take_limits(uuid, uuid, text, text, bigint, bigint) FROM PUBLIC;
