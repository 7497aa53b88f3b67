CREATE OR REPLACE FUNCTION tollgate.state_level(state text) RETURNS smallint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT CASE state WHEN 'warning' THEN 1 WHEN 'critical' THEN 2 WHEN 'exhausted' THEN 3 ELSE 0 END::smallint
$$;
COMMENT ON FUNCTION tollgate.state_level(text) IS
  'How bad a state is: 0 safe, 1 warning, 2 critical, 3 exhausted.';
REVOKE ALL ON FUNCTION tollgate.state_level(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.state_level(text) TO authenticated, service_role;
