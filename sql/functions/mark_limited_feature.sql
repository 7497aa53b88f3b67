CREATE OR REPLACE FUNCTION tollgate.mark_limited_feature() RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  -- Of a limit and a feature that two transactions make at once, the later sees the other.
  PERFORM pg_advisory_xact_lock(hash_record_extended(ROW('limited features'::text), 0));
  new.is_limited := tollgate.feature_is_limited(new.feature, new.token_type);
  RETURN new;
END
$$;
COMMENT ON FUNCTION tollgate.mark_limited_feature() IS
  'Before a feature is made or is paid in other tokens: sets is_limited, whatever the statement says.';
REVOKE ALL ON FUNCTION tollgate.mark_limited_feature() FROM PUBLIC;

CREATE OR REPLACE TRIGGER mark_limited_feature
  BEFORE INSERT OR UPDATE OF feature, token_type, is_limited ON tollgate.features
  FOR EACH ROW
  EXECUTE FUNCTION tollgate.mark_limited_feature();
