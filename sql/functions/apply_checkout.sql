CREATE OR REPLACE FUNCTION tollgate.apply_checkout(event tollgate.payment_events) RETURNS text
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  facts CONSTANT jsonb := event.facts;
  -- The metadata are the seller's; client_reference_id may be the buyer's, in a payment link's address.
  named CONSTANT uuid := (facts ->> 'organization')::uuid;
  tenant CONSTANT uuid :=
    coalesce(named, (facts ->> 'clientReference')::uuid, tollgate.organization_of_customer(event.customer_id));
  payment CONSTANT text := coalesce(facts ->> 'payment', facts ->> 'object');
  pack tollgate.payment_packs;
  settled tollgate.settlement;
BEGIN
  SELECT *
  INTO pack
  FROM tollgate.payment_packs AS sold
  WHERE sold.pack = coalesce(facts ->> 'pack', facts ->> 'paymentLink');
  PERFORM tollgate.admit_organizations(ARRAY[tenant]);
  IF NOT EXISTS (SELECT FROM public.organizations AS known WHERE known.id = tenant) THEN
    RETURN CASE
      WHEN coalesce(named::text, pack.pack, facts ->> 'pack') IS NULL THEN 'no_pack'
      ELSE 'unknown_organization'
    END;
  END IF;
  IF named IS NOT NULL AND event.customer_id IS NOT NULL THEN
    PERFORM tollgate.learn_customer(tenant, event.customer_id, event.event_id);
    PERFORM tollgate.admit_organizations(ARRAY[tenant]);
  END IF;
  IF pack.pack IS NULL THEN
    RETURN CASE
      WHEN facts ? 'pack' THEN 'unknown_pack'
      WHEN named IS NOT NULL THEN 'noted'
      ELSE 'no_pack'
    END;
  ELSIF (facts ->> 'paymentStatus' IN ('paid', 'no_payment_required')) IS NOT TRUE THEN
    RETURN 'not_paid';
  ELSIF payment IS NULL THEN
    RETURN 'incomplete';
  ELSIF pack.price_minor IS NOT NULL AND (facts ->> 'currency' = pack.currency
    AND greatest((facts ->> 'subtotal')::numeric, (facts ->> 'total')::numeric) >= pack.price_minor) IS NOT TRUE
  THEN
    RETURN 'price_mismatch';
  END IF;
  BEGIN
    settled := tollgate.top_up(tenant, pack.token_type, pack.tokens, payment);
  EXCEPTION
    WHEN SQLSTATE 'TG409' THEN
      RETURN 'payment_conflict';
    WHEN SQLSTATE 'TG422' THEN
      RETURN 'amount_out_of_range';
  END;
  RETURN CASE WHEN settled.replayed THEN 'topped_up_before' ELSE 'topped_up' END;
END
$$;
COMMENT ON FUNCTION tollgate.apply_checkout(tollgate.payment_events) IS
  'Tops up with the pack that a checkout bought which is paid, or which discounts have left nothing to pay of, under the provider''s id of the payment, and learns whose customer it was where the seller says so. Returns what became of it.';
REVOKE ALL ON FUNCTION tollgate.apply_checkout(tollgate.payment_events) FROM PUBLIC;
