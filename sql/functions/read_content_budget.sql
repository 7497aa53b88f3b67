CREATE OR REPLACE FUNCTION tollgate.read_content_budget(organization_id uuid) RETURNS tollgate.content_budgets
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  settings tollgate.content_budgets;
BEGIN
  SELECT kept.*
  INTO settings
  FROM tollgate.content_budgets AS kept
  WHERE kept.organization_id = read_content_budget.organization_id;
  IF NOT FOUND THEN
    settings.organization_id := read_content_budget.organization_id;
    settings.counter := 'utf16_quarter';
    settings.active_tokens := 0;
    settings.attribute_count := 0;
  END IF;
  RETURN settings;
END
$$;
COMMENT ON FUNCTION tollgate.read_content_budget(uuid) IS
  'The same row as tollgate.lock_content_budget() has, as it is or would be made, for who changes nothing. The caller has admitted itself.';
REVOKE ALL ON FUNCTION tollgate.read_content_budget(uuid) FROM PUBLIC;
