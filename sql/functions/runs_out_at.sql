CREATE OR REPLACE FUNCTION tollgate.runs_out_at(available bigint, tokens_per_day numeric, at timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
  SELECT CASE
    WHEN tokens_per_day > 0 AND available / tokens_per_day < 36500 THEN
      at + make_interval(secs => (greatest(available, 0) / tokens_per_day * 86400)::double precision)
  END
$$;
COMMENT ON FUNCTION tollgate.runs_out_at(bigint, numeric, timestamptz) IS
  'When so many tokens end at that rate, as if no reset came; NULL: nothing is used, or they last for more than a century.';
REVOKE ALL ON FUNCTION tollgate.runs_out_at(bigint, numeric, timestamptz) FROM PUBLIC;
