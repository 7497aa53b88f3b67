CREATE OR REPLACE FUNCTION tollgate.read_attributes(
  organization_id uuid,
  before_number bigint DEFAULT NULL,
  row_limit integer DEFAULT 50,
  user_id uuid DEFAULT NULL,
  membership_required boolean DEFAULT false
) RETURNS TABLE (
  outcome text,
  attribute_id uuid,
  number bigint,
  instructions text,
  examples jsonb,
  signals jsonb,
  active boolean,
  tokens bigint,
  uses bigint,
  last_used_at timestamptz,
  created_at timestamptz,
  updated_at timestamptz,
  has_next boolean
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  caller CONSTANT record := tollgate.identify_caller(read_attributes.organization_id, read_attributes.user_id);
  may_read text;
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[caller.organization_id]);
  may_read := tollgate.may_read(caller.organization_id, caller.user_id,
    caller.membership_required OR coalesce(read_attributes.membership_required, true));
  IF may_read <> 'success' THEN
    outcome := may_read;
    RETURN NEXT;
  ELSE
    RETURN QUERY
    SELECT may_read, item.attribute_id, item.number, item.instructions, item.examples, item.signals, item.active,
      item.tokens, item.uses, item.last_used_at, item.created_at, item.updated_at, item.has_next
    FROM (
      SELECT
        page.*,
        lead(true) OVER in_order IS NOT NULL AS has_next,
        row_number() OVER in_order AS place,
        sum(octet_length(page.instructions) + octet_length(page.examples::text) + octet_length(page.signals::text))
          OVER (in_order ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before
      FROM (
        SELECT kept.*
        FROM tollgate.content_attributes AS kept
        WHERE kept.organization_id = caller.organization_id
          AND (before_number IS NULL OR kept.number < before_number)
        ORDER BY kept.number DESC
        LIMIT row_limit + 1
      ) AS page
      WINDOW in_order AS (ORDER BY page.number DESC)
    ) AS item
    WHERE item.place <= row_limit
      AND coalesce(item.bytes_before, 0) < 1048576
    ORDER BY item.number DESC;
  END IF;
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.read_attributes(uuid, bigint, integer, uuid, boolean) IS
  'A page of an organization''s attributes, newest first: those with numbers before before_number. It ends early behind the one with which it has a mebibyte of texts. has_next: another is behind this one. Who may not read gets one row with the outcome, forbidden or unknown_organization. Raises TG401 and TG403 as tollgate.identify_caller().';
REVOKE ALL ON FUNCTION tollgate.read_attributes(uuid, bigint, integer, uuid, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.read_attributes(uuid, bigint, integer, uuid, boolean) TO authenticated, service_role, tollgate_server;
