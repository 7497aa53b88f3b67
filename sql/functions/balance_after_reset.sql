CREATE OR REPLACE FUNCTION tollgate.balance_after_reset(
  token public.ai_tokens,
  allocation bigint,
  rollover_cap bigint,
  overdraft bigint,
  periods integer
) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  -- The plan's part: what was bought is not touched. Below 0 it is a debt, which the allocation pays first.
  unused bigint := token.balance - token.purchased;
  carried bigint;
BEGIN
  FOR period IN 1..periods LOOP
    carried := least(unused, rollover_cap);
    -- From here on every period ends like the one before.
    EXIT WHEN unused = allocation + carried;
    unused := allocation + carried;
  END LOOP;
  -- What is held cannot go: nothing but the overdraft may be missing behind it.
  RETURN greatest(unused + token.purchased, token.reserved - overdraft);
END
$$;
COMMENT ON FUNCTION tollgate.balance_after_reset(public.ai_tokens, bigint, bigint, bigint, integer) IS
  'Tokens after so many periods have ended without a use: the allocation, what rolls over up to the cap, and what was bought.';
REVOKE ALL ON FUNCTION tollgate.balance_after_reset(public.ai_tokens, bigint, bigint, bigint, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.balance_after_reset(public.ai_tokens, bigint, bigint, bigint, integer) TO authenticated, service_role;
