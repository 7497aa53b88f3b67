CREATE OR REPLACE FUNCTION tollgate.is_trusted_counter(schema_name text, function_name text) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT EXISTS (
    SELECT
    FROM pg_proc AS routine
      JOIN pg_namespace AS namespace ON namespace.oid = routine.pronamespace
      JOIN pg_roles AS owner ON owner.oid = routine.proowner
    WHERE namespace.nspname = is_trusted_counter.schema_name
      AND routine.proname = is_trusted_counter.function_name
      AND routine.prokind = 'f'
      AND routine.pronargs = 1
      AND routine.proargtypes[0] = 'text'::regtype
      AND routine.prorettype IN ('integer'::regtype, 'bigint'::regtype)
      AND NOT routine.proretset
      -- The same text has as many tokens tomorrow.
      AND routine.provolatile = 'i'
      AND NOT routine.prosecdef
      AND (owner.rolsuper OR owner.oid = to_regrole('tollgate_owner'))
  )
$$;
COMMENT ON FUNCTION tollgate.is_trusted_counter(text, text) IS
  'Whether there is such a function of one text that may count tokens: immutable, answering an integer or a bigint, and owned by tollgate_owner or a superuser. It runs with the owner''s rights, so that whoever can replace it can do everything that Tollgate can.';
REVOKE ALL ON FUNCTION tollgate.is_trusted_counter(text, text) FROM PUBLIC;
