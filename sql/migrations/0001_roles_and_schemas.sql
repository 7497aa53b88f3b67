-- Roles and schemas. Runs as the administrator who migrates; everything after it is owned by tollgate_owner.
--
-- anon, authenticated, service_role and auth.uid() have Supabase's names and meaning and are made only where they are
-- missing, so that the same files run on Supabase and on plain PostgreSQL. Roles belong to the whole cluster: another
-- database may create them at the same moment, which counts as "not missing".

DO $$
DECLARE
  wanted record;
BEGIN
  FOR wanted IN
    SELECT *
    FROM (VALUES
      ('anon', 'NOLOGIN NOINHERIT'),
      ('authenticated', 'NOLOGIN NOINHERIT'),
      ('service_role', 'NOLOGIN NOINHERIT BYPASSRLS'),
      ('tollgate_owner', 'NOLOGIN NOINHERIT'),
      ('tollgate_server', 'LOGIN NOINHERIT NOCREATEDB NOCREATEROLE NOBYPASSRLS')
    ) AS roles (name, options)
    WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = roles.name)
  LOOP
    BEGIN
      EXECUTE format('CREATE ROLE %I %s', wanted.name, wanted.options);
    EXCEPTION
      WHEN duplicate_object OR unique_violation THEN NULL;
    END;
  END LOOP;

  -- Who is not a superuser must be a member of a role to hand objects to it.
  IF NOT pg_has_role(current_user, 'tollgate_owner', 'MEMBER') THEN
    EXECUTE format('GRANT tollgate_owner TO %I', current_user);
  END IF;
END
$$;

COMMENT ON ROLE tollgate_owner IS 'Owns Tollgate''s tables and functions. Nobody logs in as it, and row-level security is forced on it.';
COMMENT ON ROLE tollgate_server IS 'What `tollgate serve` logs in as: may execute Tollgate''s functions, owns nothing, reads no table. Give it a password with ALTER ROLE.';

CREATE SCHEMA IF NOT EXISTS auth;

DO $$
BEGIN
  IF to_regprocedure('auth.uid()') IS NULL THEN
    -- As Supabase defines it: the subject of the request's JWT, from either of PostgREST's two settings.
    EXECUTE $definition$
      CREATE FUNCTION auth.uid() RETURNS uuid
      LANGUAGE sql STABLE
      SET search_path = pg_catalog, pg_temp
      AS $body$
        SELECT coalesce(
          nullif(current_setting('request.jwt.claim.sub', true), ''),
          nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'
        )::uuid
      $body$
    $definition$;
    COMMENT ON FUNCTION auth.uid() IS 'The user id (`sub`) of the request''s JWT claims, or NULL.';
    GRANT USAGE ON SCHEMA auth TO anon, authenticated, service_role, tollgate_owner;
    GRANT EXECUTE ON FUNCTION auth.uid() TO anon, authenticated, service_role, tollgate_owner;
  ELSE
    GRANT USAGE ON SCHEMA auth TO tollgate_owner;
    GRANT EXECUTE ON FUNCTION auth.uid() TO tollgate_owner;
  END IF;
END
$$;

GRANT USAGE, CREATE ON SCHEMA public TO tollgate_owner;
GRANT USAGE ON SCHEMA public TO anon, authenticated, service_role;

CREATE SCHEMA IF NOT EXISTS tollgate;
ALTER SCHEMA tollgate OWNER TO tollgate_owner;
REVOKE ALL ON SCHEMA tollgate FROM PUBLIC;
GRANT USAGE ON SCHEMA tollgate TO authenticated, service_role, tollgate_server;
COMMENT ON SCHEMA tollgate IS 'Tollgate: the rules of settlement, its own tables, and views for operators.';
