CREATE OR REPLACE FUNCTION tollgate.rfc3339(at timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;
COMMENT ON FUNCTION tollgate.rfc3339(timestamptz) IS 'An instant as the API writes it, whatever the session''s settings: 2026-11-21T05:43:25.032229Z.';
REVOKE ALL ON FUNCTION tollgate.rfc3339(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.rfc3339(timestamptz) TO tollgate_reporter;
