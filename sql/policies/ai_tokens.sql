DROP POLICY IF EXISTS "members view their tokens" ON public.ai_tokens;
CREATE POLICY "members view their tokens" ON public.ai_tokens
  FOR SELECT TO authenticated
  USING (organization_id = (SELECT tollgate.current_organization_id()));

DROP POLICY IF EXISTS "the system updates tokens" ON public.ai_tokens;
CREATE POLICY "the system updates tokens" ON public.ai_tokens
  FOR ALL TO tollgate_owner
  USING ((organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);
