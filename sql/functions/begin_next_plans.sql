CREATE OR REPLACE FUNCTION tollgate.begin_next_plans(organization_ids uuid[]) RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  begun integer;
BEGIN
  WITH due AS (
    SELECT organization.id
    FROM public.organizations AS organization
    WHERE organization.id = ANY (organization_ids)
      AND organization.next_plan_from <= tollgate.moment()
      -- A period that ended before is still reset by the plan that it had.
      AND NOT EXISTS (
        SELECT
        FROM public.ai_tokens AS token
        WHERE token.organization_id = organization.id AND token.refresh_date <= tollgate.moment()
      )
    FOR NO KEY UPDATE SKIP LOCKED
  )
  UPDATE public.organizations AS organization
  SET plan = organization.next_plan,
    next_plan = NULL,
    next_plan_from = NULL,
    updated_at = now()
  FROM due
  WHERE organization.id = due.id;
  GET DIAGNOSTICS begun = ROW_COUNT;
  RETURN begun;
END
$$;
COMMENT ON FUNCTION tollgate.begin_next_plans(uuid[]) IS
  'Makes the next plan of these organizations their plan where its time has come and all of their resets are booked, and returns how many these were. The caller has admitted itself to them.';
REVOKE ALL ON FUNCTION tollgate.begin_next_plans(uuid[]) FROM PUBLIC;
