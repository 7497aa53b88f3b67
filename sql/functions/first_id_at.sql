CREATE OR REPLACE FUNCTION tollgate.first_id_at(at timestamptz) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  -- Without a time zone: such a function can become a part of the statements that call it.
  SELECT (
    lpad(to_hex(greatest(0, floor(extract(epoch FROM at AT TIME ZONE 'UTC') * 1000))::bigint), 12, '0')
    || repeat('0', 20)
  )::uuid
$$;
COMMENT ON FUNCTION tollgate.first_id_at(timestamptz) IS
  'What every UUID of version 7 made at this time or later is greater than. An id is made when its request arrives, and by another clock than created_at: readers who bound ids allow a minute.';
REVOKE ALL ON FUNCTION tollgate.first_id_at(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.first_id_at(timestamptz) TO tollgate_reporter;
