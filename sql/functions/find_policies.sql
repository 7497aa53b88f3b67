CREATE OR REPLACE FUNCTION tollgate.find_policies(
  organization_ids uuid[],
  token_types text[],
  slots integer[]
) RETURNS TABLE (
  slot integer,
  kind tollgate.token_types,
  allocation tollgate.plan_allocations,
  is_planned boolean
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  moment CONSTANT timestamptz := tollgate.moment();
BEGIN
  RETURN QUERY
  WITH named AS MATERIALIZED (
    SELECT DISTINCT item.slot, item.organization_id, item.token_type
    FROM unnest(organization_ids, token_types, slots) AS item (organization_id, token_type, slot)
    WHERE item.slot IS NOT NULL
  )
  SELECT named.slot, known, given,
    EXISTS (SELECT FROM tollgate.plan_allocations AS any_plan WHERE any_plan.token_type = named.token_type)
  FROM named
    JOIN tollgate.token_types AS known ON known.token_type = named.token_type
    LEFT JOIN public.organizations AS organization ON organization.id = named.organization_id
    LEFT JOIN tollgate.plan_allocations AS given
      ON given.token_type = named.token_type
      AND given.plan =
        CASE WHEN organization.next_plan_from <= moment THEN organization.next_plan ELSE organization.plan END;
END
$$;
COMMENT ON FUNCTION tollgate.find_policies(uuid[], text[], integer[]) IS
  'By slot of a batch: the kind of the balance''s tokens, what its organization''s plan allocates of them now (NULL: nothing), and whether any plan does.';
REVOKE ALL ON FUNCTION tollgate.find_policies(uuid[], text[], integer[]) FROM PUBLIC;
