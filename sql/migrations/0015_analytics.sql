-- Roll-ups of the ledger, kept by tollgate.roll_up() and never by settlement, and prices for estimates.
-- docs/decisions/0026-roll-ups.md argues why they equal the ledger.

COMMENT ON ROLE tollgate_reporter IS 'Owns the functions that report on all organizations, and the one that finds whose rows are not rolled up: may read names, how full content budgets are, what was used, and whose rows there are in the ledger. Nobody logs in as it.';

SET LOCAL ROLE tollgate_owner;

-- What was used

CREATE TABLE tollgate.usage_hours (
  organization_id uuid NOT NULL,
  hour timestamptz NOT NULL,
  token_type text NOT NULL,
  feature_used text NOT NULL,
  user_id uuid NOT NULL,
  uses bigint NOT NULL,
  tokens bigint NOT NULL,
  refusals bigint NOT NULL,
  CONSTRAINT "an hour of a feature and user has one row"
    PRIMARY KEY (organization_id, hour, token_type, feature_used, user_id),
  CONSTRAINT "an hour counts 0 or more" CHECK (uses >= 0 AND tokens >= 0 AND refusals >= 0)
);
CREATE INDEX usage_hours_hour ON tollgate.usage_hours (hour);
COMMENT ON TABLE tollgate.usage_hours IS 'Uses and refusals of each hour, as far as they are rolled up; tollgate.unrolled() has the rest.';
COMMENT ON COLUMN tollgate.usage_hours.hour IS 'The start of the hour by created_at.';
COMMENT ON COLUMN tollgate.usage_hours.feature_used IS 'Empty: a refusal that was about no feature.';
COMMENT ON COLUMN tollgate.usage_hours.user_id IS 'The nil UUID: nobody was named.';
COMMENT ON COLUMN tollgate.usage_hours.uses IS 'Rows of ai_token_usage_log.';
COMMENT ON COLUMN tollgate.usage_hours.tokens IS 'Tokens that the uses deducted. Refunds take nothing away.';
COMMENT ON COLUMN tollgate.usage_hours.refusals IS 'Refusals in the ledger.';

CREATE TABLE tollgate.usage_days (
  organization_id uuid NOT NULL,
  day date NOT NULL,
  token_type text NOT NULL,
  feature_used text NOT NULL,
  user_id uuid NOT NULL,
  uses bigint NOT NULL,
  tokens bigint NOT NULL,
  refusals bigint NOT NULL,
  CONSTRAINT "a day of a feature and user has one row"
    PRIMARY KEY (organization_id, day, token_type, feature_used, user_id),
  CONSTRAINT "a day counts 0 or more" CHECK (uses >= 0 AND tokens >= 0 AND refusals >= 0)
);
CREATE INDEX usage_days_day ON tollgate.usage_days (day);
COMMENT ON TABLE tollgate.usage_days IS 'The same as usage_hours by day (UTC).';
COMMENT ON COLUMN tollgate.usage_days.feature_used IS 'Empty: a refusal that was about no feature.';
COMMENT ON COLUMN tollgate.usage_days.user_id IS 'The nil UUID: nobody was named.';
COMMENT ON COLUMN tollgate.usage_days.uses IS 'Rows of ai_token_usage_log.';
COMMENT ON COLUMN tollgate.usage_days.tokens IS 'Tokens that the uses deducted. Refunds take nothing away.';
COMMENT ON COLUMN tollgate.usage_days.refusals IS 'Refusals in the ledger.';

CREATE TABLE tollgate.usage_months (
  organization_id uuid NOT NULL,
  month date NOT NULL,
  subject uuid NOT NULL,
  uses bigint NOT NULL,
  tokens bigint NOT NULL,
  CONSTRAINT "a month of a subject has one row" PRIMARY KEY (organization_id, month, subject),
  CONSTRAINT "a month counts 0 or more" CHECK (uses >= 0 AND tokens >= 0)
);
CREATE INDEX usage_months_of_organizations ON tollgate.usage_months (month, tokens DESC) WHERE subject = organization_id;
CREATE INDEX usage_months_of_users ON tollgate.usage_months (month, tokens DESC) WHERE subject <> organization_id;
COMMENT ON TABLE tollgate.usage_months IS 'Uses of each calendar month (UTC): whoever used most is found without adding up.';
COMMENT ON COLUMN tollgate.usage_months.subject IS 'The organization: all its uses. Else the user.';
COMMENT ON COLUMN tollgate.usage_months.uses IS 'Rows of ai_token_usage_log.';
COMMENT ON COLUMN tollgate.usage_months.tokens IS 'Tokens that the uses deducted.';

