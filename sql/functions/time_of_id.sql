CREATE OR REPLACE FUNCTION tollgate.time_of_id(id uuid) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  -- The last millisecond that a UUID of version 7 can have is beyond what PostgreSQL calls a time.
  SELECT to_timestamp(least(('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint, 9000000000000000) / 1000.0::double precision)
$$;
COMMENT ON FUNCTION tollgate.time_of_id(uuid) IS
  'The millisecond in which a UUID of version 7 was made: tollgate.first_id_at() of it is at most the id.';
REVOKE ALL ON FUNCTION tollgate.time_of_id(uuid) FROM PUBLIC;
