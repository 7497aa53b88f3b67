CREATE OR REPLACE FUNCTION tollgate.content_to_deactivate(
  organization_id uuid,
  excess bigint,
  spared uuid[] DEFAULT '{}'
) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_object('id', item.attribute_id, 'tokens', item.tokens) ORDER BY item.n), '[]')
  FROM tollgate.least_used_content(content_to_deactivate.organization_id, excess, spared)
    WITH ORDINALITY AS item (attribute_id, tokens, n)
$$;
COMMENT ON FUNCTION tollgate.content_to_deactivate(uuid, bigint, uuid[]) IS
  'What tollgate.least_used_content() finds, as [{"id", "tokens"}].';
REVOKE ALL ON FUNCTION tollgate.content_to_deactivate(uuid, bigint, uuid[]) FROM PUBLIC;
