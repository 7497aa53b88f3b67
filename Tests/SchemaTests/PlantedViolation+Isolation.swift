extension PlantedViolation {
  private static let own = "organization_id = (SELECT tollgate.current_organization_id())"

  /// A function of the owner's that runs with its rights, for a role.
  private static func definer(for role: String, _ body: String) -> String {
    """
    CREATE FUNCTION tollgate.peek(organization_id uuid) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$ \(body) $$;
    ALTER FUNCTION tollgate.peek(uuid) OWNER TO tollgate_owner;
    REVOKE ALL ON FUNCTION tollgate.peek(uuid) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION tollgate.peek(uuid) TO \(role)
    """
  }

  static let isolation = keysOfTenants + policies + privileges + visitors + definers

  private static let keysOfTenants = [
    PlantedViolation(
      "13_keys_begin_with_the_organization", "a note may be nobody's",
      """
      CREATE TABLE tollgate.notes (organization_id uuid, note text);
      ALTER TABLE tollgate.notes OWNER TO tollgate_owner;
      ALTER TABLE tollgate.notes ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY
      """),
    PlantedViolation(
      "13_keys_begin_with_the_organization", "a table that is no tenant's refers to tenants",
      """
      CREATE TABLE tollgate.notes (id integer PRIMARY KEY, about uuid REFERENCES public.organizations (id));
      ALTER TABLE tollgate.notes OWNER TO tollgate_owner
      """),
    PlantedViolation(
      "13_functions_are_closed", "a function claims to be leakproof",
      "ALTER FUNCTION tollgate.current_user_id() LEAKPROOF"),
  ]

  private static let policies = [
    ("it is for everybody", "CREATE POLICY open ON public.ai_tokens FOR SELECT USING (\(own))"),
    ("it is for the service role", "CREATE POLICY open ON public.ai_tokens FOR SELECT TO service_role USING (\(own))"),
    (
      "members may write events",
      "CREATE POLICY writing ON tollgate.events FOR INSERT TO authenticated WITH CHECK (\(own))"
    ),
    ("members see everything", "ALTER POLICY \"members view their tokens\" ON public.ai_tokens USING (true)"),
    (
      "members see what is old",
      "ALTER POLICY \"members view their tokens\" ON public.ai_tokens USING (\(own) OR created_at < '2020-01-01')"
    ),
    (
      "members see everything of a partition",
      onPartition(
        of: "public.ai_token_usage_log", "CREATE POLICY open ON %1$s FOR SELECT TO authenticated USING (true)")
    ),
    (
      "members say themselves where they belong",
      """
      ALTER POLICY "members view their tokens" ON public.ai_tokens USING (\(own)
        AND organization_id = (current_setting('request.jwt.claims')::jsonb #>> '{user_metadata,organization}')::uuid)
      """
    ),
    ("the owner sees everything", "ALTER POLICY \"the system updates tokens\" ON public.ai_tokens USING (true)"),
    (
      "the owner writes everywhere",
      "ALTER POLICY \"the system updates tokens\" ON public.ai_tokens WITH CHECK (true)"
    ),
    ("it calls what is volatile", "ALTER FUNCTION tollgate.current_organization_id() VOLATILE"),
    ("it calls what looks for names anywhere", "ALTER FUNCTION tollgate.current_user_id() RESET search_path"),
  ].map { PlantedViolation("13_policies_name_the_organization", $0.0, $0.1) }

  private static let privileges = [
    ("members may change their balance", "GRANT UPDATE (balance) ON public.ai_tokens TO authenticated"),
    ("the service role may make reservations", "GRANT INSERT ON tollgate.reservations TO service_role"),
    ("members may refer to organizations", "GRANT REFERENCES ON public.organizations TO authenticated"),
    ("visitors may delete packs", "GRANT DELETE ON tollgate.token_packs TO anon"),
    (
      "new tables are for members",
      "ALTER DEFAULT PRIVILEGES FOR ROLE tollgate_owner GRANT SELECT ON TABLES TO authenticated"
    ),
    ("a rule hangs on events", "CREATE RULE silent AS ON INSERT TO tollgate.events DO ALSO NOTHING"),
  ].map { PlantedViolation("13_only_the_owner_writes", $0.0, $0.1) }

  private static let visitors = [
    ("members are above the policies", "ALTER ROLE authenticated BYPASSRLS"),
    ("members can become the service role", "GRANT service_role TO authenticated"),
    ("anybody can become the owner", "GRANT tollgate_owner TO anon"),
    ("members read all data", "GRANT pg_read_all_data TO authenticated"),
    ("members may create in the schema", "GRANT CREATE ON SCHEMA tollgate TO authenticated"),
    (
      "members own a table",
      "CREATE TABLE public.theirs (n integer); ALTER TABLE public.theirs OWNER TO authenticated"
    ),
  ].map { PlantedViolation("13_visitors_have_no_power", $0.0, $0.1) }

  private static let definers = [
    (
      "members ask about any organization",
      definer(for: "authenticated", "BEGIN PERFORM tollgate.admit_organizations(ARRAY[organization_id]); RETURN 0; END")
    ),
    (
      "a function sees what its caller has admitted",
      definer(for: "tollgate_server", "BEGIN RETURN (SELECT count(*) FROM public.ai_tokens); END")
    ),
  ].map { PlantedViolation("13_definers_know_for_whom", $0.0, $0.1) }
}
