CREATE OR REPLACE FUNCTION tollgate.recount_content(INOUT settings tollgate.content_budgets)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  UPDATE tollgate.content_attributes AS kept
  SET tokens = tollgate.count_content(settings.counter, kept.instructions, kept.examples, kept.signals)
  WHERE kept.organization_id = settings.organization_id;
  settings.active_tokens := (
    SELECT coalesce(sum(kept.tokens), 0)::bigint
    FROM tollgate.content_attributes AS kept
    WHERE kept.organization_id = settings.organization_id AND kept.active
  );
END
$$;
COMMENT ON FUNCTION tollgate.recount_content(tollgate.content_budgets) IS
  'Counts all of an organization''s attributes by its counter. The caller has locked the row and writes the one it gets.';
REVOKE ALL ON FUNCTION tollgate.recount_content(tollgate.content_budgets) FROM PUBLIC;
