CREATE OR REPLACE FUNCTION tollgate.raise_unless_decided(outcome text) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  CASE outcome
    WHEN 'success', 'insufficient_tokens', 'not_on_plan', 'organization_suspended' THEN
      RETURN;
    WHEN 'forbidden' THEN
      RAISE EXCEPTION 'The user does not belong to this organization.' USING ERRCODE = 'TG403';
    WHEN 'unknown_organization' THEN
      RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
    WHEN 'unknown_feature' THEN
      RAISE EXCEPTION 'There is no such feature.' USING ERRCODE = 'TG421', HINT = 'See tollgate.features.';
    WHEN 'amount_out_of_range' THEN
      RAISE EXCEPTION 'units and cost are between 1 and 10^15.' USING ERRCODE = 'TG422';
    WHEN 'idempotency_key_reused' THEN
      RAISE EXCEPTION 'This idempotency key was used for another request.' USING ERRCODE = 'TG423';
  END CASE;
END
$$;
COMMENT ON FUNCTION tollgate.raise_unless_decided(text) IS
  'Raises an outcome that is neither a success nor a refusal: TG403 another organization, TG404 unknown organization, TG421 unknown feature, TG422 amount out of range, TG423 key used for another request.';
REVOKE ALL ON FUNCTION tollgate.raise_unless_decided(text) FROM PUBLIC;
