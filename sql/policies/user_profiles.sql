DROP POLICY IF EXISTS "users view their profile" ON public.user_profiles;
CREATE POLICY "users view their profile" ON public.user_profiles
  FOR SELECT TO authenticated
  USING (id = (SELECT tollgate.current_user_id())
    -- NULL for a user of two organizations, who belongs to none.
    AND organization_id = (SELECT tollgate.current_organization_id()));

DROP POLICY IF EXISTS "the system knows the members of its batch" ON public.user_profiles;
CREATE POLICY "the system knows the members of its batch" ON public.user_profiles
  FOR ALL TO tollgate_owner
  USING ((organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[])) IS TRUE);

-- For tollgate.organization_of(), which has to find a user without knowing the organization.
DROP POLICY IF EXISTS "the system finds the user it asks for" ON public.user_profiles;
CREATE POLICY "the system finds the user it asks for" ON public.user_profiles
  FOR SELECT TO tollgate_owner
  USING (id = nullif((SELECT current_setting('tollgate.user_id', true)), '')::uuid);

-- For tollgate.find_users(), which lists them all: as that of public.organizations.
DROP POLICY IF EXISTS "reports are of every user" ON public.user_profiles;
CREATE POLICY "reports are of every user" ON public.user_profiles
  FOR SELECT TO tollgate_reporter
  USING (true);
