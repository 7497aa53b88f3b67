CREATE OR REPLACE FUNCTION tollgate.spending_outcome(
  cost bigint,
  available bigint,
  overdraft bigint,
  blocked_below bigint,
  refill_reach bigint,
  is_without_plan boolean
) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT CASE
    WHEN cost = 0 OR cost <= available + overdraft THEN
      CASE WHEN available < blocked_below THEN 'critical_balance' ELSE 'success' END
    WHEN cost <= refill_reach THEN 'refilling'
    WHEN is_without_plan AND available <= 0 THEN 'not_on_plan'
    ELSE 'insufficient_tokens'
  END
$$;
COMMENT ON FUNCTION tollgate.spending_outcome(bigint, bigint, bigint, bigint, bigint, boolean) IS
  'Whether so many tokens can be spent: of those available, down to the overdraft, but not below a threshold that blocks (NULL: none). What a bucket has once it is full (refill_reach, NULL: no bucket) is worth waiting for.';
REVOKE ALL ON FUNCTION tollgate.spending_outcome(bigint, bigint, bigint, bigint, bigint, boolean) FROM PUBLIC;
