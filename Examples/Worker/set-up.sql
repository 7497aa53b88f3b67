-- What the worker spends: a bucket of 60 tokens for each Pro organization, 5 more each minute, down to 20 below zero; and
-- 1000 decisions a day. Run it once, as an administrator: psql "$DATABASE" -f set-up.sql
INSERT INTO tollgate.token_types (token_type, title)
VALUES ('upstream', 'Upstream');
INSERT INTO tollgate.plan_allocations (plan, token_type, tokens, period, refill_tokens, refill_seconds, overdraft)
VALUES ('pro', 'upstream', 60, 'never', 5, 60, 20);
INSERT INTO tollgate.features (feature, token_type, cost)
VALUES ('offer_query', 'upstream', 1), ('price_decision', 'upstream', 0);
INSERT INTO tollgate.limits (limit_name, is_enabled, feature, counts, window_kind, maximum)
VALUES ('price_decisions_a_day', true, 'price_decision', 'uses', 'day', 1000);
