CREATE OR REPLACE FUNCTION tollgate.raise_unless_decided(outcome text) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF outcome = 'success' OR outcome = ANY (tollgate.recorded_refusals()) THEN
    RETURN;
  END IF;
  CASE outcome
    WHEN 'forbidden' THEN
      RAISE EXCEPTION 'The user does not belong to this organization.' USING ERRCODE = 'TG403';
    WHEN 'not_permitted' THEN
      RAISE EXCEPTION 'The user may look, but moves no tokens.' USING ERRCODE = 'TG403',
        HINT = 'See user_profiles.role.';
    WHEN 'unknown_organization' THEN
      RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
    WHEN 'unknown_transaction' THEN
      RAISE EXCEPTION 'There is no such charge.' USING ERRCODE = 'TG404';
    WHEN 'unknown_reservation' THEN
      RAISE EXCEPTION 'There is no such reservation.' USING ERRCODE = 'TG404';
    WHEN 'unknown_feature' THEN
      RAISE EXCEPTION 'There is no such feature.' USING ERRCODE = 'TG421', HINT = 'See tollgate.features.';
    WHEN 'unknown_token_type' THEN
      RAISE EXCEPTION 'There is no such token type.' USING ERRCODE = 'TG421', HINT = 'See tollgate.token_types.';
    WHEN 'amount_out_of_range' THEN
      RAISE EXCEPTION 'units and cost are between 1 and 10^15.' USING ERRCODE = 'TG422';
    WHEN 'invalid_units' THEN
      RAISE EXCEPTION 'These units do not fit the feature''s price.' USING ERRCODE = 'TG422',
        HINT = 'See tollgate.features.rates.';
    WHEN 'refund_exceeds_charge' THEN
      RAISE EXCEPTION 'More than is left of the charge.' USING ERRCODE = 'TG422';
    WHEN 'idempotency_key_reused' THEN
      RAISE EXCEPTION 'This idempotency key was used for another request.' USING ERRCODE = 'TG423';
    WHEN 'already_refunded' THEN
      RAISE EXCEPTION 'Nothing is left of this charge.' USING ERRCODE = 'TG409';
    WHEN 'reservation_closed' THEN
      RAISE EXCEPTION 'This reservation is finished or has expired.' USING ERRCODE = 'TG409';
    WHEN 'payment_conflict' THEN
      RAISE EXCEPTION 'This payment was used for another top-up.' USING ERRCODE = 'TG409';
  END CASE;
END
$$;
COMMENT ON FUNCTION tollgate.raise_unless_decided(text) IS
  'Raises an outcome that is neither a success nor a refusal: TG403 another organization, or a role that does not allow it, TG404 unknown organization, charge or reservation, TG409 finished, refunded or paid before, TG421 unknown feature or token type, TG422 amount or units out of range, TG423 key used for another request.';
REVOKE ALL ON FUNCTION tollgate.raise_unless_decided(text) FROM PUBLIC;
