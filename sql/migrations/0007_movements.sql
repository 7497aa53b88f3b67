-- Everything else that moves a balance: periods of other lengths, buckets, packs, refunds, reservations, plan changes,
-- limits, versioned prices and events.

-- Roles belong to the whole cluster: another database may create it at the same moment.
DO $$
BEGIN
  IF to_regrole('tollgate_sweeper') IS NULL THEN
    BEGIN
      CREATE ROLE tollgate_sweeper NOLOGIN NOINHERIT;
    EXCEPTION
      WHEN duplicate_object OR unique_violation THEN NULL;
    END;
  END IF;
  -- To hand its function to it. The owner does not inherit what it may read.
  IF NOT pg_has_role('tollgate_owner', 'tollgate_sweeper', 'MEMBER') THEN
    GRANT tollgate_sweeper TO tollgate_owner;
  END IF;
END
$$;
COMMENT ON ROLE tollgate_sweeper IS 'Owns tollgate.find_due_balances() alone: may read what is due, of every organization. Nobody logs in as it.';

SET LOCAL ROLE tollgate_owner;

-- Catalogue

ALTER TABLE tollgate.token_types ADD COLUMN critical_blocks boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN tollgate.token_types.critical_blocks IS 'Whether nothing may be spent while the state is critical, not even what could be paid.';
UPDATE tollgate.token_types SET critical_blocks = true WHERE token_type = 'api_budget';

ALTER TABLE tollgate.plan_allocations
  ADD COLUMN period text NOT NULL DEFAULT 'days',
  ADD COLUMN period_days integer NOT NULL DEFAULT 30,
  ADD COLUMN anchored boolean NOT NULL DEFAULT false,
  ADD COLUMN rollover_cap bigint NOT NULL DEFAULT 0,
  ADD COLUMN refill_tokens bigint,
  ADD COLUMN refill_seconds integer,
  ADD COLUMN overdraft bigint NOT NULL DEFAULT 0,
  ADD CONSTRAINT "a period is days, day, month, quarter or never"
    CHECK (period IN ('days', 'day', 'month', 'quarter', 'never')),
  ADD CONSTRAINT "a period has 1 to 3660 days" CHECK (period_days BETWEEN 1 AND 3660),
  ADD CONSTRAINT "0 to 10^15 tokens roll over" CHECK (rollover_cap BETWEEN 0 AND 1000000000000000),
  ADD CONSTRAINT "an overdraft is between 0 and 10^15 tokens" CHECK (overdraft BETWEEN 0 AND 1000000000000000),
  ADD CONSTRAINT "a refill is 1 to 10^9 tokens in 1 second to 366 days"
    CHECK (refill_tokens IS NULL AND refill_seconds IS NULL
      OR refill_tokens BETWEEN 1 AND 1000000000 AND refill_seconds BETWEEN 1 AND 31622400);
COMMENT ON TABLE tollgate.plan_allocations IS 'Tokens that a plan grants for each period, and how they come and go. A change takes effect for a balance with its next period.';
COMMENT ON COLUMN tollgate.plan_allocations.tokens IS 'Tokens per period, and the capacity of a bucket; 0: the plan does not have what these tokens pay for.';
COMMENT ON COLUMN tollgate.plan_allocations.period IS 'days: period_days × 24 hours; day, month, quarter: of the calendar in the organization''s time zone; never: no reset.';
COMMENT ON COLUMN tollgate.plan_allocations.anchored IS 'Months and quarters: counted from the day the balance began (the 31st becomes the last of a short month) and not from the 1st.';
COMMENT ON COLUMN tollgate.plan_allocations.rollover_cap IS 'Tokens: as many unused ones stay at a reset; 0: none.';
COMMENT ON COLUMN tollgate.plan_allocations.refill_tokens IS 'A bucket: as many tokens come back every refill_seconds, evenly, up to its capacity; NULL: no bucket.';
COMMENT ON COLUMN tollgate.plan_allocations.overdraft IS 'Tokens that may be spent below 0.';

