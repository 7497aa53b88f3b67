CREATE OR REPLACE FUNCTION tollgate.feature_is_limited(feature text, token_type text) RETURNS boolean
LANGUAGE sql STABLE
AS $$
  SELECT EXISTS (
    SELECT
    FROM tollgate.limits AS bound
    WHERE bound.is_enabled
      AND (bound.feature IS NULL OR bound.feature = feature_is_limited.feature)
      AND (bound.token_type IS NULL OR bound.token_type = feature_is_limited.token_type)
  )
$$;
COMMENT ON FUNCTION tollgate.feature_is_limited(text, text) IS
  'Whether a limit that is enabled can apply to a feature paid in these tokens: what features.is_limited keeps.';
REVOKE ALL ON FUNCTION tollgate.feature_is_limited(text, text) FROM PUBLIC;
