CREATE OR REPLACE FUNCTION tollgate.give_back_limits(
  organization_id uuid,
  user_id uuid,
  feature text,
  token_type text,
  cost bigint,
  taken_at timestamptz,
  uses bigint DEFAULT 1
) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
  UPDATE tollgate.limit_uses AS kept
  SET used = greatest(0,
    kept.used - CASE bound.counts WHEN 'tokens' THEN give_back_limits.cost ELSE give_back_limits.uses END)
  FROM tollgate.applicable_limits(
    give_back_limits.organization_id, give_back_limits.user_id, give_back_limits.feature, give_back_limits.token_type)
    AS bound
  WHERE kept.organization_id = give_back_limits.organization_id
    AND kept.limit_name = bound.limit_name
    AND kept.subject = bound.subject
    AND bound.counts IN ('tokens', 'uses')
    AND bound.window_kind <> 'spacing'
    -- Taken in the window that is open still.
    AND kept.window_start = bound.window_start
    AND give_back_limits.taken_at >= kept.window_start;
END
$$;
COMMENT ON FUNCTION tollgate.give_back_limits(uuid, uuid, text, text, bigint, timestamptz, bigint) IS
  'Undoes what tollgate.take_limits counted at a time for a charge that did not happen, in windows that are still the same. uses is 0 where it happened, but cost less. Spacing stays: somebody did ask. Call tollgate.lock_limits in an earlier statement.';
REVOKE ALL ON FUNCTION tollgate.give_back_limits(uuid, uuid, text, text, bigint, timestamptz, bigint) FROM PUBLIC;
