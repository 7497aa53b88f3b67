-- Organizations, their members and their balances.

SET LOCAL ROLE tollgate_owner;

CREATE TABLE public.organizations (
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  name text NOT NULL,
  plan text,
  status text NOT NULL DEFAULT 'active',
  time_zone text NOT NULL DEFAULT 'UTC',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT "an organization has one row" PRIMARY KEY (id),
  CONSTRAINT "an organization's plan exists" FOREIGN KEY (plan) REFERENCES tollgate.plans (plan),
  CONSTRAINT "an organization's name has 1 to 200 characters" CHECK (length(name) BETWEEN 1 AND 200),
  CONSTRAINT "an organization is active or suspended" CHECK (status IN ('active', 'suspended'))
);
COMMENT ON TABLE public.organizations IS 'The tenants. Their id is the organization_id of every other table.';
COMMENT ON COLUMN public.organizations.plan IS 'NULL: no plan, hence no plan tokens.';
COMMENT ON COLUMN public.organizations.status IS 'suspended: spending is refused, balances stay as they are.';
COMMENT ON COLUMN public.organizations.time_zone IS 'IANA name; where its days begin.';

CREATE TABLE public.user_profiles (
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  organization_id uuid NOT NULL,
  email text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT "a user is in an organization once" PRIMARY KEY (organization_id, id),
  CONSTRAINT "a user's organization exists" FOREIGN KEY (organization_id) REFERENCES public.organizations (id)
);
CREATE INDEX user_profiles_id ON public.user_profiles (id);
COMMENT ON TABLE public.user_profiles IS 'Who belongs to which organization. A user of two organizations has to name the one they mean; row-level security, which cannot be told, shows neither.';
COMMENT ON COLUMN public.user_profiles.id IS 'The user id: `sub` of the JWT.';

CREATE TABLE public.ai_tokens (
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  organization_id uuid NOT NULL,
  token_type text NOT NULL,
  balance bigint NOT NULL DEFAULT 0,
  total_allocated bigint NOT NULL DEFAULT 0,
  total_used bigint NOT NULL DEFAULT 0,
  refresh_date timestamptz,
  last_used_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  reserved bigint NOT NULL DEFAULT 0,
  purchased bigint NOT NULL DEFAULT 0,
  ledger_balance bigint NOT NULL DEFAULT 0,
  ledger_sequence bigint NOT NULL DEFAULT 0,
  CONSTRAINT "an organization has one balance of a token type" PRIMARY KEY (organization_id, token_type),
  CONSTRAINT "a balance belongs to an organization" FOREIGN KEY (organization_id) REFERENCES public.organizations (id),
  CONSTRAINT "a balance is of a token type" FOREIGN KEY (token_type) REFERENCES tollgate.token_types (token_type),
  CONSTRAINT "a balance is never negative" CHECK (balance >= 0),
  CONSTRAINT "counts of tokens are never negative"
    CHECK (total_allocated >= 0 AND total_used >= 0 AND reserved >= 0 AND purchased >= 0 AND ledger_sequence >= 0),
  CONSTRAINT "counts of tokens are at most 10^18"
    CHECK (greatest(balance, total_allocated, total_used, reserved, purchased) <= 1000000000000000000),
  CONSTRAINT "a period ends at some time" CHECK (isfinite(refresh_date))
) WITH (fillfactor = 60);
COMMENT ON TABLE public.ai_tokens IS 'Balances: one row per organization and token type.';
COMMENT ON COLUMN public.ai_tokens.balance IS 'Tokens left, reserved ones included. As of the last movement: a reset that has fallen due since is applied by the next one.';
COMMENT ON COLUMN public.ai_tokens.total_allocated IS 'Tokens that the plan granted for this period.';
COMMENT ON COLUMN public.ai_tokens.total_used IS 'Tokens deducted in this period.';
COMMENT ON COLUMN public.ai_tokens.refresh_date IS 'When the period of 30 days ends; NULL: never.';
COMMENT ON COLUMN public.ai_tokens.reserved IS 'Tokens held by open reservations.';
COMMENT ON COLUMN public.ai_tokens.purchased IS 'The part of the balance that was bought: it survives resets, and is spent after the plan''s part.';
COMMENT ON COLUMN public.ai_tokens.ledger_balance IS 'The balance that the ledger accounts for. Where an administrator changed balance by hand, the difference becomes an adjustment.';
COMMENT ON COLUMN public.ai_tokens.ledger_sequence IS 'Number of the last movement of this balance.';
