CREATE OR REPLACE FUNCTION tollgate.binding_limit(
  organization_id uuid,
  user_id uuid,
  feature text,
  token_type text,
  cost bigint,
  OUT limit_name text,
  OUT retry_after_seconds bigint
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
  SELECT exceeded.limit_name, exceeded.wait
  INTO limit_name, retry_after_seconds
  FROM (
    SELECT
      bound.limit_name,
      -- Waiting does not help what a new window refuses, too.
      CASE
        WHEN bound.counts = 'tokens' AND binding_limit.cost > bound.maximum THEN NULL
        WHEN bound.counts <> 'tokens' AND bound.maximum = 0 THEN NULL
        ELSE greatest(ceil(extract(epoch FROM bound.window_end - tollgate.moment()))::bigint, 1)
      END AS wait
    FROM tollgate.applicable_limits(
      binding_limit.organization_id, binding_limit.user_id, binding_limit.feature, binding_limit.token_type) AS bound
    WHERE bound.action = 'refuse'
      AND CASE bound.counts
        WHEN 'tokens' THEN binding_limit.cost > 0 AND bound.used + binding_limit.cost > bound.maximum
        WHEN 'uses' THEN bound.used + 1 > bound.maximum
        ELSE bound.used >= bound.maximum
      END
  ) AS exceeded
  ORDER BY exceeded.wait DESC NULLS FIRST, exceeded.limit_name COLLATE "C"
  LIMIT 1;
END
$$;
COMMENT ON FUNCTION tollgate.binding_limit(uuid, uuid, text, text, bigint) IS
  'The limit that refuses a charge of so many tokens now, and the seconds until it would not (NULL: waiting does not help). Of several the one that makes one wait longest; NULL: none. Exact for who has called tollgate.lock_limits.';
REVOKE ALL ON FUNCTION tollgate.binding_limit(uuid, uuid, text, text, bigint) FROM PUBLIC;