CREATE TABLE tollgate.balance_days (
  organization_id uuid NOT NULL,
  token_type text NOT NULL,
  day date NOT NULL,
  used bigint NOT NULL,
  granted bigint NOT NULL,
  refunded bigint NOT NULL,
  balance bigint NOT NULL,
  last_sequence bigint NOT NULL,
  CONSTRAINT "a day of a balance has one row" PRIMARY KEY (organization_id, token_type, day),
  CONSTRAINT "a day uses and gives back 0 or more tokens" CHECK (used >= 0 AND refunded >= 0)
);
COMMENT ON TABLE tollgate.balance_days IS 'What became of each balance on each day (UTC) on which it moved, as far as its movements are rolled up.';
COMMENT ON COLUMN tollgate.balance_days.used IS 'Tokens that uses deducted.';
COMMENT ON COLUMN tollgate.balance_days.granted IS 'Tokens that all other movements added, less what they took: allocations, resets, top-ups, refunds, adjustments, expiries.';
COMMENT ON COLUMN tollgate.balance_days.refunded IS 'Tokens of these that refunds gave back, of whichever day''s uses.';
COMMENT ON COLUMN tollgate.balance_days.balance IS 'Tokens after the day''s last movement.';
COMMENT ON COLUMN tollgate.balance_days.last_sequence IS 'The day''s last movement.';

-- All organizations together

CREATE TABLE tollgate.service_hours (
  hour timestamptz NOT NULL,
  token_type text NOT NULL,
  feature_used text NOT NULL,
  uses bigint NOT NULL,
  tokens bigint NOT NULL,
  refusals bigint NOT NULL,
  CONSTRAINT "an hour of a feature has one row" PRIMARY KEY (hour, token_type, feature_used)
);
COMMENT ON TABLE tollgate.service_hours IS 'usage_hours of all organizations together.';
COMMENT ON COLUMN tollgate.service_hours.uses IS 'Rows of ai_token_usage_log.';
COMMENT ON COLUMN tollgate.service_hours.tokens IS 'Tokens that the uses deducted.';
COMMENT ON COLUMN tollgate.service_hours.refusals IS 'Refusals in the ledger.';

CREATE TABLE tollgate.service_days (
  day date NOT NULL,
  token_type text NOT NULL,
  feature_used text NOT NULL,
  uses bigint NOT NULL,
  tokens bigint NOT NULL,
  refusals bigint NOT NULL,
  CONSTRAINT "a day of a feature has one row" PRIMARY KEY (day, token_type, feature_used)
);
COMMENT ON TABLE tollgate.service_days IS 'usage_days of all organizations together.';
COMMENT ON COLUMN tollgate.service_days.uses IS 'Rows of ai_token_usage_log.';
COMMENT ON COLUMN tollgate.service_days.tokens IS 'Tokens that the uses deducted.';
COMMENT ON COLUMN tollgate.service_days.refusals IS 'Refusals in the ledger.';

-- How far they reach

CREATE TABLE tollgate.rolled_balances (
  organization_id uuid NOT NULL,
  token_type text NOT NULL,
  sequence bigint NOT NULL,
  first_used_at timestamptz,
  available bigint,
  allocated bigint,
  percent_left integer,
  state text,
  tokens_per_day numeric,
  runs_out_at timestamptz,
  forecast_at timestamptz,
  CONSTRAINT "a balance is rolled up to one movement" PRIMARY KEY (organization_id, token_type),
  CONSTRAINT "a movement that is rolled up has a place in the chain" CHECK (sequence >= 0)
);
CREATE INDEX rolled_balances_running_out ON tollgate.rolled_balances (runs_out_at, organization_id, token_type)
  WHERE runs_out_at IS NOT NULL;
CREATE INDEX rolled_balances_low ON tollgate.rolled_balances (percent_left, organization_id, token_type)
  WHERE state IN ('critical', 'exhausted') AND allocated > 0;
CREATE INDEX rolled_balances_forecast_at ON tollgate.rolled_balances (forecast_at) WHERE runs_out_at IS NOT NULL;
COMMENT ON TABLE tollgate.rolled_balances IS 'How far each balance''s movements are rolled up, and how it stood then.';
COMMENT ON COLUMN tollgate.rolled_balances.sequence IS 'Every movement of this balance up to this one is in the roll-ups, and none after it.';
COMMENT ON COLUMN tollgate.rolled_balances.first_used_at IS 'The first use that was rolled up.';
COMMENT ON COLUMN tollgate.rolled_balances.available IS 'Tokens, as of forecast_at.';
COMMENT ON COLUMN tollgate.rolled_balances.allocated IS 'Tokens that the plan granted for the period, as of forecast_at.';
COMMENT ON COLUMN tollgate.rolled_balances.percent_left IS 'available of allocated in percent, rounded down; NULL: nothing is allocated.';
COMMENT ON COLUMN tollgate.rolled_balances.state IS 'safe, warning, critical or exhausted, as of forecast_at.';
COMMENT ON COLUMN tollgate.rolled_balances.tokens_per_day IS 'Tokens a day: see tollgate.tokens_per_day().';
COMMENT ON COLUMN tollgate.rolled_balances.runs_out_at IS 'When the available tokens end at that rate; NULL: nothing was used.';
COMMENT ON COLUMN tollgate.rolled_balances.forecast_at IS 'When the columns about the standing were worked out.';

