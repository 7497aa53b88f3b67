CREATE OR REPLACE FUNCTION tollgate.recorded_subject(stored jsonb, columns text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT string_agg(stored ->> named.column_name, '/' ORDER BY named.place)
  FROM unnest(columns) WITH ORDINALITY AS named (column_name, place)
$$;
COMMENT ON FUNCTION tollgate.recorded_subject(jsonb, text[]) IS
  'What the audit log calls a row: the columns that name it, with / between two.';
REVOKE ALL ON FUNCTION tollgate.recorded_subject(jsonb, text[]) FROM PUBLIC;
