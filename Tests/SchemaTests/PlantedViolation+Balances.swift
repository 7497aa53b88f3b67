extension PlantedViolation {
  private static let goals =
    "organization_id = '00000000-0000-4000-8000-000000000001' AND token_type = 'goal_generation'"

  static let balances = [
    // The other organization's is wrong by the same the other way, so that all of them together add up.
    PlantedViolation(
      "01_balances_equal_their_ledger", "two allocations were other than what the balances say",
      """
      UPDATE tollgate.ledger_entries
      SET balance_before = CASE organization_id WHEN '00000000-0000-4000-8000-000000000001' THEN 5 ELSE -5 END,
        amount = CASE organization_id WHEN '00000000-0000-4000-8000-000000000001' THEN 15 ELSE 25 END
      WHERE token_type = 'goal_generation' AND kind = 'allocation'
        AND organization_id <> '00000000-0000-4000-8000-000000000003'
      """, alsoSeenBy: ["24_roll_ups_equal_their_ledger"]),
    PlantedViolation(
      "02_balances_are_in_bounds", "more is bought than there is",
      "UPDATE public.ai_tokens SET purchased = 30 WHERE \(goals)"),
    PlantedViolation(
      "02_balances_are_in_bounds", "more is reserved than there is",
      """
      UPDATE public.ai_tokens SET reserved = 9 WHERE \(goals);
      INSERT INTO tollgate.reservations (organization_id, reservation_id, token_type, amount, expires_at)
      VALUES ('00000000-0000-4000-8000-000000000001', gen_random_uuid(), 'goal_generation', 9, now() + interval '1 hour')
      """),
    PlantedViolation(
      "02_balances_are_in_bounds", "a balance is below zero",
      """
      ALTER TABLE public.ai_tokens DROP CONSTRAINT "a balance is never below its overdraft";
      UPDATE public.ai_tokens SET balance = -1 WHERE \(goals)
      """),
    PlantedViolation(
      "03_ledgers_are_chains", "a movement is missing",
      """
      UPDATE public.ai_token_usage_log SET sequence = 6 WHERE \(goals) AND sequence = 5;
      UPDATE tollgate.events SET payload = jsonb_set(payload, '{sequence}', '6') WHERE \(goals);
      UPDATE public.ai_tokens SET ledger_sequence = 6 WHERE \(goals)
      """, alsoSeenBy: ["24_roll_ups_equal_their_ledger"]),
    PlantedViolation(
      "03_ledgers_are_chains", "the first movement is missing",
      """
      UPDATE public.ai_token_usage_log SET sequence = sequence + 1 WHERE \(goals);
      UPDATE tollgate.ledger_entries SET sequence = 2 WHERE \(goals) AND sequence = 1;
      UPDATE public.ai_tokens SET ledger_sequence = 6 WHERE \(goals)
      """, alsoSeenBy: ["24_roll_ups_equal_their_ledger"]),
    PlantedViolation(
      "03_ledgers_are_chains", "a movement begins elsewhere than the one before ended",
      "UPDATE public.ai_token_usage_log SET remaining_balance = 15 WHERE \(goals) AND sequence = 3"),
    PlantedViolation(
      "03_ledgers_are_chains", "a balance ends elsewhere than its ledger",
      "UPDATE public.ai_tokens SET ledger_sequence = 4 WHERE \(goals)", alsoSeenBy: ["24_roll_ups_equal_their_ledger"]),
    PlantedViolation(
      "03_ledgers_are_chains", "movements have no balance",
      """
      INSERT INTO tollgate.ledger_entries
        (id, organization_id, token_type, kind, amount, balance_before, balance_after, sequence)
      SELECT gen_random_uuid(), organization_id, 'api_budget', 'adjustment', amount, before, before + amount, sequence
      FROM (VALUES (7, 0, 1), (-7, 7, 2)) AS movement (amount, before, sequence),
        (VALUES ('00000000-0000-4000-8000-000000000001'::uuid)) AS organization (organization_id)
      """),
    PlantedViolation(
      "09_periods_reset_once", "one period is reset twice",
      """
      INSERT INTO tollgate.ledger_entries
        (id, organization_id, token_type, kind, amount, balance_before, balance_after, sequence, metadata)
      SELECT gen_random_uuid(), organization_id, token_type, 'reset', 0, balance, balance, ledger_sequence + n,
        '{"periodEnd": "2026-01-01T00:00:00+00:00"}'
      FROM public.ai_tokens, generate_series(1, 2) AS n
      WHERE \(goals);
      UPDATE public.ai_tokens SET ledger_sequence = ledger_sequence + 2 WHERE \(goals)
      """),
    PlantedViolation(
      "09_periods_reset_once", "a reset does not say of which period",
      """
      INSERT INTO tollgate.ledger_entries
        (id, organization_id, token_type, kind, amount, balance_before, balance_after, sequence)
      SELECT gen_random_uuid(), organization_id, token_type, 'reset', 0, balance, balance, ledger_sequence + 1
      FROM public.ai_tokens
      WHERE \(goals);
      UPDATE public.ai_tokens SET ledger_sequence = ledger_sequence + 1 WHERE \(goals)
      """),
    PlantedViolation(
      "16_everything_adds_up", "a use took tokens without a place in the chain",
      """
      INSERT INTO public.ai_token_usage_log
        (organization_id, token_type, feature_used, tokens_deducted, remaining_balance)
      VALUES ('00000000-0000-4000-8000-000000000001', 'goal_generation', 'generate_goal', 3, 5)
      """, alsoSeenBy: ["24_roll_ups_equal_their_ledger"]),
  ]

  static let keys = [
    PlantedViolation(
      "04_keys_settle_once", "a key is remembered in two weeks, one after the other",
      """
      INSERT INTO tollgate.idempotency_keys
        (organization_id, key, week, fingerprint, outcome, transaction_id, token_type, cost, balance_before,
         balance_after, available, state)
      SELECT organization_id, key, week + 7, fingerprint, outcome, transaction_id, token_type, cost, balance_before,
        balance_after, available, state
      FROM tollgate.idempotency_keys
      WHERE key = 'first'
      """),
    PlantedViolation(
      "04_keys_settle_once", "a key was charged twice",
      "UPDATE public.ai_token_usage_log SET idempotency_key = 'first' WHERE \(goals) AND sequence = 3"),
    PlantedViolation(
      "04_keys_settle_once", "a key was refused, and charged all the same",
      "UPDATE public.ai_token_usage_log SET idempotency_key = 'refused' WHERE \(goals) AND sequence = 3"),
    PlantedViolation(
      "05_remembered_answers_have_their_rows", "a remembered success is in no ledger",
      "UPDATE tollgate.idempotency_keys SET transaction_id = gen_random_uuid() WHERE key = 'first'"),
    PlantedViolation(
      "05_remembered_answers_have_their_rows", "a remembered success has other numbers than the ledger",
      "UPDATE tollgate.idempotency_keys SET balance_after = balance_after + 1 WHERE key = 'first'"),
    PlantedViolation(
      "05_remembered_answers_have_their_rows", "a remembered refusal is not recorded",
      "DELETE FROM tollgate.ledger_entries WHERE kind = 'refusal'"),
    PlantedViolation(
      "05_remembered_answers_have_their_rows", "a remembered refusal took tokens",
      """
      UPDATE tollgate.ledger_entries
      SET id = (SELECT id FROM public.ai_token_usage_log WHERE \(goals) AND sequence = 3)
      WHERE kind = 'refusal';
      UPDATE tollgate.idempotency_keys
      SET transaction_id = (SELECT id FROM public.ai_token_usage_log WHERE \(goals) AND sequence = 3)
      WHERE key = 'refused'
      """),
  ]
}