CREATE TABLE tollgate.rolled_organizations (
  organization_id uuid NOT NULL,
  rolled_before timestamptz NOT NULL DEFAULT '-infinity',
  looked_from timestamptz NOT NULL DEFAULT '-infinity',
  is_behind boolean NOT NULL DEFAULT true,
  rolled_at timestamptz NOT NULL DEFAULT '-infinity',
  CONSTRAINT "an organization is rolled up in one way" PRIMARY KEY (organization_id)
) WITH (fillfactor = 80);
CREATE INDEX rolled_organizations_behind ON tollgate.rolled_organizations (rolled_at) WHERE is_behind;
COMMENT ON TABLE tollgate.rolled_organizations IS 'How far each organization''s rows without a place in a chain are rolled up, and which organizations have something new.';
COMMENT ON COLUMN tollgate.rolled_organizations.rolled_before IS 'Refusals and uses without a balance are in the roll-ups when their ids are before tollgate.first_id_at() of this, unless late_entries still names them.';
COMMENT ON COLUMN tollgate.rolled_organizations.looked_from IS 'Where to begin to look for movements that are not rolled up. A hint: the chain tells whether it was good.';
COMMENT ON COLUMN tollgate.rolled_organizations.is_behind IS 'Whether something may be there that is not rolled up. A hint, too.';

CREATE TABLE tollgate.late_entries (
  organization_id uuid NOT NULL,
  id uuid NOT NULL,
  created_at timestamptz NOT NULL,
  CONSTRAINT "a late entry is noted once" PRIMARY KEY (organization_id, id, created_at)
);
COMMENT ON TABLE tollgate.late_entries IS 'Refusals and uses without a balance that were written with an id from before rollup_seal.announced_at: whoever rolls up finds them here.';

CREATE TABLE tollgate.rollup_seal (
  is_only boolean NOT NULL DEFAULT true,
  announced_at timestamptz NOT NULL DEFAULT '-infinity',
  waits_for xid8,
  settled_at timestamptz NOT NULL DEFAULT '-infinity',
  everywhere_at timestamptz NOT NULL DEFAULT '-infinity',
  looked_up_to uuid,
  caught_up_at timestamptz,
  CONSTRAINT "there is one seal" PRIMARY KEY (is_only),
  CONSTRAINT "the seal is the only row" CHECK (is_only)
);
COMMENT ON TABLE tollgate.rollup_seal IS 'Before which time no row without a place in a chain can appear unnoticed. See docs/decisions/0026-roll-ups.md.';
COMMENT ON COLUMN tollgate.rollup_seal.announced_at IS 'Whoever writes such a row with an id from before it also writes late_entries.';
COMMENT ON COLUMN tollgate.rollup_seal.waits_for IS 'The first transaction that is sure to know announced_at; NULL: not looked up yet.';
COMMENT ON COLUMN tollgate.rollup_seal.settled_at IS 'The announcement that all transactions know by now.';
COMMENT ON COLUMN tollgate.rollup_seal.everywhere_at IS 'When somebody last began to look at every balance.';
COMMENT ON COLUMN tollgate.rollup_seal.looked_up_to IS 'The organization up to which that was done; NULL: all of them.';
COMMENT ON COLUMN tollgate.rollup_seal.caught_up_at IS 'Every movement committed before it is in the roll-ups, as far as places tell.';
INSERT INTO tollgate.rollup_seal DEFAULT VALUES;

CREATE TABLE tollgate.rollup_places (
  parent regclass NOT NULL,
  month date NOT NULL,
  next_block bigint NOT NULL,
  seen_blocks bigint NOT NULL,
  CONSTRAINT "a partition is looked through once" PRIMARY KEY (parent, month)
);
COMMENT ON TABLE tollgate.rollup_places IS 'How far the ledger''s partitions were looked through for organizations with something new. Hints, by the place on disk, which no clock moves.';
COMMENT ON COLUMN tollgate.rollup_places.next_block IS 'Pages of 8 KiB.';
COMMENT ON COLUMN tollgate.rollup_places.seen_blocks IS 'Pages of 8 KiB that there were when it was last looked through.';

