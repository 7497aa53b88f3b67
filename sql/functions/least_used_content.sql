CREATE OR REPLACE FUNCTION tollgate.least_used_content(
  organization_id uuid,
  excess bigint,
  spared uuid[]
) RETURNS TABLE (
  attribute_id uuid,
  tokens bigint
)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT ranked.attribute_id, ranked.tokens
  FROM (
    SELECT
      item.attribute_id,
      item.tokens,
      sum(item.tokens) OVER in_order - item.tokens AS freed_before,
      sum(item.tokens) OVER () AS freed_at_most
    FROM tollgate.content_attributes AS item
    WHERE item.organization_id = least_used_content.organization_id
      AND item.active
      AND item.tokens > 0
      AND item.attribute_id <> ALL (least_used_content.spared)
    WINDOW in_order AS (ORDER BY item.uses, item.last_used_at NULLS FIRST, item.tokens DESC, item.attribute_id)
  ) AS ranked
  WHERE ranked.freed_before < least_used_content.excess
    AND ranked.freed_at_most >= least_used_content.excess
  ORDER BY ranked.freed_before
$$;
COMMENT ON FUNCTION tollgate.least_used_content(uuid, bigint, uuid[]) IS
  'Which active attributes to deactivate to free so many tokens: least used first; of those used as often the one unused for longest, then the largest, then the one with the smallest id. No rows where all of them together, but for the spared ones, would not be enough. The caller has admitted itself.';
REVOKE ALL ON FUNCTION tollgate.least_used_content(uuid, bigint, uuid[]) FROM PUBLIC;
