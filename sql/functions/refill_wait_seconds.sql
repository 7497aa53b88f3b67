CREATE OR REPLACE FUNCTION tollgate.refill_wait_seconds(
  missing bigint,
  refilled_at timestamptz,
  refill_tokens bigint,
  refill_seconds integer,
  at timestamptz
) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT greatest(1, ceil(
    missing::numeric * refill_seconds / refill_tokens - extract(epoch FROM at - refilled_at)))::bigint
$$;
COMMENT ON FUNCTION tollgate.refill_wait_seconds(bigint, timestamptz, bigint, integer, timestamptz) IS
  'Seconds until a bucket that was refilled up to refilled_at has so many tokens more: what is missing by the rate, less the time of the token that is on its way. Rounded up, at least 1.';
REVOKE ALL ON FUNCTION tollgate.refill_wait_seconds(bigint, timestamptz, bigint, integer, timestamptz) FROM PUBLIC;
