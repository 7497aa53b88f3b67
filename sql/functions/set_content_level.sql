CREATE OR REPLACE FUNCTION tollgate.set_content_level(
  level integer,
  tokens bigint
) RETURNS TABLE (
  organization_id uuid,
  deactivated jsonb
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  settings tollgate.content_budgets;
  done record;
BEGIN
  IF set_content_level.tokens BETWEEN 1 AND 1000000000000000 IS NOT TRUE THEN
    RAISE EXCEPTION 'A content level has 1 to 10^15 tokens.' USING ERRCODE = 'TG400';
  END IF;
  -- Who is given the level at this moment waits for this, or is found below.
  UPDATE tollgate.content_levels AS known
  SET tokens = set_content_level.tokens
  WHERE known.level = set_content_level.level;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no such content level.' USING ERRCODE = 'TG400', HINT = 'See tollgate.content_levels.';
  END IF;

  -- In order, which keeps two who do so from deadlocking.
  FOR organization_id IN
    SELECT account.organization_id
    FROM tollgate.read_content_budgets(row_limit => NULL) AS account
    WHERE account.level = set_content_level.level
    ORDER BY account.organization_id
  LOOP
    PERFORM tollgate.admit_organizations(ARRAY[set_content_level.organization_id]);
    settings := tollgate.lock_content_budget(set_content_level.organization_id);
    -- Another level may have been set meanwhile.
    CONTINUE WHEN settings.level IS DISTINCT FROM set_content_level.level;
    done := tollgate.deactivate_to_fit(settings);
    settings.active_tokens := done.active_tokens;
    PERFORM tollgate.write_content_budget(settings);
    deactivated := done.deactivated;
    RETURN NEXT;
  END LOOP;
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.set_content_level(integer, bigint) IS
  'Changes how many tokens a content level has, for all organizations of that level, in one transaction: what is then too much is deactivated as by tollgate.set_content_budget(), and crossings are told of. A row for each of these organizations, with what was deactivated as [{"id", "tokens"}]. Raises TG400 for an unknown level or tokens out of range.';
REVOKE ALL ON FUNCTION tollgate.set_content_level(integer, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.set_content_level(integer, bigint) TO service_role, tollgate_server;