ALTER TABLE tollgate.features
  ADD COLUMN rates jsonb,
  ADD COLUMN is_limited boolean NOT NULL DEFAULT false,
  ADD CONSTRAINT "rates are an object" CHECK (jsonb_typeof(rates) = 'object');
COMMENT ON COLUMN tollgate.features.rates IS 'A price with dimensions, as {"input": {"tokens": 3, "per": 1000}}: tokens for each 1, 1000 or 1000000 of a dimension; cost is not used then. NULL: cost is the price.';
COMMENT ON COLUMN tollgate.features.is_limited IS 'Whether a limit of tollgate.limits may bind it; kept by that table''s trigger.';

CREATE TABLE tollgate.prices (
  feature text NOT NULL,
  price_version integer NOT NULL,
  token_type text NOT NULL,
  cost bigint NOT NULL,
  rates jsonb,
  valid_from timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT "a price has one row" PRIMARY KEY (feature, price_version)
);
COMMENT ON TABLE tollgate.prices IS 'Every price that a feature has had. tollgate.features has the present ones; its trigger writes here.';
COMMENT ON COLUMN tollgate.prices.cost IS 'Tokens per unit, where there are no rates.';
INSERT INTO tollgate.prices (feature, price_version, token_type, cost)
SELECT feature, price_version, token_type, cost
FROM tollgate.features;

CREATE TABLE tollgate.limits (
  limit_name text NOT NULL,
  is_enabled boolean NOT NULL DEFAULT false,
  plan text,
  token_type text,
  feature text,
  per text NOT NULL DEFAULT 'organization',
  counts text NOT NULL DEFAULT 'uses',
  window_kind text NOT NULL,
  window_seconds integer,
  maximum bigint NOT NULL,
  action text NOT NULL DEFAULT 'refuse',
  CONSTRAINT "a limit has one row" PRIMARY KEY (limit_name),
  CONSTRAINT "a limit's plan exists" FOREIGN KEY (plan) REFERENCES tollgate.plans (plan),
  CONSTRAINT "a limit's token type exists" FOREIGN KEY (token_type) REFERENCES tollgate.token_types (token_type),
  CONSTRAINT "a limit's feature exists" FOREIGN KEY (feature) REFERENCES tollgate.features (feature),
  CONSTRAINT "a limit is a lower-case name" CHECK (limit_name ~ '^[a-z][a-z0-9_]{0,62}$'),
  CONSTRAINT "a limit is per organization or user" CHECK (per IN ('organization', 'user')),
  CONSTRAINT "a limit counts tokens, uses or refusals" CHECK (counts IN ('tokens', 'uses', 'refusals')),
  CONSTRAINT "a window is a request, spacing, seconds, day or month"
    CHECK (window_kind IN ('request', 'spacing', 'seconds', 'day', 'month')),
  CONSTRAINT "spacing and seconds have 1 second to 366 days"
    CHECK (CASE WHEN window_kind IN ('spacing', 'seconds') THEN coalesce(window_seconds BETWEEN 1 AND 31622400, false)
      ELSE window_seconds IS NULL END),
  CONSTRAINT "a request counts tokens, spacing counts uses"
    CHECK (counts = CASE window_kind WHEN 'request' THEN 'tokens' WHEN 'spacing' THEN 'uses' ELSE counts END),
  CONSTRAINT "a limit is between 0 and 10^15" CHECK (maximum BETWEEN 0 AND 1000000000000000),
  CONSTRAINT "a limit refuses or alerts" CHECK (action IN ('refuse', 'alert'))
);
COMMENT ON TABLE tollgate.limits IS 'What bounds a charge besides the balance: quotas, caps and abuse limits. Where plan, token_type or feature is NULL it is for all of them.';
COMMENT ON COLUMN tollgate.limits.per IS 'Whose uses are counted together.';
COMMENT ON COLUMN tollgate.limits.window_kind IS 'request: each charge by itself; spacing: at least window_seconds between two; seconds: window_seconds from the first; day, month: of the calendar in the organization''s time zone.';
COMMENT ON COLUMN tollgate.limits.maximum IS 'The most tokens, uses or refusals in a window. With refusals: after as many nothing more is granted. Not used by spacing.';
COMMENT ON COLUMN tollgate.limits.action IS 'refuse: what goes beyond is refused; alert: it is granted, and an event is written once a window.';

