CREATE OR REPLACE FUNCTION tollgate.mark_limited_features() RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hash_record_extended(ROW('limited features'::text), 0));
  UPDATE tollgate.features AS marked
  SET is_limited = NOT marked.is_limited
  WHERE marked.is_limited <> tollgate.feature_is_limited(marked.feature, marked.token_type);
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION tollgate.mark_limited_features() IS
  'After a change of tollgate.limits: keeps features.is_limited, by which settlement knows what no limit can bind.';
REVOKE ALL ON FUNCTION tollgate.mark_limited_features() FROM PUBLIC;

CREATE OR REPLACE TRIGGER mark_limited_features
  AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON tollgate.limits
  FOR EACH STATEMENT
  EXECUTE FUNCTION tollgate.mark_limited_features();
