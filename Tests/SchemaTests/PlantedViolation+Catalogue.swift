extension PlantedViolation {
  /// Runs a statement in which %1$s is a partition of `table`.
  static func onPartition(of table: String, _ statement: String) -> String {
    """
    DO $$
    BEGIN
      EXECUTE format('\(statement)', (SELECT max(relid::text)
        FROM pg_partition_tree('\(table)') WHERE isleaf));
    END
    $$
    """
  }

  static let catalogue = [
    PlantedViolation(
      "12_logs_are_append_only", "the service role may delete uses",
      "GRANT DELETE ON public.ai_token_usage_log TO service_role"),
    PlantedViolation(
      "12_logs_are_append_only", "members may change a partition of the ledger",
      onPartition(of: "tollgate.ledger_entries", "GRANT UPDATE ON %1$s TO authenticated")),
    PlantedViolation(
      "12_logs_are_append_only", "members may change one column",
      "GRANT UPDATE (tokens_deducted) ON public.ai_token_usage_log TO authenticated"),
    PlantedViolation(
      "12_logs_are_append_only", "the service role may change refunds",
      "GRANT UPDATE ON tollgate.refunds TO service_role"),
    PlantedViolation(
      "12_logs_are_append_only", "a policy lets the owner change the ledger",
      """
      CREATE POLICY rewriting ON tollgate.ledger_entries FOR UPDATE TO tollgate_owner
      USING (organization_id = ANY ((SELECT tollgate.batch_organizations())::uuid[]))
      """),
    PlantedViolation(
      "12_logs_are_append_only", "the service role may empty the plans",
      "GRANT TRUNCATE ON tollgate.plans TO service_role"),
    PlantedViolation(
      "13_functions_are_closed", "everybody may settle", "GRANT EXECUTE ON FUNCTION tollgate.settle TO PUBLIC"),
    PlantedViolation(
      "13_functions_are_closed", "a new function is for everybody, as by default",
      """
      SET LOCAL ROLE tollgate_owner;
      CREATE FUNCTION tollgate.open() RETURNS integer LANGUAGE sql AS 'SELECT 1';
      SET LOCAL ROLE NONE
      """),
    PlantedViolation(
      "13_functions_are_closed", "a definer's search_path is the caller's",
      "ALTER FUNCTION tollgate.ensure_partitions() RESET search_path"),
    PlantedViolation(
      "13_functions_are_closed", "a definer looks into public",
      "ALTER FUNCTION tollgate.ensure_partitions() SET search_path = public, pg_temp"),
    PlantedViolation(
      "13_functions_are_closed", "a definer looks into pg_temp first",
      "ALTER FUNCTION tollgate.ensure_partitions() SET search_path = pg_catalog"),
    PlantedViolation(
      "13_keys_begin_with_the_organization", "a user is unique over all organizations",
      "CREATE UNIQUE INDEX one_user ON public.user_profiles (id)"),
    PlantedViolation(
      "13_keys_begin_with_the_organization", "a foreign key begins with the user",
      """
      ALTER TABLE public.ai_tokens ADD CONSTRAINT "a balance has a user"
        FOREIGN KEY (id, organization_id) REFERENCES public.user_profiles (id, organization_id) NOT VALID
      """),
    PlantedViolation(
      "13_owner_owns_and_cannot_log_in", "a table belongs to an administrator",
      "ALTER TABLE tollgate.plans OWNER TO CURRENT_USER"),
    PlantedViolation(
      "13_owner_owns_and_cannot_log_in", "a function belongs to an administrator",
      "ALTER FUNCTION tollgate.time_ordered_id() OWNER TO CURRENT_USER"),
    PlantedViolation(
      "13_owner_owns_and_cannot_log_in", "the schema belongs to an administrator",
      "ALTER SCHEMA tollgate OWNER TO CURRENT_USER; GRANT USAGE ON SCHEMA tollgate TO tollgate_owner"),
    PlantedViolation(
      "13_owner_owns_and_cannot_log_in", "the owner can log in", "ALTER ROLE tollgate_owner LOGIN"),
    PlantedViolation(
      "13_owner_owns_and_cannot_log_in", "the owner is above the policies", "ALTER ROLE tollgate_owner BYPASSRLS"),
    PlantedViolation(
      "13_owner_owns_and_cannot_log_in", "the sweeper is above the policies", "ALTER ROLE tollgate_sweeper BYPASSRLS"),
    PlantedViolation(
      "13_owner_owns_and_cannot_log_in", "the sweeper can log in", "ALTER ROLE tollgate_sweeper LOGIN"),
    PlantedViolation(
      "13_owner_owns_and_cannot_log_in", "the sweeper's function belongs to the owner",
      "ALTER FUNCTION tollgate.find_due_balances(integer, boolean) OWNER TO tollgate_owner"),
    PlantedViolation(
      "13_owner_owns_and_cannot_log_in", "the reporter can log in", "ALTER ROLE tollgate_reporter LOGIN"),
    PlantedViolation(
      "13_owner_owns_and_cannot_log_in", "the reporter's function belongs to the sweeper",
      "ALTER FUNCTION tollgate.read_content_budgets(boolean, uuid, integer) OWNER TO tollgate_sweeper"),
    PlantedViolation(
      "13_owner_owns_and_cannot_log_in", "the owner reads what the sweeper may", "ALTER ROLE tollgate_owner INHERIT"),
    PlantedViolation(
      "13_row_security_is_forced", "the balances have none", "ALTER TABLE public.ai_tokens DISABLE ROW LEVEL SECURITY"),
    PlantedViolation(
      "13_row_security_is_forced", "a partition does not force it on its owner",
      onPartition(of: "public.ai_token_usage_log", "ALTER TABLE %1$s NO FORCE ROW LEVEL SECURITY")),
    PlantedViolation(
      "13_row_security_is_forced", "a new tenant table has none",
      """
      CREATE TABLE tollgate.notes (organization_id uuid PRIMARY KEY, note text);
      ALTER TABLE tollgate.notes OWNER TO tollgate_owner
      """),
    PlantedViolation(
      "13_server_has_no_power", "the server may create in the schema",
      "GRANT CREATE ON SCHEMA tollgate TO tollgate_server"),
    PlantedViolation(
      "13_server_has_no_power", "everybody may create in public", "GRANT CREATE ON SCHEMA public TO PUBLIC"),
    PlantedViolation(
      "13_server_has_no_power", "the server reads a table", "GRANT SELECT ON public.ai_tokens TO tollgate_server"),
    PlantedViolation(
      "13_server_has_no_power", "the server writes a column",
      "GRANT UPDATE (balance) ON public.ai_tokens TO tollgate_server"),
    PlantedViolation(
      "13_server_has_no_power", "the server owns a table",
      "CREATE TABLE public.servers (n integer); ALTER TABLE public.servers OWNER TO tollgate_server"),
    PlantedViolation(
      "13_server_has_no_power", "the server is above the policies", "ALTER ROLE tollgate_server BYPASSRLS"),
    PlantedViolation(
      "13_server_has_no_power", "the server can become the service role", "GRANT service_role TO tollgate_server"),
    PlantedViolation(
      "13_views_ask_as_their_reader", "a view reads as its owner",
      "ALTER VIEW tollgate.due_resets RESET (security_invoker)"),
    PlantedViolation(
      "13_views_ask_as_their_reader", "a view says that it reads as its owner",
      "ALTER VIEW tollgate.due_resets SET (security_invoker = off)"),
    PlantedViolation(
      "13_views_ask_as_their_reader", "balances are materialized for members",
      """
      CREATE MATERIALIZED VIEW tollgate.all_balances AS SELECT balance FROM public.ai_tokens;
      ALTER MATERIALIZED VIEW tollgate.all_balances OWNER TO tollgate_owner;
      GRANT SELECT ON tollgate.all_balances TO authenticated
      """),
  ]

  static let operation = [
    PlantedViolation(
      "19_partitions_exist_ahead", "the last partition of the keys is gone",
      onPartition(of: "tollgate.idempotency_keys", "DROP TABLE %1$s")),
    PlantedViolation(
      "19_partitions_exist_ahead", "the last partition of the ledger is detached",
      onPartition(of: "tollgate.ledger_entries", "ALTER TABLE tollgate.ledger_entries DETACH PARTITION %1$s")),
    PlantedViolation(
      "20_commits_are_durable", "the server commits without waiting, in this database",
      """
      DO $$
      BEGIN
        EXECUTE format('ALTER ROLE tollgate_server IN DATABASE %I SET synchronous_commit = off', current_database());
      END
      $$
      """),
    PlantedViolation(
      "20_commits_are_durable", "this database commits without waiting",
      """
      DO $$
      BEGIN
        EXECUTE format('ALTER DATABASE %I SET synchronous_commit = local', current_database());
      END
      $$
      """),
    PlantedViolation(
      "20_commits_are_durable", "the server commits without waiting, everywhere",
      "ALTER ROLE tollgate_server SET synchronous_commit = off"),
  ]
}
