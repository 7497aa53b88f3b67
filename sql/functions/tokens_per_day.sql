-- Tokens used since midnight (UTC) six days ago, divided by the days since then, or since the first use if that was
-- later, but by one day at least.
CREATE OR REPLACE FUNCTION tollgate.tokens_per_day(
  used numeric,
  first_used_at timestamptz,
  at timestamptz
) RETURNS numeric
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
  SELECT round(
    used / greatest(1, (extract(epoch FROM
      at - greatest(first_used_at, ((at AT TIME ZONE 'UTC')::date - 6)::timestamp AT TIME ZONE 'UTC')) / 86400)),
    2)
$$;
COMMENT ON FUNCTION tollgate.tokens_per_day(numeric, timestamptz, timestamptz) IS
  'Tokens a day, to the hundredth: what was used, less what refunds gave back, since midnight (UTC) six days ago over the time since then, or since the first use if that was later, but over one day at least.';
REVOKE ALL ON FUNCTION tollgate.tokens_per_day(numeric, timestamptz, timestamptz) FROM PUBLIC;
