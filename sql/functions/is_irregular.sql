CREATE OR REPLACE FUNCTION tollgate.is_irregular(id uuid, created_at timestamptz) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  -- Without a time zone, as tollgate.first_id_at().
  SELECT id >= tollgate.first_id_at((created_at AT TIME ZONE 'UTC' + interval '1 hour') AT TIME ZONE 'UTC')
$$;
COMMENT ON FUNCTION tollgate.is_irregular(uuid, timestamptz) IS
  'Whether an id is of a time far behind its row''s: such a row is not looked for by its id, tollgate.late_entries names it.';
REVOKE ALL ON FUNCTION tollgate.is_irregular(uuid, timestamptz) FROM PUBLIC;