-- The abuse limits of the systems that Tollgate replaces, off until an operator turns them on.
INSERT INTO tollgate.limits (limit_name, per, counts, window_kind, window_seconds, maximum, action)
VALUES
  ('tokens_per_request', 'user', 'tokens', 'request', NULL, 10, 'refuse'),
  ('requests_per_minute', 'user', 'uses', 'seconds', 60, 30, 'refuse'),
  ('request_spacing', 'user', 'uses', 'spacing', 3, 1, 'refuse'),
  ('tokens_per_hour', 'user', 'tokens', 'seconds', 3600, 500, 'alert'),
  ('failed_attempts', 'user', 'refusals', 'seconds', 3600, 5, 'refuse');

-- Tenants

ALTER TABLE public.organizations
  ADD COLUMN next_plan text,
  ADD COLUMN next_plan_from timestamptz,
  ADD CONSTRAINT "an organization's next plan exists" FOREIGN KEY (next_plan) REFERENCES tollgate.plans (plan),
  ADD CONSTRAINT "a next plan has its time" CHECK ((next_plan IS NULL) = (next_plan_from IS NULL));
COMMENT ON COLUMN public.organizations.next_plan IS 'The plan that holds from next_plan_from on: a downgrade that waits for the reset. NULL: none.';

ALTER TABLE public.ai_tokens
  ADD COLUMN overdraft bigint NOT NULL DEFAULT 0,
  ADD COLUMN announced smallint NOT NULL DEFAULT 0,
  ADD COLUMN request_below bigint,
  ADD COLUMN due_at timestamptz,
  ADD COLUMN period_anchor timestamptz,
  ADD COLUMN refilled_at timestamptz,
  ADD COLUMN purchased_sequence bigint NOT NULL DEFAULT 0,
  -- Every constraint costs each settlement a little: one for all that are not about the balance.
  DROP CONSTRAINT "a balance is never negative",
  DROP CONSTRAINT "counts of tokens are never negative",
  DROP CONSTRAINT "counts of tokens are at most 10^18",
  ADD CONSTRAINT "a balance is never below its overdraft" CHECK (balance >= -overdraft),
  ADD CONSTRAINT "counts of tokens are between 0 and 10^18"
    CHECK (least(total_allocated, total_used, reserved, purchased, overdraft, ledger_sequence, announced) >= 0
      AND greatest(balance, total_allocated, total_used, reserved, purchased, overdraft) <= 1000000000000000000);
COMMENT ON COLUMN public.ai_tokens.overdraft IS 'Tokens that may be spent below 0.';
COMMENT ON COLUMN public.ai_tokens.announced IS 'The worst state that this period began with or wrote an event for: 0 safe, 1 warning, 2 critical, 3 exhausted.';
COMMENT ON COLUMN public.ai_tokens.request_below IS 'Tokens: with fewer available an automatic top-up is requested; NULL: not now.';
COMMENT ON COLUMN public.ai_tokens.due_at IS 'When something but the reset falls due: a pack or a reservation expires, an automatic top-up may be requested again; a bucket is always due. NULL: nothing.';
COMMENT ON COLUMN public.ai_tokens.period_anchor IS 'Where anchored months and quarters are counted from.';
COMMENT ON COLUMN public.ai_tokens.refilled_at IS 'The time up to which a bucket was refilled.';
COMMENT ON COLUMN public.ai_tokens.purchased_sequence IS 'The movement up to which its packs say what remains of them: what they have beyond purchased was spent since, from those that expire first.';

