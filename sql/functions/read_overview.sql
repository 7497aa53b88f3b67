-- Runs as tollgate_reporter, whose policies admit it to the roll-ups of every organization, for reading only.
GRANT CREATE ON SCHEMA tollgate TO tollgate_reporter;
SET LOCAL ROLE tollgate_reporter;
CREATE OR REPLACE FUNCTION tollgate.read_overview() RETURNS json
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
SET jit = off
AS $$
  WITH moment AS MATERIALIZED (
    SELECT tollgate.moment()::date AS today, date_trunc('month', tollgate.moment())::date AS month
  ),
  used AS MATERIALIZED (
    SELECT day.day, day.feature_used, day.uses, day.tokens, day.refusals, moment.today
    FROM moment
      JOIN tollgate.service_days AS day ON day.day > moment.today - 30 AND day.day <= moment.today
  ),
  organization AS MATERIALIZED (
    SELECT known.plan, known.status, count(*) AS organizations
    FROM public.organizations AS known
    GROUP BY known.plan, known.status
  )
  SELECT json_build_object(
    'rolledUpTo', (SELECT tollgate.rfc3339(seal.caught_up_at) FROM tollgate.rollup_seal AS seal),
    'organizations', (
      SELECT json_build_object(
        'total', coalesce(sum(counted.organizations), 0),
        'active', coalesce(sum(counted.organizations) FILTER (WHERE counted.status = 'active'), 0),
        'suspended', coalesce(sum(counted.organizations) FILTER (WHERE counted.status = 'suspended'), 0),
        'byPlan', (
          SELECT coalesce(json_object_agg(of_plan.plan, of_plan.organizations ORDER BY of_plan.plan), '{}')
          FROM (
            SELECT known.plan, sum(known.organizations) AS organizations
            FROM organization AS known
            WHERE known.plan IS NOT NULL
            GROUP BY known.plan
          ) AS of_plan
        ))
      FROM organization AS counted
    ),
    'usage', (
      SELECT json_object_agg(span.name, json_build_object(
        'uses', coalesce(total.uses, 0), 'tokens', coalesce(total.tokens, 0), 'refusals', coalesce(total.refusals, 0)))
      FROM (VALUES ('today', 1), ('last7Days', 7), ('last30Days', 30)) AS span (name, days)
        CROSS JOIN LATERAL (
          SELECT sum(used.uses) AS uses, sum(used.tokens) AS tokens, sum(used.refusals) AS refusals
          FROM used
          WHERE used.day > used.today - span.days
        ) AS total
    ),
    'topFeatures', (
      SELECT coalesce(json_agg(json_build_object(
        'featureUsed', top.feature_used, 'uses', top.uses, 'tokens', top.tokens)), '[]')
      FROM (
        SELECT used.feature_used, sum(used.uses) AS uses, sum(used.tokens) AS tokens
        FROM used
        WHERE used.feature_used <> ''
        GROUP BY used.feature_used
        HAVING sum(used.uses) > 0
        ORDER BY 3 DESC, 2 DESC, 1
        LIMIT 10
      ) AS top
    ),
    'topUsers', (
      SELECT coalesce(json_agg(json_build_object(
        'organizationId', top.organization_id, 'organizationName', known.name, 'userId', top.subject,
        'email', profile.email, 'uses', top.uses, 'tokens', top.tokens)
        ORDER BY top.tokens DESC, top.organization_id, top.subject), '[]')
      FROM (
        SELECT counted.organization_id, counted.subject, counted.uses, counted.tokens
        FROM tollgate.usage_months AS counted
        WHERE counted.month = (SELECT moment.month FROM moment)
          AND counted.subject <> counted.organization_id
        ORDER BY counted.tokens DESC
        LIMIT 10
      ) AS top
        JOIN public.organizations AS known ON known.id = top.organization_id
        LEFT JOIN public.user_profiles AS profile
          ON profile.organization_id = top.organization_id AND profile.id = top.subject
    ),
    'topOrganizations', (
      SELECT coalesce(json_agg(json_build_object(
        'organizationId', top.organization_id, 'organizationName', known.name, 'uses', top.uses, 'tokens', top.tokens)
        ORDER BY top.tokens DESC, top.organization_id), '[]')
      FROM (
        SELECT counted.organization_id, counted.uses, counted.tokens
        FROM tollgate.usage_months AS counted
        WHERE counted.month = (SELECT moment.month FROM moment)
          AND counted.subject = counted.organization_id
        ORDER BY counted.tokens DESC
        LIMIT 10
      ) AS top
        JOIN public.organizations AS known ON known.id = top.organization_id
    ),
    'topSince', (SELECT tollgate.rfc3339(moment.month::timestamptz) FROM moment),
    'lowBalances', (
      SELECT coalesce(json_agg(json_build_object(
        'organizationId', low.organization_id, 'organizationName', known.name, 'tokenType', low.token_type,
        'available', low.available, 'allocated', low.allocated, 'state', low.state)
        ORDER BY low.percent_left, low.organization_id, low.token_type), '[]')
      FROM (
        SELECT counted.*
        FROM tollgate.rolled_balances AS counted
        WHERE counted.state IN ('critical', 'exhausted')
          AND counted.allocated > 0
        ORDER BY counted.percent_left, counted.organization_id, counted.token_type
        LIMIT 20
      ) AS low
        JOIN public.organizations AS known ON known.id = low.organization_id
    ),
    'dueResets', (
      SELECT count(*)
      FROM (
        SELECT
        FROM public.ai_tokens AS token
        WHERE least(token.refresh_date, token.due_at) <= tollgate.moment()
          AND token.due_at IS DISTINCT FROM '-infinity'
          AND token.refresh_date <= tollgate.moment()
        LIMIT 10000
      ) AS due
    ),
    'resetsWithinDay', (
      SELECT count(*)
      FROM (
        SELECT
        FROM public.ai_tokens AS token
        WHERE least(token.refresh_date, token.due_at) <= tollgate.moment() + interval '1 day'
          AND token.due_at IS DISTINCT FROM '-infinity'
          AND token.refresh_date > tollgate.moment()
          AND token.refresh_date <= tollgate.moment() + interval '1 day'
        LIMIT 10000
      ) AS coming
    ),
    'perDay', (
      SELECT coalesce(json_agg(json_build_object(
        'day', total.day, 'uses', total.uses, 'tokens', total.tokens) ORDER BY total.day), '[]')
      FROM (
        SELECT used.day, sum(used.uses) AS uses, sum(used.tokens) AS tokens
        FROM used
        GROUP BY used.day
      ) AS total
    ))
$$;
COMMENT ON FUNCTION tollgate.read_overview() IS
  'All organizations on one page, from roll-ups, as JSON: how many there are, what was used today, in 7 and in 30 days (UTC), who and what used most (users and organizations in this calendar month), balances that are low as of their last movement, and resets that wait for a sweep or fall due within a day, of each of which it counts 10000.';
REVOKE ALL ON FUNCTION tollgate.read_overview() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.read_overview() TO tollgate_server, service_role;
SET LOCAL ROLE tollgate_owner;
REVOKE CREATE ON SCHEMA tollgate FROM tollgate_reporter;
