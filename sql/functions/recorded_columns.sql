CREATE OR REPLACE FUNCTION tollgate.recorded_columns(stored jsonb, columns text[]) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT jsonb_object_agg(
    lower(left(words.word, 1)) || substr(words.word, 2),
    CASE split_part(named.shown, ':', 2)
      WHEN 'count' THEN to_jsonb(jsonb_array_length(stored -> words.column_name))
      -- Without a user's name and password, port, path and query.
      WHEN 'host' THEN
        to_jsonb(array_to_string(regexp_match(stored ->> words.column_name,
          '^([a-z]+://)(?:[^/?#\\]*@)?(\[[^]/?#\\]*\]|[^:/?#\\]*)'), ''))
      ELSE stored -> words.column_name
    END)
  FROM unnest(columns) AS named (shown)
    CROSS JOIN LATERAL (
      SELECT split_part(named.shown, ':', 1) AS column_name,
        replace(initcap(split_part(named.shown, ':', 1)), '_', '') AS word
    ) AS words
  WHERE stored IS NOT NULL
$$;
COMMENT ON FUNCTION tollgate.recorded_columns(jsonb, text[]) IS
  'Some columns of a row as the audit log shows them: names as in JSON, next_plan as nextPlan; of column:count only how many elements there are, of column:host only the scheme and host of the URL. NULL for no row.';
REVOKE ALL ON FUNCTION tollgate.recorded_columns(jsonb, text[]) FROM PUBLIC;
