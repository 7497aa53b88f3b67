CREATE OR REPLACE FUNCTION tollgate.change_plan(
  organization_id uuid,
  plan text,
  at_once boolean DEFAULT NULL,
  preview boolean DEFAULT false
) RETURNS TABLE (
  token_type text,
  effective_at timestamptz,
  balance_before bigint,
  balance_after bigint,
  allocated_before bigint,
  allocated_after bigint
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM tollgate.plans AS known WHERE known.plan = change_plan.plan) THEN
    RAISE EXCEPTION 'There is no such plan.' USING ERRCODE = 'TG400', HINT = 'See tollgate.plans.';
  END IF;
  BEGIN
    PERFORM tollgate.admit_organizations(ARRAY[change_plan.organization_id]);
    RETURN QUERY
    SELECT change.*
    FROM tollgate.apply_plan(change_plan.organization_id, change_plan.plan, change_plan.at_once) AS change;
    -- An exception takes back what was written, and leaves the rows that are to be returned. Its SQLSTATE does not end in
    -- 000: that would catch every other of the class.
    IF preview THEN
      RAISE EXCEPTION 'A preview ends here.' USING ERRCODE = 'TG200';
    END IF;
  EXCEPTION
    WHEN SQLSTATE 'TG200' THEN
      NULL;
  END;
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.change_plan(uuid, text, boolean, boolean) IS
  'Changes an organization''s plan, and returns what becomes of each balance that the old or the new plan allocates; preview: changes nothing. An upgrade (more of some token type, less of none) takes effect at once: the new allocation is added to what is left, once for each plan and period. Anything that takes away waits for the next reset. at_once = true or false decides otherwise: at once, a type that gets less is cut to its new allocation, but bought and held tokens stay. The present plan again takes a waiting one back. balance_after is the balance after this call; allocated_after holds from effective_at on (NULL: never by itself, for the balance is never reset). Raises TG400 for an unknown plan, TG404 for an unknown organization.';
REVOKE ALL ON FUNCTION tollgate.change_plan(uuid, text, boolean, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.change_plan(uuid, text, boolean, boolean) TO service_role, tollgate_server;
