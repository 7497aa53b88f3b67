CREATE OR REPLACE FUNCTION tollgate.local_day(
  organization_id uuid,
  OUT day date,
  OUT seconds_left bigint
)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT
    today.day,
    greatest(
      ceil(extract(epoch FROM tollgate.instant_of_local(today.day + time '24:00', zone.name) - clock.at))::bigint, 1)
  FROM tollgate.moment() AS clock (at)
    JOIN public.organizations AS organization ON organization.id = local_day.organization_id
    CROSS JOIN LATERAL tollgate.usable_time_zone(organization.time_zone) AS zone (name)
    CROSS JOIN LATERAL (SELECT (clock.at AT TIME ZONE zone.name)::date AS day) AS today
$$;
COMMENT ON FUNCTION tollgate.local_day(uuid) IS
  'Which day it is in an organization''s time zone, and the whole seconds until the next, rounded up. The caller has admitted itself to the organization.';
REVOKE ALL ON FUNCTION tollgate.local_day(uuid) FROM PUBLIC;
