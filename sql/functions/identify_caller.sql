CREATE OR REPLACE FUNCTION tollgate.identify_caller(
  INOUT organization_id uuid,
  INOUT user_id uuid,
  OUT membership_required boolean
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  claimed_user uuid;
BEGIN
  membership_required := NOT tollgate.caller_is_trusted();
  IF membership_required THEN
    -- Who may run SQL may have set it: nothing of it is inherited.
    PERFORM set_config('tollgate.user_id', '', true);
    claimed_user := tollgate.current_user_id();
    IF claimed_user IS NULL THEN
      RAISE EXCEPTION 'The request names no user.' USING ERRCODE = 'TG401',
        HINT = 'Set request.jwt.claims to the claims of a user, with "sub".';
    END IF;
    IF user_id <> claimed_user THEN
      RAISE EXCEPTION 'A user acts for nobody else.' USING ERRCODE = 'TG403';
    END IF;
    user_id := claimed_user;
    organization_id := coalesce(organization_id, tollgate.organization_of(claimed_user));
  END IF;
END
$$;
COMMENT ON FUNCTION tollgate.identify_caller(uuid, uuid) IS
  'Who a call from psql or an RPC acts for: a trusted caller for whomever it names, everybody else for the user in the claims, who must then be a member of the organization. Raises TG401 and TG403.';
REVOKE ALL ON FUNCTION tollgate.identify_caller(uuid, uuid) FROM PUBLIC;
