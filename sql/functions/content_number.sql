CREATE OR REPLACE FUNCTION tollgate.content_number(tokens bigint) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT to_char(tokens, 'FM9,999,999,999,999,999,999')
$$;
COMMENT ON FUNCTION tollgate.content_number(bigint) IS 'A number as people read it: 1,250.';
REVOKE ALL ON FUNCTION tollgate.content_number(bigint) FROM PUBLIC;
