-- Content budgets: how many tokens the texts of an organization's active attributes may have together.

-- Roles belong to the whole cluster: another database may create it at the same moment.
DO $$
BEGIN
  IF to_regrole('tollgate_reporter') IS NULL THEN
    BEGIN
      CREATE ROLE tollgate_reporter NOLOGIN NOINHERIT;
    EXCEPTION
      WHEN duplicate_object OR unique_violation THEN NULL;
    END;
  END IF;
  -- To hand its function to it. The owner does not inherit what it may read.
  IF NOT pg_has_role('tollgate_owner', 'tollgate_reporter', 'MEMBER') THEN
    GRANT tollgate_reporter TO tollgate_owner;
  END IF;
END
$$;
COMMENT ON ROLE tollgate_reporter IS 'Owns tollgate.read_content_budgets() alone: may read how full the content budgets of all organizations are, and the organizations'' names. Nobody logs in as it.';

SET LOCAL ROLE tollgate_owner;

-- Catalogue

CREATE TABLE tollgate.content_levels (
  level integer NOT NULL,
  title text NOT NULL,
  tokens bigint NOT NULL,
  CONSTRAINT "a content level has one row" PRIMARY KEY (level),
  CONSTRAINT "a content level is 1 or higher" CHECK (level >= 1),
  CONSTRAINT "a content level has 1 to 10^15 tokens" CHECK (tokens BETWEEN 1 AND 1000000000000000)
);
COMMENT ON TABLE tollgate.content_levels IS 'How many tokens of content an organization may have active, by its level.';
COMMENT ON COLUMN tollgate.content_levels.title IS 'The name people read.';
COMMENT ON COLUMN tollgate.content_levels.tokens IS 'Tokens that the active attributes may have together.';
INSERT INTO tollgate.content_levels (level, title, tokens)
VALUES
  (1, 'Basic', 3000),
  (2, 'Professional', 6000),
  (3, 'Enterprise', 12000),
  (4, 'Unlimited', 25000);

CREATE TABLE tollgate.token_counters (
  counter text NOT NULL,
  schema_name text NOT NULL,
  function_name text NOT NULL,
  description text NOT NULL DEFAULT '',
  CONSTRAINT "a counter has one row" PRIMARY KEY (counter),
  CONSTRAINT "a counter is a lower-case name" CHECK (counter ~ '^[a-z][a-z0-9_]{0,62}$')
);
COMMENT ON TABLE tollgate.token_counters IS 'Ways to count the tokens of a text, each a function of one text. tollgate.register_token_counter() adds one: it runs with the owner''s rights.';
COMMENT ON COLUMN tollgate.token_counters.schema_name IS 'Where the function is. By name, because a dump restores no function''s number.';
COMMENT ON COLUMN tollgate.token_counters.function_name IS 'The function: of one text, answering an integer or a bigint.';
INSERT INTO tollgate.token_counters (counter, schema_name, function_name, description)
VALUES ('utf16_quarter', 'tollgate', 'utf16_quarter', 'UTF-16 code units, as a browser counts them, divided by 4 and rounded up.');

-- Tenants

CREATE TABLE tollgate.content_budgets (
  organization_id uuid NOT NULL,
  level integer,
  budget_tokens bigint,
  counter text NOT NULL DEFAULT 'utf16_quarter',
  deactivates_automatically boolean NOT NULL DEFAULT false,
  active_tokens bigint NOT NULL DEFAULT 0,
  attribute_count integer NOT NULL DEFAULT 0,
  last_number bigint NOT NULL DEFAULT 0,
  announced smallint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT "an organization has one content budget" PRIMARY KEY (organization_id),
  CONSTRAINT "a content budget belongs to an organization" FOREIGN KEY (organization_id)
    REFERENCES public.organizations (id),
  CONSTRAINT "a content budget's level exists" FOREIGN KEY (level) REFERENCES tollgate.content_levels (level),
  CONSTRAINT "a content budget's counter exists" FOREIGN KEY (counter) REFERENCES tollgate.token_counters (counter),
  CONSTRAINT "a content budget has 1 to 10^15 tokens" CHECK (budget_tokens BETWEEN 1 AND 1000000000000000),
  CONSTRAINT "content is counted from 0 on" CHECK (active_tokens >= 0 AND last_number >= 0),
  CONSTRAINT "an organization has 0 to 10000 attributes" CHECK (attribute_count BETWEEN 0 AND 10000),
  CONSTRAINT "a level of the budget's state is announced" CHECK (announced BETWEEN 0 AND 3)
) WITH (fillfactor = 70);
COMMENT ON TABLE tollgate.content_budgets IS 'One row per organization that has content, or settings for it; locked by whoever changes an attribute''s texts or activity, which keeps active_tokens exact.';
COMMENT ON COLUMN tollgate.content_budgets.level IS 'Of tollgate.content_levels; NULL: none is set.';
COMMENT ON COLUMN tollgate.content_budgets.budget_tokens IS 'Tokens instead of the level''s; NULL: those of the level, or 15000 without one.';
COMMENT ON COLUMN tollgate.content_budgets.counter IS 'How its tokens are counted, of tollgate.token_counters.';
COMMENT ON COLUMN tollgate.content_budgets.deactivates_automatically IS 'Whether attributes are deactivated, least used first, when an administrator''s change makes them more than the budget.';
COMMENT ON COLUMN tollgate.content_budgets.active_tokens IS 'Tokens of the active attributes together.';
COMMENT ON COLUMN tollgate.content_budgets.attribute_count IS 'Attributes, active or not; at most 10000.';
COMMENT ON COLUMN tollgate.content_budgets.last_number IS 'The number of the attribute made last.';
COMMENT ON COLUMN tollgate.content_budgets.announced IS 'The state that usage was in last, as tollgate.state_level() counts it: a worse one is a crossing, of which an event is written.';

