-- The one place that knows which limits apply to a charge and in which window each of them counts it.
CREATE OR REPLACE FUNCTION tollgate.applicable_limits(
  organization_id uuid,
  user_id uuid,
  feature text,
  token_type text
) RETURNS TABLE (
  limit_name text,
  subject uuid,
  counts text,
  window_kind text,
  action text,
  maximum bigint,
  window_start timestamptz,
  window_end timestamptz,
  used bigint,
  earlier_used bigint,
  is_alerted boolean
)
LANGUAGE sql STABLE
AS $$
  SELECT
    bound.limit_name,
    subject.id,
    bound.counts,
    bound.window_kind,
    bound.action,
    CASE WHEN bound.window_kind = 'spacing' THEN 1 ELSE coalesce(override.maximum, bound.maximum) END,
    CASE
      WHEN present.is_late THEN calendar.began
      WHEN present.is_open AND bound.window_kind <> 'spacing' THEN counted.window_start
      WHEN bound.window_kind = 'spacing' THEN greatest(counted.window_start, clock.at)
      ELSE coalesce(calendar.began, clock.at)
    END,
    CASE
      WHEN present.is_late THEN counted.window_start
      WHEN calendar.began IS NOT NULL THEN calendar.ends
      WHEN present.is_open THEN counted.window_start + span.length
      ELSE clock.at + span.length
    END,
    CASE
      WHEN present.is_late THEN counted.earlier_used
      WHEN present.is_open THEN greatest(0, counted.used - expired.amount)
      ELSE 0
    END,
    CASE WHEN counted.window_start >= calendar.began_before THEN counted.used ELSE 0 END,
    present.is_open AND counted.alerted
  FROM tollgate.moment() AS clock (at)
    JOIN public.organizations AS organization ON organization.id = applicable_limits.organization_id
    CROSS JOIN LATERAL tollgate.usable_time_zone(organization.time_zone) AS zone (name)
    JOIN tollgate.limits AS bound
      ON bound.is_enabled
        AND (bound.plan IS NULL OR bound.plan = CASE
          WHEN organization.next_plan_from <= clock.at THEN organization.next_plan
          ELSE organization.plan
        END)
        AND (bound.token_type IS NULL OR bound.token_type = applicable_limits.token_type)
        AND (bound.feature IS NULL OR bound.feature = applicable_limits.feature)
        AND (bound.per = 'organization' OR applicable_limits.user_id IS NOT NULL)
    LEFT JOIN tollgate.limit_overrides AS override
      ON override.organization_id = applicable_limits.organization_id AND override.limit_name = bound.limit_name
    CROSS JOIN LATERAL (
      SELECT CASE bound.per WHEN 'user' THEN applicable_limits.user_id ELSE applicable_limits.organization_id END AS id
    ) AS subject
    LEFT JOIN tollgate.limit_uses AS counted
      ON counted.organization_id = applicable_limits.organization_id
        AND counted.limit_name = bound.limit_name
        AND counted.subject = subject.id
    CROSS JOIN LATERAL (
      SELECT
        pg_catalog.make_interval(secs => bound.window_seconds) AS length,
        CASE bound.window_kind WHEN 'day' THEN interval '1 day' WHEN 'month' THEN interval '1 month' END AS step,
        CASE WHEN bound.window_kind IN ('day', 'month') THEN
          date_trunc(bound.window_kind, clock.at AT TIME ZONE zone.name)
        END AS local_start
    ) AS span
    CROSS JOIN LATERAL (
      SELECT
        tollgate.instant_of_local(span.local_start - span.step, zone.name) AS began_before,
        tollgate.instant_of_local(span.local_start, zone.name) AS began,
        tollgate.instant_of_local(span.local_start + span.step, zone.name) AS ends
    ) AS calendar
    CROSS JOIN LATERAL (
      SELECT
        coalesce(counted.window_start >= calendar.began, counted.window_start + span.length > clock.at, false) AS is_open,
        coalesce(counted.window_start > clock.at AND calendar.began IS NOT NULL, false) AS is_late
    ) AS present
    -- Reservations that have expired and are not booked yet are counted no longer.
    CROSS JOIN LATERAL (
      SELECT coalesce(sum(CASE bound.counts WHEN 'tokens' THEN held.amount ELSE 1 END), 0)::bigint AS amount
      FROM tollgate.reservations AS held
      WHERE present.is_open
        AND bound.counts <> 'refusals'
        AND bound.window_kind <> 'spacing'
        AND held.organization_id = applicable_limits.organization_id
        AND held.status = 'open'
        AND held.expires_at <= clock.at
        AND held.created_at >= counted.window_start
        AND (bound.token_type IS NULL OR bound.token_type = held.token_type)
        AND (bound.feature IS NULL OR bound.feature = held.feature_used)
        AND (bound.per = 'organization' OR held.user_id = subject.id)
    ) AS expired
  WHERE override.limit_name IS NULL
    OR override.maximum IS NOT NULL
$$;
COMMENT ON FUNCTION tollgate.applicable_limits(uuid, uuid, text, text) IS
  'The limits that a charge of this organization is under at this moment, each with the window that it counts in. A day or month that others have ended meanwhile is still the window of who began in it. earlier_used is what a new window has to remember of the one before.';
REVOKE ALL ON FUNCTION tollgate.applicable_limits(uuid, uuid, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.applicable_limits(uuid, uuid, text, text) TO authenticated, service_role;
