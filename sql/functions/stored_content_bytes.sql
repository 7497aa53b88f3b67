CREATE OR REPLACE FUNCTION tollgate.stored_content_bytes(settings tollgate.content_budgets) RETURNS bigint
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN coalesce(settings.stored_bytes, (
    SELECT coalesce(sum(tollgate.content_bytes(kept.instructions, kept.examples, kept.signals)), 0)::bigint
    FROM tollgate.content_attributes AS kept
    WHERE kept.organization_id = settings.organization_id
  ));
END
$$;
COMMENT ON FUNCTION tollgate.stored_content_bytes(tollgate.content_budgets) IS
  'Bytes of all texts that an organization has: as they were counted, or counted now. The caller has admitted itself.';
REVOKE ALL ON FUNCTION tollgate.stored_content_bytes(tollgate.content_budgets) FROM PUBLIC;
