CREATE OR REPLACE FUNCTION tollgate.present_actor(stated jsonb DEFAULT NULL) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  actor jsonb := stated;
BEGIN
  -- Who may run SQL may have set it: only where the server logs in is it the server that has.
  IF pg_has_role(session_user, 'tollgate_server', 'MEMBER') THEN
    actor := coalesce(actor, nullif(current_setting('tollgate.actor', true), '')::jsonb);
  ELSE
    actor := NULL;
  END IF;
  -- A session of the database is who it logged in as, whatever it says.
  IF coalesce(actor ->> 'kind', 'database') = 'database' THEN
    actor := coalesce(actor, '{}') || jsonb_build_object('kind', 'database', 'id', session_user);
  END IF;
  RETURN actor;
END
$$;
COMMENT ON FUNCTION tollgate.present_actor(jsonb) IS
  'Who makes a change, as {"kind", "id", "requestId", "hint"}: whom the server states, for this change or in the transaction''s setting tollgate.actor, and otherwise the role that logged in. Sessions in which the server does not log in are never believed.';
REVOKE ALL ON FUNCTION tollgate.present_actor(jsonb) FROM PUBLIC;
