-- What a payment provider tells: events that count once, whom customers are, what packs they buy, which invoices they owe.
-- And what shows that a vault key is the one that its id stands for, and how much content an organization has stored.

SET LOCAL ROLE tollgate_owner;

ALTER TABLE public.organizations ADD COLUMN payment_hold boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN public.organizations.payment_hold IS 'Whether a failed payment suspended it, and nobody else: payment lifts that. An administrator''s suspension is not one.';

CREATE TABLE tollgate.payment_packs (
  pack text COLLATE "C" NOT NULL,
  token_type text NOT NULL,
  tokens bigint NOT NULL,
  price_minor bigint,
  currency text,
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT "a pack that is sold has one row" PRIMARY KEY (pack),
  CONSTRAINT "a sold pack's token type exists" FOREIGN KEY (token_type) REFERENCES tollgate.token_types (token_type),
  CONSTRAINT "a pack's name is 1 to 255 printable ASCII characters" CHECK (pack ~ '^[\x21-\x7E]{1,255}$'),
  CONSTRAINT "a sold pack has 1 to 10^15 tokens" CHECK (tokens BETWEEN 1 AND 1000000000000000),
  CONSTRAINT "a price is 1 to 10^12 of its currency's smallest unit, or none"
    CHECK (price_minor BETWEEN 1 AND 1000000000000 AND (price_minor IS NULL) = (currency IS NULL)),
  CONSTRAINT "a currency is three lower-case letters" CHECK (currency ~ '^[a-z]{3}$')
);
COMMENT ON TABLE tollgate.payment_packs IS 'What a paid checkout may buy, the same for all tenants. A checkout names a pack and never its tokens.';
COMMENT ON COLUMN tollgate.payment_packs.pack IS 'What a checkout names it by: a name of one''s own, or an id of the provider''s, such as a payment link''s or a price''s.';
COMMENT ON COLUMN tollgate.payment_packs.price_minor IS 'What a checkout has to come to at the least, in the currency''s smallest unit, before discounts and with taxes; NULL: not looked at.';
REVOKE ALL ON tollgate.payment_packs FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON tollgate.payment_packs TO service_role;
INSERT INTO tollgate.payment_packs (pack, token_type, tokens)
VALUES
  ('tokens_500', 'general', 500),
  ('tokens_2000', 'general', 2000);

CREATE TABLE tollgate.payment_events (
  event_id text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  happened_at timestamptz NOT NULL,
  is_live boolean NOT NULL,
  api_version text,
  customer_id text COLLATE "C",
  facts jsonb NOT NULL,
  outcome text NOT NULL DEFAULT 'received',
  received_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT "an event counts once" PRIMARY KEY (event_id),
  CONSTRAINT "an event id is 1 to 255 printable ASCII characters" CHECK (event_id ~ '^[\x21-\x7E]{1,255}$'),
  CONSTRAINT "an event's facts are an object of at most 8 KiB"
    CHECK (jsonb_typeof(facts) = 'object' AND octet_length(facts::text) <= 8192),
  CONSTRAINT "an event has an outcome" CHECK (outcome IN (
    'received', 'topped_up', 'topped_up_before', 'suspended', 'restored', 'noted',
    'unknown_organization', 'unknown_customer', 'unknown_pack', 'price_mismatch', 'amount_out_of_range',
    'unused_type', 'other_mode', 'other_account', 'not_paid', 'no_pack', 'incomplete', 'payment_conflict'))
);
COMMENT ON TABLE tollgate.payment_events IS 'Every event of the payment provider, for ever: whatever is told twice counts once. It is nobody''s until its outcome says whose, and nobody but the owner and trusted servers reads it.';
COMMENT ON COLUMN tollgate.payment_events.happened_at IS 'When it was made, by the provider''s clock, to the second.';
COMMENT ON COLUMN tollgate.payment_events.facts IS 'The few members that are looked at, without names, addresses and e-mails.';
COMMENT ON COLUMN tollgate.payment_events.outcome IS 'What became of it. unknown_…, price_mismatch, amount_out_of_range and other_mode wait: told again it is looked at again, and unknown_customer and unknown_organization once the customer is known.';
ALTER TABLE tollgate.payment_events ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON tollgate.payment_events FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON tollgate.payment_events TO service_role;
CREATE INDEX payment_events_waiting ON tollgate.payment_events (customer_id)
  WHERE outcome IN ('unknown_customer', 'unknown_organization');

