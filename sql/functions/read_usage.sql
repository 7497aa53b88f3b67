-- Whole days from usage_days, the hours at both ends from usage_hours, and what is not rolled up from the ledger: one
-- statement, hence one snapshot.
CREATE OR REPLACE FUNCTION tollgate.read_usage(
  organization_id uuid,
  user_id uuid,
  membership_required boolean,
  group_by text[],
  from_time timestamptz,
  to_time timestamptz,
  only_token_type text DEFAULT NULL,
  only_feature text DEFAULT NULL,
  only_user uuid DEFAULT NULL,
  row_limit integer DEFAULT 10000
) RETURNS TABLE (
  outcome text,
  at timestamptz,
  feature_used text,
  user_id_of_use uuid,
  token_type text,
  uses bigint,
  tokens bigint,
  refusals bigint
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan
SET timezone = 'UTC'
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  by_hour CONSTANT boolean := 'hour' = ANY (group_by);
  by_day CONSTANT boolean := 'day' = ANY (group_by);
  by_feature CONSTANT boolean := 'feature' = ANY (group_by);
  by_user CONSTANT boolean := 'user' = ANY (group_by);
  by_type CONSTANT boolean := 'tokenType' = ANY (group_by);
  first_hour CONSTANT timestamptz := date_trunc('hour', from_time);
  end_hour CONSTANT timestamptz := date_trunc('hour', to_time);
  -- Days that are wholly asked for.
  first_day date := (first_hour + interval '1 day' - interval '1 hour')::date;
  end_day date := end_hour::date;
  nobody CONSTANT uuid := '00000000-0000-0000-0000-000000000000'::uuid;
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[read_usage.organization_id]);
  outcome := tollgate.may_read(read_usage.organization_id, read_usage.user_id, read_usage.membership_required);
  IF outcome <> 'success' THEN
    PERFORM tollgate.admit_organizations('{}');
    RETURN NEXT;
    RETURN;
  END IF;
  IF by_hour OR first_day >= end_day THEN
    first_day := end_hour::date + 1;
    end_day := first_day;
  END IF;

  RETURN QUERY
  SELECT
    read_usage.outcome,
    CASE WHEN by_hour THEN counted.hour WHEN by_day THEN date_trunc('day', counted.hour) END,
    CASE WHEN by_feature THEN nullif(counted.feature_used, '') END,
    CASE WHEN by_user THEN nullif(counted.user_id, nobody) END,
    CASE WHEN by_type THEN counted.token_type END,
    sum(counted.uses)::bigint, sum(counted.tokens)::bigint, sum(counted.refusals)::bigint
  FROM (
    SELECT day.day::timestamptz AS hour, day.token_type, day.feature_used, day.user_id, day.uses, day.tokens, day.refusals
    FROM tollgate.usage_days AS day
    WHERE day.organization_id = read_usage.organization_id
      AND day.day >= first_day
      AND day.day < end_day
    UNION ALL
    SELECT hour.hour, hour.token_type, hour.feature_used, hour.user_id, hour.uses, hour.tokens, hour.refusals
    FROM tollgate.usage_hours AS hour
    WHERE hour.organization_id = read_usage.organization_id
      AND hour.hour >= first_hour
      AND hour.hour < least(first_day::timestamptz, end_hour)
    UNION ALL
    SELECT hour.hour, hour.token_type, hour.feature_used, hour.user_id, hour.uses, hour.tokens, hour.refusals
    FROM tollgate.usage_hours AS hour
    WHERE hour.organization_id = read_usage.organization_id
      AND hour.hour >= greatest(end_day::timestamptz, first_hour)
      AND hour.hour < end_hour
    UNION ALL
    SELECT tail.hour, tail.token_type, tail.feature_used, tail.user_id, tail.uses, tail.tokens, tail.refusals
    FROM tollgate.unrolled_sums(ARRAY[read_usage.organization_id]) AS tail
    WHERE (tail.uses > 0 OR tail.refusals > 0)
      AND tail.hour >= first_hour
      AND tail.hour < end_hour
  ) AS counted
  WHERE (only_token_type IS NULL OR counted.token_type = only_token_type)
    AND (only_feature IS NULL OR counted.feature_used = only_feature)
    AND (only_user IS NULL OR counted.user_id = only_user)
  GROUP BY 2, 3, 4, 5
  ORDER BY 2 DESC NULLS LAST, 7 DESC, 6 DESC, 3, 5, 4
  LIMIT row_limit;
  PERFORM tollgate.admit_organizations('{}');
END
$$;
COMMENT ON FUNCTION tollgate.read_usage(uuid, uuid, boolean, text[], timestamptz, timestamptz, text, text, uuid, integer) IS
  'What an organization used between two full hours, as of now, by some of feature, user, tokenType, day and hour: newest first, then what used most tokens. Columns by which it is not asked for are NULL. Who may not read it gets one row with the outcome and NULLs.';
REVOKE ALL ON FUNCTION tollgate.read_usage(uuid, uuid, boolean, text[], timestamptz, timestamptz, text, text, uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.read_usage(uuid, uuid, boolean, text[], timestamptz, timestamptz, text, text, uuid, integer) TO tollgate_server, service_role;
