CREATE OR REPLACE FUNCTION tollgate.time_of_id(id uuid) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT to_timestamp(('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint / 1000.0::double precision)
$$;
COMMENT ON FUNCTION tollgate.time_of_id(uuid) IS
  'The millisecond in which a UUID of version 7 was made: tollgate.first_id_at() of it is at most the id.';
REVOKE ALL ON FUNCTION tollgate.time_of_id(uuid) FROM PUBLIC;
