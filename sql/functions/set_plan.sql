CREATE OR REPLACE FUNCTION tollgate.set_plan(plan text, title text, allocations jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF (set_plan.plan ~ '^[a-z][a-z0-9_]{0,62}$' AND length(set_plan.title) BETWEEN 1 AND 200
      AND jsonb_typeof(set_plan.allocations) = 'object') IS NOT TRUE
  THEN
    RAISE EXCEPTION 'A plan is a lower-case name with a title of 1 to 200 characters and an object of allocations.'
      USING ERRCODE = 'TG400';
  END IF;
  IF EXISTS (
    SELECT
    FROM jsonb_each(set_plan.allocations) AS granted (token_type, tokens)
    -- Asked in this order: what is no number is not compared with one.
    WHERE CASE
      WHEN jsonb_typeof(granted.tokens) <> 'number' THEN true
      ELSE granted.tokens::numeric NOT BETWEEN 0 AND 1000000000000000 OR granted.tokens::numeric % 1 <> 0
    END
  ) THEN
    RAISE EXCEPTION 'A plan grants between 0 and 10^15 whole tokens of a type.' USING ERRCODE = 'TG400';
  END IF;
  IF EXISTS (
    SELECT
    FROM jsonb_object_keys(set_plan.allocations) AS granted (token_type)
    WHERE NOT EXISTS (SELECT FROM tollgate.token_types AS known WHERE known.token_type = granted.token_type)
  ) THEN
    RAISE EXCEPTION 'There is no such token type.' USING ERRCODE = 'TG421', HINT = 'See tollgate.token_types.';
  END IF;

  INSERT INTO tollgate.plans AS known (plan, title)
  VALUES (set_plan.plan, set_plan.title)
  ON CONFLICT ON CONSTRAINT "a plan has one row" DO UPDATE
  SET title = excluded.title;
  INSERT INTO tollgate.plan_allocations AS known (plan, token_type, tokens)
  SELECT set_plan.plan, granted.token_type, granted.tokens::bigint
  FROM jsonb_each(set_plan.allocations) AS granted (token_type, tokens)
  ORDER BY granted.token_type
  ON CONFLICT ON CONSTRAINT "a plan allocates a token type once" DO UPDATE
  SET tokens = excluded.tokens;
  -- The row stays: balances of organizations on this plan go on having periods, and get nothing in the next.
  UPDATE tollgate.plan_allocations AS known
  SET tokens = 0
  WHERE known.plan = set_plan.plan
    AND NOT set_plan.allocations ? known.token_type
    AND known.tokens <> 0;
END
$$;
COMMENT ON FUNCTION tollgate.set_plan(text, text, jsonb) IS
  'Makes a plan, or changes its title and what it grants, as {"token type": tokens}. A token type that is left out is granted 0 tokens; how its periods run stays. A balance keeps what it was granted until its next period. Raises TG400 for what is no plan, TG421 for an unknown token type.';
REVOKE ALL ON FUNCTION tollgate.set_plan(text, text, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.set_plan(text, text, jsonb) TO service_role, tollgate_server;
