DROP POLICY IF EXISTS "members view their organization" ON public.organizations;
CREATE POLICY "members view their organization" ON public.organizations
  FOR SELECT TO authenticated
  USING (id = (SELECT tollgate.current_organization_id()));

DROP POLICY IF EXISTS "the system works for the organizations of its batch" ON public.organizations;
CREATE POLICY "the system works for the organizations of its batch" ON public.organizations
  FOR ALL TO tollgate_owner
  USING ((id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);

DROP POLICY IF EXISTS "the sweep finds organizations whose next plan has come" ON public.organizations;
CREATE POLICY "the sweep finds organizations whose next plan has come" ON public.organizations
  FOR SELECT TO tollgate_sweeper
  USING (next_plan_from <= tollgate.moment());

-- For tollgate.read_content_budgets(), which lists them all.
DROP POLICY IF EXISTS "reports are of every organization" ON public.organizations;
CREATE POLICY "reports are of every organization" ON public.organizations
  FOR SELECT TO tollgate_reporter
  USING (id IS NOT NULL);
