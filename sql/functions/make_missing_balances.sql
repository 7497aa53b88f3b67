CREATE OR REPLACE FUNCTION tollgate.make_missing_balances(
  organization_ids uuid[],
  token_types text[],
  operations text[],
  costs bigint[],
  slots integer[]
) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  without_balance uuid[];
BEGIN
  SELECT array_agg(DISTINCT named.organization_id)
  INTO without_balance
  FROM unnest(organization_ids, token_types, slots) AS named (organization_id, token_type, slot)
  WHERE named.slot IS NOT NULL
    AND NOT EXISTS (
      SELECT
      FROM public.ai_tokens AS token
      WHERE token.organization_id = named.organization_id AND token.token_type = named.token_type
    );
  IF without_balance IS NULL THEN
    RETURN;
  END IF;
  PERFORM tollgate.grant_missing_balances(without_balance);
  -- Tokens that no plan has can be bought, and given by hand. What is free can be held without any.
  INSERT INTO public.ai_tokens (organization_id, token_type, announced, period_anchor)
  SELECT DISTINCT named.organization_id, named.token_type, 3, tollgate.moment()
  FROM unnest(organization_ids, token_types, operations, costs, slots)
    AS named (organization_id, token_type, operation, cost, slot)
  WHERE named.slot IS NOT NULL AND named.operation <> 'deduct' AND (named.operation <> 'reserve' OR named.cost = 0)
  ORDER BY named.organization_id, named.token_type
  ON CONFLICT (organization_id, token_type) DO NOTHING;
END
$$;
COMMENT ON FUNCTION tollgate.make_missing_balances(uuid[], text[], text[], bigint[], integer[]) IS
  'Makes the balances that items of a batch name and that are not there: with what the plan allocates, or empty where something other than a use needs one.';
REVOKE ALL ON FUNCTION tollgate.make_missing_balances(uuid[], text[], text[], bigint[], integer[]) FROM PUBLIC;
