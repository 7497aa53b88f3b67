-- Runs as tollgate_reporter, whose policies admit it to the roll-ups of every organization, for reading only.
GRANT CREATE ON SCHEMA tollgate TO tollgate_reporter;
SET LOCAL ROLE tollgate_reporter;
CREATE OR REPLACE FUNCTION tollgate.read_service_usage(
  group_by text[],
  from_time timestamptz,
  to_time timestamptz,
  only_token_type text DEFAULT NULL,
  only_feature text DEFAULT NULL,
  only_user uuid DEFAULT NULL,
  row_limit integer DEFAULT 10000
) RETURNS TABLE (
  at timestamptz,
  organization_id uuid,
  feature_used text,
  user_id_of_use uuid,
  token_type text,
  uses bigint,
  tokens bigint,
  refusals bigint
)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan
SET timezone = 'UTC'
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  by_hour CONSTANT boolean := 'hour' = ANY (group_by);
  by_day CONSTANT boolean := 'day' = ANY (group_by);
  by_organization CONSTANT boolean := 'organization' = ANY (group_by);
  by_feature CONSTANT boolean := 'feature' = ANY (group_by);
  by_user CONSTANT boolean := 'user' = ANY (group_by);
  by_type CONSTANT boolean := 'tokenType' = ANY (group_by);
  -- Whether what is added up for all organizations together is enough.
  of_all CONSTANT boolean := NOT by_organization AND NOT by_user AND only_user IS NULL;
  first_hour CONSTANT timestamptz := date_trunc('hour', from_time);
  end_hour CONSTANT timestamptz := date_trunc('hour', to_time);
  first_day date := (first_hour + interval '1 day' - interval '1 hour')::date;
  end_day date := end_hour::date;
  nobody CONSTANT uuid := '00000000-0000-0000-0000-000000000000'::uuid;
BEGIN
  IF by_hour OR first_day >= end_day THEN
    first_day := end_hour::date + 1;
    end_day := first_day;
  END IF;
  RETURN QUERY
  SELECT
    CASE WHEN by_hour THEN counted.hour WHEN by_day THEN date_trunc('day', counted.hour) END,
    CASE WHEN by_organization THEN counted.organization_id END,
    CASE WHEN by_feature THEN nullif(counted.feature_used, '') END,
    CASE WHEN by_user THEN nullif(counted.user_id, nobody) END,
    CASE WHEN by_type THEN counted.token_type END,
    sum(counted.uses)::bigint, sum(counted.tokens)::bigint, sum(counted.refusals)::bigint
  FROM (
    SELECT day.day::timestamptz AS hour, NULL::uuid AS organization_id, day.token_type, day.feature_used,
      NULL::uuid AS user_id, day.uses, day.tokens, day.refusals
    FROM tollgate.service_days AS day
    WHERE of_all AND day.day >= first_day AND day.day < end_day
    UNION ALL
    SELECT hour.hour, NULL, hour.token_type, hour.feature_used, NULL, hour.uses, hour.tokens, hour.refusals
    FROM tollgate.service_hours AS hour
    WHERE of_all
      AND (hour.hour >= first_hour AND hour.hour < least(first_day::timestamptz, end_hour)
        OR hour.hour >= greatest(end_day::timestamptz, first_hour) AND hour.hour < end_hour)
    UNION ALL
    SELECT day.day::timestamptz, day.organization_id, day.token_type, day.feature_used, day.user_id, day.uses, day.tokens,
      day.refusals
    FROM tollgate.usage_days AS day
    WHERE NOT of_all AND day.day >= first_day AND day.day < end_day
    UNION ALL
    SELECT hour.hour, hour.organization_id, hour.token_type, hour.feature_used, hour.user_id, hour.uses, hour.tokens,
      hour.refusals
    FROM tollgate.usage_hours AS hour
    WHERE NOT of_all
      AND (hour.hour >= first_hour AND hour.hour < least(first_day::timestamptz, end_hour)
        OR hour.hour >= greatest(end_day::timestamptz, first_hour) AND hour.hour < end_hour)
  ) AS counted
  WHERE (only_token_type IS NULL OR counted.token_type = only_token_type)
    AND (only_feature IS NULL OR counted.feature_used = only_feature)
    AND (only_user IS NULL OR counted.user_id = only_user)
  GROUP BY 1, 2, 3, 4, 5
  ORDER BY 1 DESC NULLS LAST, 7 DESC, 6 DESC, 2, 3, 5, 4
  LIMIT row_limit;
END
$$;
COMMENT ON FUNCTION tollgate.read_service_usage(text[], timestamptz, timestamptz, text, text, uuid, integer) IS
  'What all organizations used between two full hours, as far as it is rolled up, by some of organization, feature, user, tokenType, day and hour: newest first, then what used most tokens. Columns by which it is not asked for are NULL.';
REVOKE ALL ON FUNCTION tollgate.read_service_usage(text[], timestamptz, timestamptz, text, text, uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.read_service_usage(text[], timestamptz, timestamptz, text, text, uuid, integer) TO tollgate_server, service_role;
SET LOCAL ROLE tollgate_owner;
REVOKE CREATE ON SCHEMA tollgate FROM tollgate_reporter;
