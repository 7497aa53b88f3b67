extension PlantedViolation {
  private static let third = "organization_id = '00000000-0000-4000-8000-000000000003'"

  static let movements = [
    PlantedViolation(
      "01_reserved_is_held", "more is reserved than reservations hold",
      "UPDATE public.ai_tokens SET reserved = reserved + 1 WHERE \(third) AND token_type = 'goal_generation'"),
    PlantedViolation(
      "01_reserved_is_held", "a balance without reservations is reserved",
      "UPDATE public.ai_tokens SET reserved = 1 WHERE \(third) AND token_type = 'general'"),
    PlantedViolation(
      "02_packs_add_up", "a token is gone from a pack",
      "UPDATE tollgate.token_packs SET remaining = remaining - 1 WHERE payment_id = 'payment'"),
    PlantedViolation(
      "02_packs_add_up", "a pack was larger than what the ledger added",
      "UPDATE tollgate.token_packs SET amount = amount + 1, remaining = remaining + 1 WHERE payment_id = 'payment'"),
    PlantedViolation(
      "10_reservations_end_once", "more was let go than was held",
      "UPDATE tollgate.ledger_entries SET required = required + 1 WHERE kind = 'release' AND reason = 'captured_less'"),
    PlantedViolation(
      "10_reservations_end_once", "a reservation was captured without a charge",
      "UPDATE public.ai_token_usage_log SET reservation_id = NULL WHERE \(third)"),
    PlantedViolation(
      "11_refunds_stay_within_charges", "more was given back than was charged",
      """
      UPDATE public.ai_token_usage_log SET from_purchased = 5 WHERE \(third) AND feature_used = 'forecast_revenue'
      """),
    PlantedViolation(
      "11_refunds_stay_within_charges", "a refund has no charge",
      """
      WITH lost AS (UPDATE tollgate.refunds SET transaction_id = gen_random_uuid() RETURNING refund_id, transaction_id)
      UPDATE tollgate.ledger_entries SET subject_id = transaction_id FROM lost WHERE id = refund_id
      """),
    PlantedViolation(
      "11_refunds_stay_within_charges", "a refund is in no ledger", "DELETE FROM tollgate.refunds"),
    PlantedViolation(
      "14_events_are_of_movements", "a threshold is announced twice",
      """
      INSERT INTO tollgate.events (organization_id, event_id, kind, token_type, payload)
      SELECT organization_id, gen_random_uuid(), kind, token_type, payload
      FROM tollgate.events
      WHERE kind = 'threshold_crossed'
      """),
    PlantedViolation(
      "14_events_are_of_movements", "an event is of no movement",
      "UPDATE tollgate.events SET payload = jsonb_set(payload, '{sequence}', '99')"),
    PlantedViolation(
      "17_nothing_stays_in_progress", "a reservation outlived its end",
      "UPDATE tollgate.reservations SET expires_at = now() - interval '11 minutes' WHERE status = 'open'"),
    PlantedViolation(
      "17_nothing_stays_in_progress", "a plan change was forgotten",
      "UPDATE public.organizations SET next_plan = 'starter', next_plan_from = now() - interval '11 minutes'"),
  ]
}