CREATE TABLE tollgate.token_packs (
  organization_id uuid NOT NULL,
  pack_id uuid NOT NULL,
  token_type text NOT NULL,
  amount bigint NOT NULL,
  remaining bigint NOT NULL,
  payment_id text COLLATE "C",
  expires_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT "a pack has one row" PRIMARY KEY (organization_id, pack_id),
  CONSTRAINT "a payment counts once" UNIQUE (organization_id, payment_id),
  CONSTRAINT "a pack has 1 to 10^15 tokens" CHECK (amount BETWEEN 1 AND 1000000000000000),
  CONSTRAINT "of a pack remain 0 to all tokens" CHECK (remaining BETWEEN 0 AND amount)
);
CREATE INDEX token_packs_open ON tollgate.token_packs (organization_id, token_type, expires_at) WHERE remaining > 0;
COMMENT ON TABLE tollgate.token_packs IS 'Bought tokens: one row per top-up. They are spent after the plan''s tokens, the pack that expires first before the others.';
COMMENT ON COLUMN tollgate.token_packs.remaining IS 'Tokens left when the balance''s packs were last brought up to date; the view tollgate.packs has them as of now.';
COMMENT ON COLUMN tollgate.token_packs.payment_id IS 'The payment it was bought with; NULL: bought tokens that a refund gave back.';

CREATE TABLE tollgate.pack_uses (
  organization_id uuid NOT NULL,
  pack_id uuid NOT NULL,
  token_type text NOT NULL,
  sequence_after bigint NOT NULL,
  sequence_to bigint NOT NULL,
  amount bigint NOT NULL,
  expired boolean NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT "a pack is used once between two movements" PRIMARY KEY (organization_id, pack_id, sequence_to, expired),
  CONSTRAINT "a pack's use is of 1 token or more" CHECK (amount > 0)
);
COMMENT ON TABLE tollgate.pack_uses IS 'How packs were used up: tokens of a pack that the movements after sequence_after, up to sequence_to, took.';
COMMENT ON COLUMN tollgate.pack_uses.amount IS 'Tokens.';

CREATE TABLE tollgate.refunds (
  organization_id uuid NOT NULL,
  refund_id uuid NOT NULL,
  transaction_id uuid NOT NULL,
  amount bigint NOT NULL,
  to_purchased bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT "a refund has one row" PRIMARY KEY (organization_id, refund_id),
  CONSTRAINT "a refund gives back 1 token or more" CHECK (amount > 0 AND to_purchased BETWEEN 0 AND amount)
);
CREATE INDEX refunds_of_charge ON tollgate.refunds (organization_id, transaction_id);
COMMENT ON TABLE tollgate.refunds IS 'What was given back of which charge.';
COMMENT ON COLUMN tollgate.refunds.to_purchased IS 'Tokens that went back to the bought ones, because the charge had taken them there.';

CREATE TABLE tollgate.reservations (
  organization_id uuid NOT NULL,
  reservation_id uuid NOT NULL,
  token_type text NOT NULL,
  feature_used text,
  units jsonb,
  user_id uuid,
  event_id text,
  price_version integer,
  amount bigint NOT NULL,
  captured bigint NOT NULL DEFAULT 0,
  status text NOT NULL DEFAULT 'open',
  transaction_id uuid,
  metadata jsonb NOT NULL DEFAULT '{}',
  expires_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  CONSTRAINT "a reservation has one row" PRIMARY KEY (organization_id, reservation_id),
  CONSTRAINT "a reservation holds 0 or more tokens" CHECK (amount >= 0 AND captured >= 0),
  CONSTRAINT "a reservation is open, captured, released or expired"
    CHECK (status IN ('open', 'captured', 'released', 'expired')),
  CONSTRAINT "what is finished has its time" CHECK ((status = 'open') = (finished_at IS NULL))
);
CREATE INDEX reservations_open ON tollgate.reservations (organization_id, token_type, expires_at) WHERE status = 'open';
COMMENT ON TABLE tollgate.reservations IS 'Tokens held for work that is not done yet. Changed only by who has locked the balance.';
COMMENT ON COLUMN tollgate.reservations.amount IS 'Tokens held while it is open.';
COMMENT ON COLUMN tollgate.reservations.captured IS 'Tokens charged in the end, more or less than were held.';
COMMENT ON COLUMN tollgate.reservations.transaction_id IS 'The charge of a captured one.';

