extension PlantedViolation {
  private static let check = "24_roll_ups_equal_their_ledger"

  static let analytics = [
    PlantedViolation(
      check, "an hour has a use more than its ledger",
      "UPDATE tollgate.usage_hours SET uses = uses + 1 WHERE feature_used = 'forecast_revenue'"),
    PlantedViolation(
      check, "a use of the ledger was left out",
      """
      DELETE FROM tollgate.usage_hours WHERE feature_used = 'forecast_revenue';
      DELETE FROM tollgate.usage_days WHERE feature_used = 'forecast_revenue';
      DELETE FROM tollgate.service_hours WHERE feature_used = 'forecast_revenue';
      DELETE FROM tollgate.service_days WHERE feature_used = 'forecast_revenue';
      """),
    PlantedViolation(
      check, "a day is not the sum of its hours",
      "UPDATE tollgate.usage_days SET tokens = tokens + 1 WHERE feature_used = 'forecast_revenue'"),
    PlantedViolation(
      check, "a month is not the sum of its days",
      "UPDATE tollgate.usage_months SET tokens = tokens + 1"),
    PlantedViolation(
      check, "an hour of all organizations is not the sum of theirs",
      "UPDATE tollgate.service_hours SET refusals = refusals + 1"),
    PlantedViolation(
      check, "a day of all organizations is not the sum of theirs",
      "DELETE FROM tollgate.service_days WHERE feature_used = 'forecast_revenue'"),
    PlantedViolation(
      check, "a balance's day ends elsewhere than its movements",
      "UPDATE tollgate.balance_days SET balance = balance + 1 WHERE token_type = 'forecast'"),
    PlantedViolation(
      check, "the roll-ups have a movement which they say that they have not",
      """
      UPDATE tollgate.rolled_balances SET sequence = 1
      WHERE token_type = 'forecast' AND organization_id = '00000000-0000-4000-8000-000000000003'
      """),
    PlantedViolation(
      check, "more is rolled up than the balance has moved",
      "UPDATE tollgate.rolled_balances SET sequence = sequence + 1 WHERE token_type = 'lead_generation'"),
    PlantedViolation(
      check, "a refusal is said to be rolled up, and is in no roll-up",
      "UPDATE tollgate.rolled_organizations SET rolled_before = now() + interval '1 hour'"),
    PlantedViolation(
      check, "a late entry is of a row that there is not",
      """
      INSERT INTO tollgate.late_entries (organization_id, id, created_at)
      VALUES ('00000000-0000-4000-8000-000000000001', gen_random_uuid(), now())
      """),
  ]
}
