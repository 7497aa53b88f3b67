CREATE OR REPLACE FUNCTION tollgate.content_few(budget bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT (budget * 20 + 99) / 100
$$;
COMMENT ON FUNCTION tollgate.content_few(bigint) IS
  'Tokens: with fewer left of a content budget than these, less than 20 percent of it, its state is critical and people are warned.';
REVOKE ALL ON FUNCTION tollgate.content_few(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.content_few(bigint) TO authenticated, service_role, tollgate_reporter;
