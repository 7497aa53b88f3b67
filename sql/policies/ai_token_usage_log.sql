DROP POLICY IF EXISTS "members view their usage" ON public.ai_token_usage_log;
CREATE POLICY "members view their usage" ON public.ai_token_usage_log
  FOR SELECT TO authenticated
  USING (organization_id = (SELECT tollgate.current_organization_id()));

DROP POLICY IF EXISTS "the system logs usage" ON public.ai_token_usage_log;
CREATE POLICY "the system logs usage" ON public.ai_token_usage_log
  FOR INSERT TO tollgate_owner
  WITH CHECK ((organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);

DROP POLICY IF EXISTS "the system reads usage of its batch" ON public.ai_token_usage_log;
CREATE POLICY "the system reads usage of its batch" ON public.ai_token_usage_log
  FOR SELECT TO tollgate_owner
  USING ((organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);

-- For tollgate.find_unrolled(), which may read whose rows there are and how far they go, and nothing else of them.
DROP POLICY IF EXISTS "reports are of every organization" ON public.ai_token_usage_log;
CREATE POLICY "reports are of every organization" ON public.ai_token_usage_log
  FOR SELECT TO tollgate_reporter
  USING (organization_id IS NOT NULL);
