CREATE OR REPLACE FUNCTION tollgate.time_ordered_id() RETURNS uuid
LANGUAGE plpgsql VOLATILE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN encode(
    set_bit(
      set_bit(
        overlay(
          uuid_send(gen_random_uuid())
          PLACING substring(int8send(floor(extract(epoch FROM tollgate.moment() + (clock_timestamp() - now())) * 1000)::bigint) FROM 3)
          FROM 1 FOR 6),
        52, 1),
      53, 1),
    'hex')::uuid;
END
$$;
COMMENT ON FUNCTION tollgate.time_ordered_id() IS
  'A UUID of version 7 (RFC 9562): 48 bits of milliseconds since 1970 by the clock that decides (tollgate.moment), then random. New rows land at an index''s right edge.';
REVOKE ALL ON FUNCTION tollgate.time_ordered_id() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.time_ordered_id() TO authenticated, service_role;
