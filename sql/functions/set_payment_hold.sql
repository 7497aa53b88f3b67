CREATE OR REPLACE FUNCTION tollgate.set_payment_hold(organization_id uuid, payment_hold boolean, cause jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  UPDATE public.organizations AS organization
  SET status = CASE WHEN set_payment_hold.payment_hold THEN 'suspended' ELSE 'active' END,
    payment_hold = set_payment_hold.payment_hold,
    updated_at = now()
  WHERE organization.id = set_payment_hold.organization_id;
  PERFORM tollgate.write_event(set_payment_hold.organization_id,
    CASE WHEN set_payment_hold.payment_hold THEN 'organization_suspended' ELSE 'organization_resumed' END,
    NULL, set_payment_hold.cause || '{"reason": "payment"}');
END
$$;
COMMENT ON FUNCTION tollgate.set_payment_hold(uuid, boolean, jsonb) IS
  'Suspends an active organization for a payment, or lets one go on that was suspended for one, and writes the event. The caller is admitted to it, has locked its row, and knows that it is so.';
REVOKE ALL ON FUNCTION tollgate.set_payment_hold(uuid, boolean, jsonb) FROM PUBLIC;