CREATE TABLE tollgate.content_attributes (
  organization_id uuid NOT NULL,
  attribute_id uuid NOT NULL,
  number bigint NOT NULL,
  instructions text NOT NULL,
  examples jsonb NOT NULL DEFAULT '[]',
  signals jsonb NOT NULL DEFAULT '[]',
  active boolean NOT NULL,
  tokens bigint NOT NULL,
  uses bigint NOT NULL DEFAULT 0,
  last_used_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT "an attribute has one row" PRIMARY KEY (organization_id, attribute_id),
  CONSTRAINT "an attribute's number is its own" UNIQUE (organization_id, number),
  CONSTRAINT "an attribute is of a content budget" FOREIGN KEY (organization_id)
    REFERENCES tollgate.content_budgets (organization_id),
  CONSTRAINT "an attribute has 0 to 10^12 tokens" CHECK (tokens BETWEEN 0 AND 1000000000000),
  CONSTRAINT "an attribute's uses are counted from 0 on" CHECK (uses >= 0),
  CONSTRAINT "examples are a text or a list of texts"
    CHECK (jsonb_typeof(examples) = 'string'
      OR jsonb_typeof(examples) = 'array' AND NOT jsonb_path_exists(examples, 'strict $[*] ? (@.type() <> "string")')),
  CONSTRAINT "signals are a text or a list of texts"
    CHECK (jsonb_typeof(signals) = 'string'
      OR jsonb_typeof(signals) = 'array' AND NOT jsonb_path_exists(signals, 'strict $[*] ? (@.type() <> "string")'))
) WITH (fillfactor = 70);
CREATE INDEX content_attributes_active ON tollgate.content_attributes (organization_id, tokens) WHERE active;
COMMENT ON TABLE tollgate.content_attributes IS 'Content of organizations: texts that are sent along with prompts while they are active.';
COMMENT ON COLUMN tollgate.content_attributes.number IS 'In the order in which they were made.';
COMMENT ON COLUMN tollgate.content_attributes.examples IS 'A text or a list of texts, as it was sent.';
COMMENT ON COLUMN tollgate.content_attributes.signals IS 'A text or a list of texts, as it was sent.';
COMMENT ON COLUMN tollgate.content_attributes.active IS 'Whether its tokens count.';
COMMENT ON COLUMN tollgate.content_attributes.tokens IS 'Tokens of all its texts, each counted by itself.';
COMMENT ON COLUMN tollgate.content_attributes.uses IS 'How often it was used: those with the fewest are deactivated first.';
COMMENT ON COLUMN tollgate.content_attributes.last_used_at IS 'NULL: never used.';

CREATE TYPE tollgate.content_decision AS (
  outcome text,
  fits boolean,
  used bigint,
  used_after bigint,
  budget bigint,
  tokens bigint,
  is_active boolean,
  message text,
  deactivate jsonb,
  is_replay boolean
);
COMMENT ON TYPE tollgate.content_decision IS
  'What was decided about a change of content, in tokens. outcome: success, budget_exceeded, forbidden, unknown_organization, unknown_attribute, too_many_attributes or idempotency_key_reused. deactivate: what to deactivate so that it fits, as [{"id", "tokens"}].';

-- Events tell administrators as clients approach their limit, and what was deactivated for them.
ALTER TABLE tollgate.events
  DROP CONSTRAINT "an event is of a known kind",
  ADD CONSTRAINT "an event is of a known kind"
    CHECK (kind IN ('threshold_crossed', 'top_up_requested', 'limit_exceeded', 'plan_changed', 'organization_suspended',
      'organization_resumed', 'content_threshold_crossed', 'content_deactivated', 'content_reset'));

-- Row-level security as for the others; policies are in sql/policies.
ALTER TABLE tollgate.content_budgets ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE tollgate.content_attributes ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT ON tollgate.content_budgets, tollgate.content_attributes TO authenticated, service_role;
GRANT SELECT ON tollgate.content_levels, tollgate.token_counters TO authenticated, service_role;

-- The administrators' list is of all organizations.
GRANT USAGE ON SCHEMA tollgate TO tollgate_reporter;
GRANT SELECT (id, name, created_at) ON public.organizations TO tollgate_reporter;
GRANT SELECT ON tollgate.content_budgets, tollgate.content_levels TO tollgate_reporter;
