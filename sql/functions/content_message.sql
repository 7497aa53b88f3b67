CREATE OR REPLACE FUNCTION tollgate.content_message(fits boolean, used bigint, budget bigint) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE
    WHEN fits THEN format('Token Usage: %s / %s tokens (%s%% used)', tollgate.content_number(used),
      tollgate.content_number(budget), tollgate.content_percent(used, budget))
    ELSE 'Budget exceeded. Please deactivate attributes or upgrade plan.'
  END
$$;
COMMENT ON FUNCTION tollgate.content_message(boolean, bigint, bigint) IS
  'The line that apps show people: how much is used, or what to do where something does not fit.';
REVOKE ALL ON FUNCTION tollgate.content_message(boolean, bigint, bigint) FROM PUBLIC;
