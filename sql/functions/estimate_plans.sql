CREATE OR REPLACE FUNCTION tollgate.estimate_plans(
  organization_id uuid,
  from_day date,
  to_day date
) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  periods CONSTANT integer := ceil((to_day - from_day) / 30.0)::integer;
  present_plan text;
  estimates json;
BEGIN
  IF (to_day > from_day AND to_day - from_day <= 400) IS NOT TRUE THEN
    RAISE EXCEPTION 'An estimate is of 1 to 400 days.' USING ERRCODE = 'TG400';
  END IF;
  PERFORM tollgate.admit_organizations(ARRAY[estimate_plans.organization_id]);
  SELECT known.plan
  INTO present_plan
  FROM public.organizations AS known
  WHERE known.id = estimate_plans.organization_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
  END IF;

  WITH used AS MATERIALIZED (
    SELECT counted.token_type, counted.day, sum(counted.tokens) AS tokens
    FROM (
      SELECT kept.token_type, kept.day, kept.tokens
      FROM tollgate.usage_days AS kept
      WHERE kept.organization_id = estimate_plans.organization_id
        AND kept.day >= from_day
        AND kept.day < to_day
      UNION ALL
      SELECT given.token_type, given.day, -given.refunded
      FROM tollgate.balance_days AS given
      WHERE given.organization_id = estimate_plans.organization_id
        AND given.day >= from_day
        AND given.day < to_day
      UNION ALL
      SELECT tail.token_type, tail.hour::date, tail.tokens - tail.refunded
      FROM tollgate.unrolled_sums(ARRAY[estimate_plans.organization_id]) AS tail
      WHERE (tail.uses > 0 OR tail.refunded > 0)
        AND tail.hour >= from_day::timestamptz
        AND tail.hour < to_day::timestamptz
    ) AS counted
    GROUP BY counted.token_type, counted.day
  ),
  -- What each plan would have had for what was used in each of its own periods.
  of_period AS (
    SELECT offered.plan, used.token_type, sum(used.tokens) AS used,
      coalesce(allocation.tokens, 0)
        + coalesce(floor(30 * 86400.0 / allocation.refill_seconds) * allocation.refill_tokens, 0) AS allocated
    FROM tollgate.plans AS offered
      CROSS JOIN used
      LEFT JOIN tollgate.plan_allocations AS allocation
        ON allocation.plan = offered.plan AND allocation.token_type = used.token_type
      CROSS JOIN LATERAL (
        SELECT CASE
          WHEN allocation.refill_tokens IS NOT NULL THEN (used.day - from_day) / 30
          WHEN allocation.period = 'never' THEN 0
          WHEN allocation.period = 'day' THEN used.day - from_day
          WHEN allocation.period IN ('month', 'quarter')
            THEN date_trunc(allocation.period, used.day::timestamp)::date - date '2000-01-01'
          ELSE (used.day - from_day) / coalesce(allocation.period_days, 30)
        END AS period
      ) AS slice
    GROUP BY offered.plan, used.token_type, slice.period, allocation.tokens, allocation.refill_tokens,
      allocation.refill_seconds
  ),
  missing AS MATERIALIZED (
    SELECT of_period.plan, of_period.token_type,
      least(sum(greatest(0, of_period.used - of_period.allocated)), 1000000000000000000)::bigint AS tokens
    FROM of_period
    GROUP BY of_period.plan, of_period.token_type
    HAVING sum(greatest(0, of_period.used - of_period.allocated)) > 0
  ),
  priced AS (
    SELECT missing.plan, missing.token_type, missing.tokens, bought.packs, bought.amount_minor
    FROM missing
      LEFT JOIN tollgate.plan_prices AS price ON price.plan = missing.plan
      LEFT JOIN LATERAL tollgate.cheapest_packs(missing.tokens,
        coalesce(price.currency, (SELECT min(sold.currency) FROM tollgate.pack_prices AS sold))) AS bought
        ON true
  )
  SELECT json_agg(json_build_object(
    'plan', offered.plan,
    'current', offered.plan IS NOT DISTINCT FROM present_plan,
    'monthlyPrice', CASE WHEN price.plan IS NOT NULL THEN
      json_build_object('amountMinor', price.amount_minor, 'currency', price.currency)
    END,
    'packs', coalesce(bought.packs, '[]'),
    'total', CASE WHEN price.plan IS NOT NULL THEN json_build_object(
      'amountMinor', price.amount_minor * periods + coalesce(bought.amount_minor, 0), 'currency', price.currency)
    END,
    'unaffordable', coalesce(bought.unaffordable, '{}')
  ) ORDER BY price.amount_minor, offered.plan)
  INTO estimates
  FROM tollgate.plans AS offered
    LEFT JOIN tollgate.plan_prices AS price ON price.plan = offered.plan
    LEFT JOIN (
      SELECT
        priced.plan,
        json_agg(json_build_object('tokenType', priced.token_type, 'missing', priced.tokens, 'packs', priced.packs,
            'amountMinor', priced.amount_minor) ORDER BY priced.token_type) FILTER (WHERE priced.packs IS NOT NULL) AS packs,
        sum(priced.amount_minor) AS amount_minor,
        json_object_agg(priced.token_type, priced.tokens ORDER BY priced.token_type) FILTER (WHERE priced.packs IS NULL)
          AS unaffordable
      FROM priced
      GROUP BY priced.plan
    ) AS bought ON bought.plan = offered.plan;
  PERFORM tollgate.admit_organizations('{}');
  RETURN coalesce(estimates, '[]');
END
$$;
COMMENT ON FUNCTION tollgate.estimate_plans(uuid, date, date) IS
  'What an organization''s uses from from_day on and before to_day (UTC) would have cost on each plan, as JSON: for every 30 days, or a part of them, the plan''s price, and packs for what was used, less what was refunded, in each of an allocation''s own periods beyond it: a bucket''s is 30 days with what they refill, and nothing rolls over. Raises TG400 for fewer than 1 or more than 400 days, TG404 for an unknown organization.';
REVOKE ALL ON FUNCTION tollgate.estimate_plans(uuid, date, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.estimate_plans(uuid, date, date) TO tollgate_server, service_role;
