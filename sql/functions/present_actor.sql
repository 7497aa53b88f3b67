CREATE OR REPLACE FUNCTION tollgate.present_actor(stated jsonb DEFAULT NULL) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  setting CONSTANT jsonb := nullif(current_setting('tollgate.actor', true), '')::jsonb;
  -- Who may run SQL may have set it: only where the server logs in is it the server that has. A superuser is a member of
  -- every role without being granted any, and is not the server.
  is_server CONSTANT boolean := pg_has_role(session_user, 'tollgate_server', 'MEMBER')
    AND NOT (SELECT login.rolsuper FROM pg_roles AS login WHERE login.rolname = session_user);
  actor jsonb := CASE WHEN is_server THEN coalesce(stated, setting) END;
BEGIN
  -- A session of the database is who it logged in as, whatever it says.
  IF coalesce(actor ->> 'kind', 'database') = 'database' THEN
    actor := coalesce(actor, jsonb_strip_nulls(jsonb_build_object('hint', left(setting ->> 'hint', 255))))
      || jsonb_build_object('kind', 'database', 'id', session_user);
  END IF;
  RETURN actor;
END
$$;
COMMENT ON FUNCTION tollgate.present_actor(jsonb) IS
  'Who makes a change, as {"kind", "id", "requestId", "hint"}: whom the server states, for this change or in the transaction''s setting tollgate.actor, and otherwise the role that logged in. Of sessions in which the server does not log in nothing is believed, a superuser''s neither; their setting''s hint is kept, for what it is.';
REVOKE ALL ON FUNCTION tollgate.present_actor(jsonb) FROM PUBLIC;