CREATE TABLE tollgate.auto_top_ups (
  organization_id uuid NOT NULL,
  token_type text NOT NULL,
  below bigint NOT NULL,
  amount bigint NOT NULL,
  period_maximum integer NOT NULL DEFAULT 3,
  cool_off_seconds integer NOT NULL DEFAULT 3600,
  requested_count integer NOT NULL DEFAULT 0,
  requested_at timestamptz,
  CONSTRAINT "a balance is topped up in one way" PRIMARY KEY (organization_id, token_type),
  CONSTRAINT "a balance that is topped up exists" FOREIGN KEY (organization_id, token_type)
    REFERENCES public.ai_tokens (organization_id, token_type),
  CONSTRAINT "a top-up has 1 to 10^15 tokens" CHECK (amount BETWEEN 1 AND 1000000000000000 AND below BETWEEN 1 AND 1000000000000000),
  CONSTRAINT "a top-up is requested 0 to 1000 times a period" CHECK (period_maximum BETWEEN 0 AND 1000 AND requested_count >= 0),
  CONSTRAINT "a cool-off lasts 0 seconds to 366 days" CHECK (cool_off_seconds BETWEEN 0 AND 31622400)
);
COMMENT ON TABLE tollgate.auto_top_ups IS 'When fewer than `below` tokens are available an event asks for a top-up of `amount`.';
COMMENT ON COLUMN tollgate.auto_top_ups.below IS 'Tokens.';
COMMENT ON COLUMN tollgate.auto_top_ups.amount IS 'Tokens to ask for.';
COMMENT ON COLUMN tollgate.auto_top_ups.period_maximum IS 'As many requests in a period.';
COMMENT ON COLUMN tollgate.auto_top_ups.cool_off_seconds IS 'Seconds between two requests.';
COMMENT ON COLUMN tollgate.auto_top_ups.requested_count IS 'Requests in this period.';

CREATE TABLE tollgate.limit_uses (
  organization_id uuid NOT NULL,
  limit_name text NOT NULL,
  subject uuid NOT NULL,
  window_start timestamptz NOT NULL,
  used bigint NOT NULL,
  earlier_used bigint NOT NULL DEFAULT 0,
  alerted boolean NOT NULL DEFAULT false,
  CONSTRAINT "a limit counts a subject once" PRIMARY KEY (organization_id, limit_name, subject),
  CONSTRAINT "a count is never negative" CHECK (used >= 0 AND earlier_used >= 0)
) WITH (fillfactor = 60);
COMMENT ON TABLE tollgate.limit_uses IS 'What limits have counted in their present window.';
COMMENT ON COLUMN tollgate.limit_uses.subject IS 'The user, or the organization where a limit is per organization.';
COMMENT ON COLUMN tollgate.limit_uses.window_start IS 'When the window began; of spacing the last use.';
COMMENT ON COLUMN tollgate.limit_uses.used IS 'Tokens, uses or refusals since window_start.';
COMMENT ON COLUMN tollgate.limit_uses.earlier_used IS 'The same of the day or month before: a transaction that began in it may have its turn after others have begun the next.';
COMMENT ON COLUMN tollgate.limit_uses.alerted IS 'Whether this window''s event is written.';

CREATE TABLE tollgate.limit_overrides (
  organization_id uuid NOT NULL,
  limit_name text NOT NULL,
  maximum bigint,
  CONSTRAINT "an organization overrides a limit once" PRIMARY KEY (organization_id, limit_name),
  CONSTRAINT "an override is of an organization" FOREIGN KEY (organization_id) REFERENCES public.organizations (id),
  CONSTRAINT "an override is of a limit" FOREIGN KEY (limit_name) REFERENCES tollgate.limits (limit_name),
  CONSTRAINT "an overridden limit is between 0 and 10^15" CHECK (maximum BETWEEN 0 AND 1000000000000000)
);
COMMENT ON TABLE tollgate.limit_overrides IS 'Limits that are different for one organization.';
COMMENT ON COLUMN tollgate.limit_overrides.maximum IS 'Instead of the limit''s; NULL: no limit.';

