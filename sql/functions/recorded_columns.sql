CREATE OR REPLACE FUNCTION tollgate.recorded_columns(stored jsonb, columns text[]) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT jsonb_object_agg(
    lower(left(words.word, 1)) || substr(words.word, 2), stored -> named.column_name)
  FROM unnest(columns) AS named (column_name)
    CROSS JOIN LATERAL (SELECT replace(initcap(named.column_name), '_', '') AS word) AS words
  WHERE stored IS NOT NULL
$$;
COMMENT ON FUNCTION tollgate.recorded_columns(jsonb, text[]) IS
  'Some columns of a row as the audit log shows them: names as in JSON, next_plan as nextPlan. NULL for no row.';
REVOKE ALL ON FUNCTION tollgate.recorded_columns(jsonb, text[]) FROM PUBLIC;
