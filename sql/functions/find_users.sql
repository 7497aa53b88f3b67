-- Runs as tollgate_reporter, whose policies admit it to the users of every organization, for reading only.
GRANT CREATE ON SCHEMA tollgate TO tollgate_reporter;
SET LOCAL ROLE tollgate_reporter;
CREATE OR REPLACE FUNCTION tollgate.find_users(
  organization_id uuid DEFAULT NULL,
  search text DEFAULT NULL,
  behind_id uuid DEFAULT NULL,
  behind_created_at timestamptz DEFAULT NULL,
  row_limit integer DEFAULT 50
) RETURNS TABLE (
  user_id uuid,
  organization_id_of_user uuid,
  email text,
  role text,
  created_at timestamptz
)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
-- What is not asked for is no condition then, and an index serves the rest.
SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
  searched_id CONSTANT uuid := CASE
    WHEN find_users.search ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN search::uuid
  END;
  prefix CONSTANT text := CASE WHEN searched_id IS NULL THEN lower(find_users.search) END;
BEGIN
  IF find_users.organization_id IS NOT NULL
    AND NOT EXISTS (SELECT FROM public.organizations AS known WHERE known.id = find_users.organization_id)
  THEN
    RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
  END IF;
  RETURN QUERY
  SELECT known.id, known.organization_id, known.email, known.role, known.created_at
  FROM public.user_profiles AS known
  WHERE (find_users.organization_id IS NULL OR known.organization_id = find_users.organization_id)
    AND (searched_id IS NULL OR known.id = searched_id)
    AND (prefix IS NULL
      OR lower(known.email) COLLATE "C" >= prefix AND lower(known.email) COLLATE "C" < prefix || chr(1114111))
    AND (behind_id IS NULL OR (known.created_at, known.id) < (behind_created_at, behind_id))
  ORDER BY known.created_at DESC, known.id DESC
  LIMIT row_limit;
END
$$;
COMMENT ON FUNCTION tollgate.find_users(uuid, text, uuid, timestamptz, integer) IS
  'A page of the users of all organizations or of one, the newest first; those that come behind one with behind_id that was made at behind_created_at, whether it is still there or not. search: the id, or how the email begins, in any case. Raises TG404 for an unknown organization.';
REVOKE ALL ON FUNCTION tollgate.find_users(uuid, text, uuid, timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.find_users(uuid, text, uuid, timestamptz, integer) TO service_role, tollgate_server;
SET LOCAL ROLE tollgate_owner;
REVOKE CREATE ON SCHEMA tollgate FROM tollgate_reporter;
