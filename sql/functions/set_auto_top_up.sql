CREATE OR REPLACE FUNCTION tollgate.set_auto_top_up(
  organization_id uuid,
  token_type text,
  below bigint,
  amount bigint,
  period_maximum integer DEFAULT 3,
  cool_off_seconds integer DEFAULT 3600
) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  tenant CONSTANT uuid := organization_id;
  type CONSTANT text := token_type;
  settings tollgate.auto_top_ups;
  may_request_at timestamptz;
BEGIN
  IF (below BETWEEN 1 AND 1000000000000000 AND amount BETWEEN 1 AND 1000000000000000
      AND period_maximum BETWEEN 0 AND 1000 AND cool_off_seconds BETWEEN 0 AND 31622400) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'below and amount are 1 to 10^15 tokens, period_maximum is 0 to 1000, cool_off_seconds 0 to 31622400.'
      USING ERRCODE = 'TG400';
  END IF;
  PERFORM tollgate.admit_organizations(ARRAY[tenant]);
  IF NOT EXISTS (SELECT FROM public.organizations AS known WHERE known.id = tenant) THEN
    RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
  END IF;
  IF NOT EXISTS (SELECT FROM tollgate.token_types AS known WHERE known.token_type = type) THEN
    RAISE EXCEPTION 'There is no such token type.' USING ERRCODE = 'TG404', HINT = 'See tollgate.token_types.';
  END IF;
  PERFORM tollgate.grant_missing_balances(ARRAY[tenant]);
  -- What no plan allocates may be bought all the same.
  INSERT INTO public.ai_tokens (organization_id, token_type, announced)
  VALUES (tenant, type, 3)
  ON CONFLICT ON CONSTRAINT "an organization has one balance of a token type" DO NOTHING;

  -- First the balance, as in settlement.
  PERFORM
  FROM public.ai_tokens AS token
  WHERE token.organization_id = tenant AND token.token_type = type
  FOR NO KEY UPDATE;
  INSERT INTO tollgate.auto_top_ups AS configured
    (organization_id, token_type, below, amount, period_maximum, cool_off_seconds)
  VALUES (tenant, type, set_auto_top_up.below, set_auto_top_up.amount, set_auto_top_up.period_maximum,
    set_auto_top_up.cool_off_seconds)
  ON CONFLICT ON CONSTRAINT "a balance is topped up in one way" DO UPDATE
  SET below = excluded.below,
    amount = excluded.amount,
    period_maximum = excluded.period_maximum,
    cool_off_seconds = excluded.cool_off_seconds
  RETURNING * INTO settings;

  -- Whoever changes the settings does not shorten a cool-off, nor begin to count anew.
  IF settings.requested_count < settings.period_maximum THEN
    may_request_at := coalesce(
      settings.requested_at + make_interval(secs => settings.cool_off_seconds), tollgate.moment());
  END IF;
  UPDATE public.ai_tokens AS token
  SET request_below = CASE WHEN may_request_at <= tollgate.moment() THEN settings.below END,
    due_at = CASE
      WHEN may_request_at > tollgate.moment() THEN least(token.due_at, may_request_at)
      ELSE token.due_at
    END,
    updated_at = now()
  WHERE token.organization_id = tenant AND token.token_type = type;
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.set_auto_top_up(uuid, text, bigint, bigint, integer, integer) IS
  'From now on an event asks for a top-up of so many tokens when fewer than `below` are available, at most period_maximum times a period and with cool_off_seconds between two. Raises TG400 for an argument out of range, TG404 for an unknown organization or token type.';
REVOKE ALL ON FUNCTION tollgate.set_auto_top_up(uuid, text, bigint, bigint, integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.set_auto_top_up(uuid, text, bigint, bigint, integer, integer) TO service_role, tollgate_server;