CREATE TABLE tollgate.payment_customers (
  organization_id uuid NOT NULL,
  customer_id text COLLATE "C" NOT NULL,
  event_id text COLLATE "C",
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT "a customer is an organization's once" PRIMARY KEY (organization_id, customer_id),
  CONSTRAINT "a customer's organization exists" FOREIGN KEY (organization_id) REFERENCES public.organizations (id),
  CONSTRAINT "a customer id is 1 to 255 printable ASCII characters" CHECK (customer_id ~ '^[\x21-\x7E]{1,255}$')
);
COMMENT ON TABLE tollgate.payment_customers IS 'Which customers of the payment provider an organization is. A customer is one organization''s alone.';
COMMENT ON COLUMN tollgate.payment_customers.event_id IS 'The checkout that said so; NULL: an administrator did.';
ALTER TABLE tollgate.payment_customers ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON tollgate.payment_customers FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON tollgate.payment_customers TO authenticated, service_role;
-- Not unique, so that it tells tenants nothing of each other: tollgate.lock_customer() sees to it.
CREATE INDEX payment_customers_customer_id ON tollgate.payment_customers (customer_id);

CREATE TABLE tollgate.payment_invoices (
  organization_id uuid NOT NULL,
  invoice_id text COLLATE "C" NOT NULL,
  customer_id text COLLATE "C" NOT NULL,
  state text NOT NULL,
  stated_at timestamptz NOT NULL,
  event_id text COLLATE "C" NOT NULL,
  CONSTRAINT "an invoice has one row" PRIMARY KEY (organization_id, invoice_id),
  CONSTRAINT "an invoice's organization exists" FOREIGN KEY (organization_id) REFERENCES public.organizations (id),
  CONSTRAINT "an invoice is failed, settled or waived" CHECK (state IN ('failed', 'settled', 'waived'))
);
COMMENT ON TABLE tollgate.payment_invoices IS 'What the payment provider said last of each invoice. An organization with a failed one is suspended.';
COMMENT ON COLUMN tollgate.payment_invoices.state IS 'failed: a payment of it failed; settled: it is paid, or void; waived: an administrator let the organization go on without it.';
COMMENT ON COLUMN tollgate.payment_invoices.stated_at IS 'When the provider made the event that said so: an older one changes nothing.';
COMMENT ON COLUMN tollgate.payment_invoices.event_id IS 'That event.';
ALTER TABLE tollgate.payment_invoices ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON tollgate.payment_invoices FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON tollgate.payment_invoices TO authenticated, service_role;

CREATE TABLE tollgate.vault_keys (
  key_id text COLLATE "C" NOT NULL,
  sealed bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT "a vault key's id has one row" PRIMARY KEY (key_id),
  CONSTRAINT "a vault key's known value is sealed under it" CHECK (
    CASE
      WHEN octet_length(sealed) BETWEEN 32 AND 1024 THEN get_byte(sealed, 0) = 1
        AND substr(sealed, 3, get_byte(sealed, 1)) = convert_to(key_id, 'UTF8')
        AND octet_length(sealed) > 30 + get_byte(sealed, 1)
      ELSE false
    END)
);
COMMENT ON TABLE tollgate.vault_keys IS 'For each id in TOLLGATE_VAULT_KEYS that any server ever had, a known value, sealed under its key: a key that does not open it is another key.';
COMMENT ON COLUMN tollgate.vault_keys.sealed IS 'Sealed, as in tollgate.credentials; what is in it is no secret.';
REVOKE ALL ON tollgate.vault_keys FROM PUBLIC, anon, authenticated, service_role;

ALTER TABLE tollgate.content_budgets
  ADD COLUMN stored_bytes bigint CONSTRAINT "content has bytes from 0 on" CHECK (stored_bytes >= 0);
ALTER TABLE tollgate.content_budgets ALTER COLUMN stored_bytes SET DEFAULT 0;
COMMENT ON COLUMN tollgate.content_budgets.stored_bytes IS 'Bytes of the texts of all its attributes, active or not; at most 16 MiB. NULL: not counted yet, which the next change does.';
