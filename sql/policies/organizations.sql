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

-- For tollgate.find_organizations() and tollgate.read_content_budgets(), which list them all. A condition on the row would
-- keep a search by name from its index: PostgreSQL asks it before what is not leakproof, as lower() is not.
DROP POLICY IF EXISTS "reports are of every organization" ON public.organizations;
CREATE POLICY "reports are of every organization" ON public.organizations
  FOR SELECT TO tollgate_reporter
  USING (true);
