extension PlantedViolation {
  static let payments = [
    PlantedViolation(
      "26_payments_count_once", "nothing became of an event",
      """
      INSERT INTO tollgate.payment_events (event_id, type, happened_at, is_live, facts)
      VALUES ('evt_1', 'invoice.paid', now(), true, '{}')
      """),
    PlantedViolation(
      "26_payments_count_once", "an event says that it topped up, and there is no pack",
      """
      INSERT INTO tollgate.payment_events (event_id, type, happened_at, is_live, facts, outcome)
      VALUES ('evt_1', 'checkout.session.completed', now(), true, '{"payment": "pi_1"}', 'topped_up')
      """),
    PlantedViolation(
      "26_payments_count_once", "two events topped up with one payment",
      """
      INSERT INTO tollgate.payment_events (event_id, type, happened_at, is_live, facts, outcome)
      SELECT id, 'checkout.session.completed', now(), true, '{"payment": "payment"}', 'topped_up'
      FROM unnest(ARRAY['evt_1', 'evt_2']) AS id
      """),
    PlantedViolation(
      "26_payments_count_once", "a customer is two organizations'",
      """
      INSERT INTO tollgate.payment_customers (organization_id, customer_id)
      SELECT id, 'cus_1'
      FROM public.organizations
      """),
    PlantedViolation(
      "26_payments_count_once", "an organization is suspended for a payment that it does not owe",
      """
      UPDATE public.organizations SET status = 'suspended', payment_hold = true
      WHERE id = '00000000-0000-4000-8000-000000000001'
      """),
  ]
}
