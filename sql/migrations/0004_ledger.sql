-- The append-only tables: uses, other movements and refusals, and what idempotency keys remember.
-- They are partitioned by time; tollgate.ensure_partitions() makes partitions ahead, tollgate.drop_expired_partitions()
-- drops what has served.

SET LOCAL ROLE tollgate_owner;

CREATE TABLE public.ai_token_usage_log (
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  organization_id uuid NOT NULL,
  user_id uuid,
  token_type text NOT NULL,
  feature_used text NOT NULL,
  tokens_deducted bigint NOT NULL,
  remaining_balance bigint NOT NULL,
  metadata jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  units bigint NOT NULL DEFAULT 1,
  price_version integer NOT NULL DEFAULT 1,
  event_id text,
  idempotency_key text,
  sequence bigint,
  CONSTRAINT "a use has one row" PRIMARY KEY (organization_id, id, created_at),
  CONSTRAINT "a use deducts 0 or more tokens and leaves 0 or more"
    CHECK (tokens_deducted >= 0 AND remaining_balance >= 0)
) PARTITION BY RANGE (created_at);
CREATE INDEX ai_token_usage_log_created_at ON public.ai_token_usage_log USING brin (created_at);
COMMENT ON TABLE public.ai_token_usage_log IS 'One row per successful use of a feature. It is also the ledger''s row of that deduction.';
COMMENT ON COLUMN public.ai_token_usage_log.tokens_deducted IS 'Tokens; units × the feature''s price at the time.';
COMMENT ON COLUMN public.ai_token_usage_log.remaining_balance IS 'Tokens left after this use.';
COMMENT ON COLUMN public.ai_token_usage_log.sequence IS 'Place in the chain of this balance''s movements; NULL where no balance was involved.';

CREATE TABLE tollgate.ledger_entries (
  id uuid NOT NULL,
  organization_id uuid NOT NULL,
  token_type text NOT NULL,
  kind text NOT NULL,
  amount bigint NOT NULL,
  balance_before bigint NOT NULL,
  balance_after bigint NOT NULL,
  sequence bigint,
  user_id uuid,
  feature_used text,
  reason text,
  required bigint,
  event_id text,
  idempotency_key text,
  metadata jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT "a ledger entry has one row" PRIMARY KEY (organization_id, id, created_at),
  CONSTRAINT "a ledger entry is of a known kind" CHECK (kind IN ('allocation', 'reset', 'adjustment', 'refusal')),
  CONSTRAINT "a ledger entry moves what it says" CHECK (balance_after - balance_before = amount),
  CONSTRAINT "a refusal moves nothing and has no place in the chain"
    CHECK (CASE WHEN kind = 'refusal' THEN amount = 0 AND sequence IS NULL ELSE sequence IS NOT NULL END)
) PARTITION BY RANGE (created_at);
COMMENT ON TABLE tollgate.ledger_entries IS 'Movements of balances other than uses, and refusals. With ai_token_usage_log it makes the view tollgate.ledger.';
COMMENT ON COLUMN tollgate.ledger_entries.amount IS 'Tokens; positive: the balance grew.';
COMMENT ON COLUMN tollgate.ledger_entries.reason IS 'Of a refusal: insufficient_tokens, not_on_plan or organization_suspended.';
COMMENT ON COLUMN tollgate.ledger_entries.required IS 'Of a refusal: the tokens that were asked for.';

CREATE TABLE tollgate.idempotency_keys (
  organization_id uuid NOT NULL,
  key text COLLATE "C" NOT NULL,
  week date NOT NULL,
  fingerprint bigint NOT NULL,
  outcome text NOT NULL,
  transaction_id uuid NOT NULL,
  token_type text NOT NULL,
  cost bigint NOT NULL,
  balance_before bigint NOT NULL,
  balance_after bigint NOT NULL,
  available bigint NOT NULL,
  state text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT "an idempotency key settles once" PRIMARY KEY (organization_id, key, week)
) PARTITION BY RANGE (week);
CREATE TYPE tollgate.settlement AS (
  item bigint,
  outcome text,
  transaction_id uuid,
  token_type text,
  cost bigint,
  balance_before bigint,
  balance_after bigint,
  available bigint,
  state text,
  plan_title text,
  created_at timestamptz,
  replayed boolean
);
COMMENT ON TYPE tollgate.settlement IS
  'What was decided about one item of a batch. outcome: success, insufficient_tokens, not_on_plan, organization_suspended, forbidden, unknown_organization, unknown_feature, amount_out_of_range, idempotency_key_reused or batch_refused.';

COMMENT ON TABLE tollgate.idempotency_keys IS 'What a request under an idempotency key was answered. A key is remembered for this week and the one before.';
COMMENT ON COLUMN tollgate.idempotency_keys.week IS 'The Monday (UTC) of the week in which the key was settled.';
COMMENT ON COLUMN tollgate.idempotency_keys.fingerprint IS 'A hash of the request''s content: another request under the same key is refused.';
