CREATE OR REPLACE FUNCTION tollgate.judge_content(
  organization_id uuid,
  adds_content boolean,
  changed uuid[],
  INOUT decision tollgate.content_decision
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  decision.fits := NOT adds_content OR decision.used_after <= decision.budget;
  decision.outcome := CASE WHEN decision.fits THEN 'success' ELSE 'budget_exceeded' END;
  decision.message := tollgate.content_message(decision.fits, decision.used_after, decision.budget);
  decision.deactivate := CASE
    WHEN decision.fits THEN '[]'
    ELSE tollgate.content_to_deactivate(
      judge_content.organization_id, decision.used_after - decision.budget, judge_content.changed)
  END;
  decision.is_replay := false;
END
$$;
COMMENT ON FUNCTION tollgate.judge_content(uuid, boolean, uuid[], tollgate.content_decision) IS
  'Whether a change fits into the budget, once used, used_after, budget and tokens are worked out. What activates nothing and makes nothing active longer is always granted, also over the budget. The caller has admitted itself.';
REVOKE ALL ON FUNCTION tollgate.judge_content(uuid, boolean, uuid[], tollgate.content_decision) FROM PUBLIC;
