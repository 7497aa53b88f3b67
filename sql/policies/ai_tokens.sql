DROP POLICY IF EXISTS "members view their tokens" ON public.ai_tokens;
CREATE POLICY "members view their tokens" ON public.ai_tokens
  FOR SELECT TO authenticated
  USING (organization_id = (SELECT tollgate.current_organization_id()));

DROP POLICY IF EXISTS "the system updates tokens" ON public.ai_tokens;
CREATE POLICY "the system updates tokens" ON public.ai_tokens
  FOR ALL TO tollgate_owner
  USING ((organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);

-- For tollgate.find_due_balances(), which has to find rows without knowing the organizations. Reading only: who brings
-- them up to date has admitted itself to their organizations. To a role of its own, so that no setting opens it and
-- nothing is added to the conditions of settlement.
DROP POLICY IF EXISTS "the sweep finds balances that are due" ON public.ai_tokens;
CREATE POLICY "the sweep finds balances that are due" ON public.ai_tokens
  FOR SELECT TO tollgate_sweeper
  USING (refresh_date <= tollgate.moment() OR due_at <= tollgate.moment() OR balance <> ledger_balance);

-- For tollgate.find_unrolled(), which asks whose rows there are and how far they go, and tollgate.find_organizations(), which
-- sorts by what organizations have left.
DROP POLICY IF EXISTS "reports are of every organization" ON public.ai_tokens;
CREATE POLICY "reports are of every organization" ON public.ai_tokens
  FOR SELECT TO tollgate_reporter
  USING (organization_id IS NOT NULL);