CREATE TABLE tollgate.events (
  organization_id uuid NOT NULL,
  event_id uuid NOT NULL,
  kind text NOT NULL,
  token_type text,
  payload jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT "an event has one row" PRIMARY KEY (organization_id, event_id),
  CONSTRAINT "an event is of a known kind"
    CHECK (kind IN ('threshold_crossed', 'top_up_requested', 'limit_exceeded', 'plan_changed', 'organization_suspended',
      'organization_resumed'))
);
COMMENT ON TABLE tollgate.events IS 'The outbox: what somebody should be told, written in the transaction in which it happened.';
COMMENT ON COLUMN tollgate.events.payload IS 'What happened, as the receiver gets it.';

-- The ledger

ALTER TABLE public.ai_token_usage_log
  ADD COLUMN from_purchased bigint NOT NULL DEFAULT 0,
  ADD COLUMN reservation_id uuid,
  ADD COLUMN dimensions jsonb,
  DROP CONSTRAINT "a use deducts 0 or more tokens and leaves 0 or more",
  ADD CONSTRAINT "a use deducts 0 or more tokens, some of them bought" CHECK (from_purchased BETWEEN 0 AND tokens_deducted);
COMMENT ON COLUMN public.ai_token_usage_log.from_purchased IS 'Tokens of this use that were bought ones.';
COMMENT ON COLUMN public.ai_token_usage_log.reservation_id IS 'The reservation that was captured; NULL: an immediate deduction.';
COMMENT ON COLUMN public.ai_token_usage_log.dimensions IS 'Units of a price with dimensions, as {"input": 1200}.';

ALTER TABLE tollgate.ledger_entries
  ADD COLUMN subject_id uuid,
  ADD COLUMN price_version integer,
  DROP CONSTRAINT "a ledger entry is of a known kind",
  ADD CONSTRAINT "a ledger entry is of a known kind"
    CHECK (kind IN ('allocation', 'reset', 'adjustment', 'refusal', 'refund', 'top_up', 'expiry', 'reservation', 'release'));
COMMENT ON COLUMN tollgate.ledger_entries.subject_id IS 'What it is about: of a refund the charge, of a reservation or release the reservation, of a top-up or expiry the pack.';
COMMENT ON COLUMN tollgate.ledger_entries.reason IS 'Of a refusal the limit that bound: insufficient_tokens, critical_balance, not_on_plan, organization_suspended, refilling or limit_reached. Of another movement its cause.';
COMMENT ON COLUMN tollgate.ledger_entries.required IS 'Tokens that a refusal was about, or a reservation holds or lets go.';

ALTER TABLE tollgate.idempotency_keys ADD COLUMN details jsonb;
COMMENT ON COLUMN tollgate.idempotency_keys.details IS 'What the answer said besides.';

-- For readers of the ledger. Plain deductions and refusals are in none of these.
CREATE INDEX ai_token_usage_log_captures ON public.ai_token_usage_log (organization_id, id)
  WHERE reservation_id IS NOT NULL;
CREATE INDEX ai_token_usage_log_of_packs ON public.ai_token_usage_log (organization_id, token_type, sequence)
  WHERE from_purchased > 0;
CREATE INDEX ledger_entries_of_kind ON tollgate.ledger_entries (organization_id, kind, id)
  WHERE kind <> 'refusal';
CREATE INDEX ledger_entries_of_balance ON tollgate.ledger_entries (organization_id, token_type, id)
  WHERE kind <> 'refusal';
CREATE INDEX reservations_finished ON tollgate.reservations (organization_id, finished_at)
  WHERE finished_at IS NOT NULL;

