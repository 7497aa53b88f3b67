CREATE OR REPLACE VIEW tollgate.cache_use WITH (security_invoker = true) AS
SELECT
  counted.organization_id,
  counted.cache_name,
  counted.day,
  counted.calls,
  counted.quota,
  counted.hits,
  counted.fallbacks,
  counted.waits,
  round(counted.hits::numeric / nullif(counted.hits + counted.calls + counted.fallbacks, 0), 4) AS hit_rate
FROM tollgate.cache_days AS counted;
COMMENT ON VIEW tollgate.cache_use IS 'What decision caches answered each day of the last 90. hit_rate: hits among hits, calls and fallbacks, from 0 to 1; NULL: nobody asked. Calls are exact, the others as servers have told by now.';
GRANT SELECT ON tollgate.cache_use TO authenticated, service_role;
