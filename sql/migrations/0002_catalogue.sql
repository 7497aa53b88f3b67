-- Token types, plans, allocations and features: what is the same for every tenant.

SET LOCAL ROLE tollgate_owner;

CREATE TABLE tollgate.token_types (
  token_type text NOT NULL,
  title text NOT NULL,
  critical_below bigint,
  warning_below bigint,
  safe_from bigint,
  critical_percent integer NOT NULL DEFAULT 20,
  warning_percent integer NOT NULL DEFAULT 50,
  CONSTRAINT "a token type has one row" PRIMARY KEY (token_type),
  CONSTRAINT "a token type is a lower-case name" CHECK (token_type ~ '^[a-z][a-z0-9_]{0,62}$'),
  CONSTRAINT "percentages are between 0 and 100 and in order"
    CHECK (0 <= critical_percent AND critical_percent <= warning_percent AND warning_percent <= 100),
  CONSTRAINT "absolute thresholds are in order"
    CHECK (0 <= critical_below AND critical_below <= warning_below AND warning_below <= safe_from)
);
COMMENT ON TABLE tollgate.token_types IS 'The kinds of tokens a balance can be of.';
COMMENT ON COLUMN tollgate.token_types.critical_below IS 'Tokens. Below it the state is critical; NULL: critical_percent of the allocation decides.';
COMMENT ON COLUMN tollgate.token_types.warning_below IS 'Tokens. Below it the state is warning; NULL: warning_percent of the allocation decides.';
COMMENT ON COLUMN tollgate.token_types.safe_from IS 'Tokens. From here on nobody needs to look.';
COMMENT ON COLUMN tollgate.token_types.critical_percent IS 'Percent of the allocation. Less than this left is critical.';
COMMENT ON COLUMN tollgate.token_types.warning_percent IS 'Percent of the allocation. This much or less left is warning.';

CREATE TABLE tollgate.plans (
  plan text NOT NULL,
  title text NOT NULL,
  CONSTRAINT "a plan has one row" PRIMARY KEY (plan),
  CONSTRAINT "a plan is a lower-case name" CHECK (plan ~ '^[a-z][a-z0-9_]{0,62}$')
);
COMMENT ON TABLE tollgate.plans IS 'What an organization can subscribe to.';
COMMENT ON COLUMN tollgate.plans.title IS 'The name people read: "Not available on Starter plan".';

CREATE TABLE tollgate.plan_allocations (
  plan text NOT NULL,
  token_type text NOT NULL,
  tokens bigint NOT NULL,
  CONSTRAINT "a plan allocates a token type once" PRIMARY KEY (plan, token_type),
  CONSTRAINT "an allocation belongs to a plan" FOREIGN KEY (plan) REFERENCES tollgate.plans (plan),
  CONSTRAINT "an allocation is of a token type" FOREIGN KEY (token_type) REFERENCES tollgate.token_types (token_type),
  CONSTRAINT "an allocation is between 0 and 10^15 tokens" CHECK (tokens BETWEEN 0 AND 1000000000000000)
);
COMMENT ON TABLE tollgate.plan_allocations IS 'Tokens that a plan grants for each period of 30 days.';
COMMENT ON COLUMN tollgate.plan_allocations.tokens IS 'Tokens per 30 days; 0: the plan does not have what these tokens pay for.';

CREATE TABLE tollgate.features (
  feature text NOT NULL,
  token_type text NOT NULL,
  cost bigint NOT NULL,
  price_version integer NOT NULL DEFAULT 1,
  description text NOT NULL DEFAULT '',
  endpoint_type text,
  CONSTRAINT "a feature has one row" PRIMARY KEY (feature),
  CONSTRAINT "a feature is paid in a token type" FOREIGN KEY (token_type) REFERENCES tollgate.token_types (token_type),
  CONSTRAINT "a feature is a lower-case name" CHECK (feature ~ '^[a-z][a-z0-9_]{0,62}$'),
  CONSTRAINT "a feature costs between 0 and 10^15 tokens" CHECK (cost BETWEEN 0 AND 1000000000000000),
  CONSTRAINT "an endpoint is single, composite or batch" CHECK (endpoint_type IN ('single', 'composite', 'batch'))
);
COMMENT ON TABLE tollgate.features IS 'What tokens are spent on: features and actions with their price.';
COMMENT ON COLUMN tollgate.features.cost IS 'Tokens per unit; 0: works with an empty balance, and is recorded.';
COMMENT ON COLUMN tollgate.features.price_version IS 'Counts the prices this feature has had; a charge keeps the one it was made under.';

INSERT INTO tollgate.plans (plan, title)
VALUES
  ('starter', 'Starter'),
  ('pro', 'Pro'),
  ('enterprise', 'Enterprise');

INSERT INTO tollgate.token_types (token_type, title)
VALUES
  ('lead_generation', 'Lead generation'),
  ('goal_generation', 'Goal generation'),
  ('strategy_analysis', 'Strategy analysis'),
  ('forecast', 'Forecast'),
  ('general', 'General'),
  ('feature_depth', 'Feature depth');

INSERT INTO tollgate.token_types (token_type, title, critical_below, warning_below, safe_from)
VALUES ('api_budget', 'API budget', 20, 100, 200);

INSERT INTO tollgate.plan_allocations (plan, token_type, tokens)
VALUES
  ('starter', 'lead_generation', 0),
  ('starter', 'goal_generation', 0),
  ('starter', 'strategy_analysis', 0),
  ('starter', 'forecast', 0),
  ('starter', 'general', 0),
  ('pro', 'lead_generation', 50),
  ('pro', 'goal_generation', 20),
  ('pro', 'strategy_analysis', 100),
  ('pro', 'forecast', 30),
  ('pro', 'general', 50),
  ('enterprise', 'lead_generation', 500),
  ('enterprise', 'goal_generation', 200),
  ('enterprise', 'strategy_analysis', 1000),
  ('enterprise', 'forecast', 200),
  ('enterprise', 'general', 500);

INSERT INTO tollgate.features (feature, token_type, cost, endpoint_type)
VALUES
  ('generate_leads', 'lead_generation', 5, NULL),
  ('generate_goal', 'goal_generation', 3, NULL),
  ('analyze_strategy', 'strategy_analysis', 2, NULL),
  ('forecast_revenue', 'forecast', 4, NULL),
  ('analyze_efficiency', 'general', 2, NULL),
  ('generate_insight', 'general', 1, NULL),
  ('surprise_me', 'api_budget', 50, 'single'),
  ('niche_discovery', 'api_budget', 150, 'composite'),
  ('manual_search', 'api_budget', 10, 'single'),
  ('product_lookup', 'api_budget', 1, 'single'),
  ('auto_sourcing_job', 'api_budget', 200, 'batch'),
  ('headline_pick', 'feature_depth', 0, NULL),
  ('full_distribution', 'feature_depth', 2, NULL),
  ('scenario_extremes', 'feature_depth', 3, NULL),
  ('comparative_analysis', 'feature_depth', 3, NULL),
  ('deep_dive_educational', 'feature_depth', 5, NULL);