ALTER TYPE tollgate.settlement ADD ATTRIBUTE details jsonb;
COMMENT ON TYPE tollgate.settlement IS
  'What was decided about one item of a batch. docs/settlement.md lists the outcomes; details is what the answer says besides.';

CREATE TYPE tollgate.applied AS (
  outcome text,
  amount bigint,
  details jsonb,
  token public.ai_tokens,
  entry tollgate.ledger_entries,
  id uuid,
  user_id uuid,
  feature text,
  price_version integer,
  from_purchased bigint,
  held_units jsonb,
  available bigint,
  is_replay boolean,
  balance_before bigint,
  balance_after bigint,
  created_at timestamptz
);
COMMENT ON TYPE tollgate.applied IS
  'What an operation came to: the outcome, the balance as it has to be written, the ledger''s row of it. Where the rest is NULL it is what was asked for.';

-- Row-level security as for the others; policies are in sql/policies.
DO $$
DECLARE
  tenant_table regclass;
BEGIN
  FOREACH tenant_table IN ARRAY ARRAY[
    'tollgate.token_packs', 'tollgate.pack_uses', 'tollgate.refunds', 'tollgate.reservations', 'tollgate.auto_top_ups',
    'tollgate.limit_uses', 'tollgate.limit_overrides', 'tollgate.events'
  ]::regclass[]
  LOOP
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('GRANT SELECT ON %s TO authenticated, service_role', tenant_table);
  END LOOP;
END
$$;
GRANT SELECT ON tollgate.prices, tollgate.limits TO authenticated, service_role;

-- The sweeper finds what is due.
GRANT USAGE ON SCHEMA tollgate TO tollgate_sweeper;
GRANT SELECT (organization_id, token_type, refresh_date, due_at, balance, ledger_balance) ON public.ai_tokens TO tollgate_sweeper;
GRANT SELECT (organization_id, token_type, status, expires_at) ON tollgate.reservations TO tollgate_sweeper;
GRANT SELECT (id, next_plan_from) ON public.organizations TO tollgate_sweeper;
CREATE INDEX organizations_next_plan_from ON public.organizations (next_plan_from) WHERE next_plan_from IS NOT NULL;
CREATE INDEX ai_tokens_due ON public.ai_tokens (least(refresh_date, due_at)) WHERE due_at IS DISTINCT FROM '-infinity';

-- Made anew with other parameters, or replaced.
DROP FUNCTION IF EXISTS tollgate.settle(uuid[], uuid[], boolean[], text[], bigint[], text[], text[], jsonb[], uuid[]);
DROP FUNCTION IF EXISTS tollgate.settle_atomically(uuid[], uuid[], boolean[], text[], bigint[], text[], text[], jsonb[], uuid[]);
DROP FUNCTION IF EXISTS tollgate.decide_in_order(uuid[], uuid[], text[], bigint[], text[], text[], jsonb[], boolean, text[], integer[], tid[], boolean[], bigint[], bigint[], bigint[], bigint[], bigint[], text[], bigint[], uuid[]);
DROP VIEW IF EXISTS tollgate.low_balances, tollgate.current_balances, tollgate.ledger;
DROP FUNCTION IF EXISTS tollgate.current_balance(public.ai_tokens, bigint);
DROP FUNCTION IF EXISTS tollgate.next_refresh_date(timestamptz, timestamptz);
DROP FUNCTION IF EXISTS tollgate.look_up_items(uuid[], uuid[], boolean[], text[], bigint[]);
DROP FUNCTION IF EXISTS tollgate.mend_balances(uuid[], uuid[], boolean[], text[], bigint[]);
DROP FUNCTION IF EXISTS tollgate.bring_up_to_date(uuid[], text[]);
DROP FUNCTION IF EXISTS tollgate.check_balances(uuid[], uuid[], boolean[], text[], bigint[]);
DROP FUNCTION IF EXISTS tollgate.fingerprint(uuid, text, bigint, text, jsonb);
