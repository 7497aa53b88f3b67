CREATE OR REPLACE FUNCTION tollgate.content_warning(used bigint, budget bigint) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE
    WHEN used > budget THEN tollgate.content_message(false, used, budget)
    WHEN budget - used < tollgate.content_few(budget)
      THEN format('Warning: Only %s tokens remaining', tollgate.content_number(budget - used))
  END
$$;
COMMENT ON FUNCTION tollgate.content_warning(bigint, bigint) IS
  'The line that warns people when few tokens are left, or too many are used; NULL: there is nothing to warn of.';
REVOKE ALL ON FUNCTION tollgate.content_warning(bigint, bigint) FROM PUBLIC;