-- Prices, for estimates

CREATE TABLE tollgate.plan_prices (
  plan text NOT NULL,
  amount_minor bigint NOT NULL,
  currency text NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT "a plan has one price" PRIMARY KEY (plan),
  CONSTRAINT "a price is of a plan" FOREIGN KEY (plan) REFERENCES tollgate.plans (plan),
  CONSTRAINT "a plan costs 0 to 10^12" CHECK (amount_minor BETWEEN 0 AND 1000000000000),
  CONSTRAINT "a plan's currency is a code of ISO 4217" CHECK (currency ~ '^[A-Z]{3}$')
);
COMMENT ON TABLE tollgate.plan_prices IS 'What plans cost, for estimates: nobody is charged by it.';
COMMENT ON COLUMN tollgate.plan_prices.amount_minor IS 'For 30 days, in the currency''s smallest unit.';
COMMENT ON COLUMN tollgate.plan_prices.currency IS 'ISO 4217.';

CREATE TABLE tollgate.pack_prices (
  tokens bigint NOT NULL,
  amount_minor bigint NOT NULL,
  currency text NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT "a pack has one price" PRIMARY KEY (tokens),
  CONSTRAINT "a pack that is sold has 1 to 10^15 tokens" CHECK (tokens BETWEEN 1 AND 1000000000000000),
  CONSTRAINT "a pack costs 0 to 10^12" CHECK (amount_minor BETWEEN 0 AND 1000000000000),
  CONSTRAINT "a pack's currency is a code of ISO 4217" CHECK (currency ~ '^[A-Z]{3}$')
);
COMMENT ON TABLE tollgate.pack_prices IS 'What packs of tokens cost, of any token type, for estimates.';
COMMENT ON COLUMN tollgate.pack_prices.tokens IS 'The size: tokens.';
COMMENT ON COLUMN tollgate.pack_prices.amount_minor IS 'In the currency''s smallest unit.';
COMMENT ON COLUMN tollgate.pack_prices.currency IS 'ISO 4217.';

CREATE TYPE tollgate.unrolled_movement AS (
  organization_id uuid,
  id uuid,
  token_type text,
  sequence bigint,
  created_at timestamptz,
  user_id uuid,
  feature_used text,
  is_use boolean,
  is_refusal boolean,
  is_refund boolean,
  tokens bigint,
  change bigint,
  balance bigint,
  rolled_to bigint,
  reaches timestamptz,
  is_cut boolean,
  is_late boolean
);
COMMENT ON TYPE tollgate.unrolled_movement IS
  'A row of the ledger that is not in the roll-ups: tokens that a use deducted, what it changed the balance by, and to. rolled_to: the movement that its balance is rolled up to. reaches: rows of its organization without a place in a chain are all here whose ids are before this. is_cut: there are more than fitted. is_late: tollgate.late_entries names it.';

-- Row-level security as for the others; policies are in sql/policies.
DO $$
DECLARE
  tenant_table regclass;
BEGIN
  FOREACH tenant_table IN ARRAY ARRAY[
    'tollgate.usage_hours', 'tollgate.usage_days', 'tollgate.usage_months', 'tollgate.balance_days',
    'tollgate.rolled_balances', 'tollgate.rolled_organizations', 'tollgate.late_entries'
  ]::regclass[]
  LOOP
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('GRANT SELECT ON %s TO authenticated, service_role', tenant_table);
  END LOOP;
END
$$;
GRANT SELECT ON tollgate.plan_prices, tollgate.pack_prices TO authenticated, service_role;
GRANT SELECT ON tollgate.service_hours, tollgate.service_days, tollgate.rollup_seal, tollgate.rollup_places TO service_role;

-- Who finds what is not rolled up, and who reports on all organizations.
GRANT SELECT (organization_id, created_at, ctid) ON public.ai_token_usage_log, tollgate.ledger_entries TO tollgate_reporter;
GRANT SELECT (organization_id, token_type, ledger_sequence, refresh_date, due_at) ON public.ai_tokens TO tollgate_reporter;
GRANT SELECT (plan, status) ON public.organizations TO tollgate_reporter;
GRANT SELECT ON tollgate.usage_days, tollgate.usage_hours, tollgate.usage_months, tollgate.rolled_balances,
  tollgate.rolled_organizations, tollgate.service_hours, tollgate.service_days, tollgate.rollup_seal, tollgate.rollup_places,
  tollgate.plan_prices TO tollgate_reporter;
