-- Alerts: rules that balances are held against, webhooks, and what is to be delivered to whom.
--
-- A rule or webhook of all organizations has the nil UUID for its organization, as API keys of the service do.

SET LOCAL ROLE tollgate_owner;

ALTER TABLE tollgate.events
  DROP CONSTRAINT "an event is of a known kind",
  ADD CONSTRAINT "an event is of a known kind"
    CHECK (kind IN ('threshold_crossed', 'top_up_requested', 'limit_exceeded', 'plan_changed', 'organization_suspended',
      'organization_resumed', 'content_threshold_crossed', 'content_deactivated', 'content_reset', 'alert_raised',
      'alert_recovered', 'webhook_test'));
COMMENT ON COLUMN tollgate.events.organization_id IS 'Whose it is; the nil UUID: nobody''s, a test of a webhook for all.';
-- For who lists all organizations' alerts. There are few events.
CREATE INDEX events_of_alerts ON tollgate.events (event_id)
  WHERE kind IN ('alert_raised', 'alert_recovered', 'threshold_crossed', 'content_threshold_crossed');

CREATE TABLE tollgate.event_queue (
  organization_id uuid NOT NULL,
  event_id uuid NOT NULL,
  queued_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT "an event waits once" PRIMARY KEY (organization_id, event_id),
  CONSTRAINT "an event that waits exists" FOREIGN KEY (organization_id, event_id)
    REFERENCES tollgate.events (organization_id, event_id)
);
CREATE INDEX event_queue_event_id ON tollgate.event_queue (event_id);
COMMENT ON TABLE tollgate.event_queue IS 'Events that nobody has looked for receivers of yet. Written with the event, deleted with the writing of its deliveries.';

CREATE TABLE tollgate.alerts (
  organization_id uuid NOT NULL,
  alert_id uuid NOT NULL,
  token_type text,
  condition text NOT NULL,
  threshold bigint NOT NULL,
  email text[] NOT NULL DEFAULT '{}',
  active boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT "an alert has one row" PRIMARY KEY (organization_id, alert_id),
  CONSTRAINT "an alert is about a token type" FOREIGN KEY (token_type) REFERENCES tollgate.token_types (token_type),
  CONSTRAINT "an alert has a threshold that its condition can have" CHECK (
    CASE condition
      WHEN 'available_below' THEN threshold BETWEEN 1 AND 1000000000000000
      WHEN 'percent_left_below' THEN threshold BETWEEN 1 AND 100
      WHEN 'runs_out_within_hours' THEN threshold BETWEEN 1 AND 8760
      WHEN 'tokens_per_hour_above' THEN threshold BETWEEN 0 AND 1000000000000000
      ELSE false
    END),
  CONSTRAINT "an alert is sent to at most 10 addresses" CHECK (cardinality(email) <= 10),
  CONSTRAINT "an address is a plain one"
    CHECK (array_to_string(email, ' ', '-') ~ '^([A-Za-z0-9.!#$%&''*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}([.][A-Za-z0-9-]{1,63})*( |$))*$'
      AND cardinality(email) = cardinality(string_to_array(array_to_string(email, ' ', '-'), ' '))
      AND array_to_string(email, ' ', '-') !~ ' $'),
  CONSTRAINT "an address has at most 254 bytes" CHECK (array_to_string(email, ' ', '-') !~ '[^ ]{255}')
);
CREATE INDEX alerts_alert_id ON tollgate.alerts (alert_id);
CREATE INDEX alerts_token_type ON tollgate.alerts (token_type);
COMMENT ON TABLE tollgate.alerts IS 'Rules that balances are held against. When the condition of one begins to hold, and when it ends, an event is written.';
COMMENT ON COLUMN tollgate.alerts.organization_id IS 'Whose balances; the nil UUID: everybody''s.';
COMMENT ON COLUMN tollgate.alerts.token_type IS 'NULL: each token type for itself.';
COMMENT ON COLUMN tollgate.alerts.threshold IS 'available_below: tokens; percent_left_below: percent of the allocation; runs_out_within_hours: hours; tokens_per_hour_above: tokens in an hour.';
COMMENT ON COLUMN tollgate.alerts.email IS 'Addresses that the alert is also sent to.';

CREATE TABLE tollgate.alert_states (
  organization_id uuid NOT NULL,
  alert_id uuid NOT NULL,
  condition text NOT NULL,
  token_type text NOT NULL,
  threshold bigint NOT NULL,
  is_raised boolean NOT NULL,
  edges bigint NOT NULL,
  told_at timestamptz NOT NULL,
  CONSTRAINT "an alert has one state for a balance" PRIMARY KEY (organization_id, alert_id, condition, token_type),
  CONSTRAINT "an alert is raised by an odd edge and recovers by an even one" CHECK (is_raised = (edges % 2 = 1) AND edges > 0)
);
CREATE INDEX alert_states_raised ON tollgate.alert_states (organization_id) WHERE is_raised;
COMMENT ON TABLE tollgate.alert_states IS 'How conditions were when it was last looked, of those that have ever held.';
COMMENT ON COLUMN tollgate.alert_states.edges IS 'Counts the events that this gave: the first is the first raise, the second the end of that. Whatever clocks do, they are told in turn.';
COMMENT ON COLUMN tollgate.alert_states.told_at IS 'When the last of them was told: the next one is told a minute later at the earliest.';
COMMENT ON COLUMN tollgate.alert_states.organization_id IS 'Whose balance it is, also where the rule is one for all.';
COMMENT ON COLUMN tollgate.alert_states.threshold IS 'The rule''s, in its condition''s unit, when the alert was last raised.';

CREATE TABLE tollgate.alert_walks (
  walk text NOT NULL,
  conditions text[] NOT NULL,
  pause interval NOT NULL,
  behind_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
  begun_at timestamptz NOT NULL DEFAULT '-infinity',
  CONSTRAINT "a walk has one row" PRIMARY KEY (walk)
);
INSERT INTO tollgate.alert_walks (walk, conditions, pause)
VALUES ('balances', '{available_below,percent_left_below}', '0'),
  ('rates', '{runs_out_within_hours,tokens_per_hour_above}', '1 minute')
ON CONFLICT DO NOTHING;
COMMENT ON TABLE tollgate.alert_walks IS 'How far the rounds through all watched organizations have come. Whoever has locked a row goes on with it: one server at a time.';
COMMENT ON COLUMN tollgate.alert_walks.conditions IS 'The conditions that are looked at.';
COMMENT ON COLUMN tollgate.alert_walks.pause IS 'A round begins so long after the one before, or when that has ended.';
COMMENT ON COLUMN tollgate.alert_walks.behind_id IS 'Organizations behind this one are next; the nil UUID: a round begins.';

CREATE TABLE tollgate.webhooks (
  organization_id uuid NOT NULL,
  webhook_id uuid NOT NULL,
  url text NOT NULL,
  events text[] NOT NULL DEFAULT '{}',
  active boolean NOT NULL DEFAULT true,
  secret bytea NOT NULL,
  previous_secret bytea,
  previous_secret_ends_at timestamptz,
  disabled_reason text,
  failures integer NOT NULL DEFAULT 0,
  failing_since timestamptz,
  last_attempt_at timestamptz,
  last_delivery_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT "a webhook has one row" PRIMARY KEY (organization_id, webhook_id),
  CONSTRAINT "a webhook is called over https"
    CHECK (starts_with(url, 'https://') AND url ~ '^[\x21-\x7e]*$' AND octet_length(url) <= 2048),
  CONSTRAINT "a webhook has at most 50 events" CHECK (cardinality(events) <= 50 AND octet_length(array_to_string(events, ' ', '-')) <= 4000),
  CONSTRAINT "a webhook's secret is sealed" CHECK (
    CASE
      WHEN octet_length(secret) BETWEEN 32 AND 1024 THEN get_byte(secret, 0) = 1
        AND get_byte(secret, 1) BETWEEN 1 AND 32
        AND octet_length(secret) > 30 + get_byte(secret, 1)
      ELSE false
    END),
  CONSTRAINT "a webhook's previous secret is sealed" CHECK (
    CASE
      WHEN previous_secret IS NULL THEN true
      WHEN octet_length(previous_secret) BETWEEN 32 AND 1024 THEN get_byte(previous_secret, 0) = 1
        AND get_byte(previous_secret, 1) BETWEEN 1 AND 32
        AND octet_length(previous_secret) > 30 + get_byte(previous_secret, 1)
      ELSE false
    END),
  CONSTRAINT "a webhook's previous secret has an end"
    CHECK ((previous_secret IS NULL) = (previous_secret_ends_at IS NULL) AND isfinite(previous_secret_ends_at) IS NOT FALSE)
) WITH (fillfactor = 70);
CREATE INDEX webhooks_webhook_id ON tollgate.webhooks (webhook_id);
COMMENT ON TABLE tollgate.webhooks IS 'Who is told about events over HTTPS. Nobody but the owner may read secrets.';
COMMENT ON COLUMN tollgate.webhooks.organization_id IS 'Whose events; the nil UUID: everybody''s.';
COMMENT ON COLUMN tollgate.webhooks.events IS 'Types of events (tollgate.event_type); empty: all.';
COMMENT ON COLUMN tollgate.webhooks.secret IS 'Sealed: what deliveries are signed with.';
COMMENT ON COLUMN tollgate.webhooks.previous_secret IS 'Sealed: deliveries are signed with it, too, until previous_secret_ends_at.';
COMMENT ON COLUMN tollgate.webhooks.disabled_reason IS 'gone: the receiver said so (410); NULL: nobody but an administrator made it inactive.';
COMMENT ON COLUMN tollgate.webhooks.failures IS 'Attempts that failed since one succeeded.';
COMMENT ON COLUMN tollgate.webhooks.failing_since IS 'When the first of them failed; NULL: the last one succeeded.';
COMMENT ON COLUMN tollgate.webhooks.last_attempt_at IS 'When an attempt last ended, whatever became of it: who has waited longest is next. NULL: none has.';

CREATE TABLE tollgate.deliveries (
  organization_id uuid NOT NULL,
  delivery_id uuid NOT NULL,
  channel text NOT NULL,
  receiver_id uuid NOT NULL,
  address text,
  event_organization_id uuid NOT NULL,
  event_id uuid NOT NULL,
  line_id uuid GENERATED ALWAYS AS (
    CASE
      WHEN channel = 'email' THEN '00000000-0000-0000-0000-000000000000'::uuid
      WHEN organization_id = '00000000-0000-0000-0000-000000000000' THEN receiver_id
    END
  ) STORED,
  status text NOT NULL DEFAULT 'pending',
  attempts integer NOT NULL DEFAULT 0,
  lease_id uuid,
  next_attempt_at timestamptz,
  attempted_at timestamptz,
  last_status integer,
  last_error text,
  history jsonb NOT NULL DEFAULT '[]',
  created_at timestamptz NOT NULL DEFAULT now(),
  pending_since timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  CONSTRAINT "a delivery has one row" PRIMARY KEY (organization_id, delivery_id),
  CONSTRAINT "a delivery goes to a webhook or an address"
    CHECK (CASE channel WHEN 'webhook' THEN address IS NULL WHEN 'email' THEN address IS NOT NULL ELSE false END),
  CONSTRAINT "a delivery is pending, delivered or dead" CHECK (status IN ('pending', 'delivered', 'dead')),
  CONSTRAINT "a pending delivery has a next attempt, any other an end"
    CHECK ((status = 'pending') = (next_attempt_at IS NOT NULL) AND (status = 'pending') = (finished_at IS NULL))
) WITH (fillfactor = 70);
CREATE INDEX deliveries_of_receiver ON tollgate.deliveries (organization_id, receiver_id, delivery_id);
CREATE INDEX deliveries_pending ON tollgate.deliveries (organization_id, receiver_id, next_attempt_at) WHERE status = 'pending';
CREATE INDEX deliveries_due_of_line ON tollgate.deliveries (line_id, next_attempt_at)
  WHERE status = 'pending' AND line_id IS NOT NULL;
CREATE INDEX deliveries_turns_of_line ON tollgate.deliveries (line_id, event_organization_id, next_attempt_at)
  WHERE status = 'pending' AND line_id IS NOT NULL;
CREATE INDEX deliveries_attempts_of_line ON tollgate.deliveries (line_id, attempted_at) WHERE line_id IS NOT NULL;
CREATE INDEX deliveries_finished_at ON tollgate.deliveries (finished_at) WHERE status <> 'pending';
COMMENT ON TABLE tollgate.deliveries IS 'An event on its way to a receiver. Kept for 30 days after its end.';
COMMENT ON COLUMN tollgate.deliveries.organization_id IS 'Whose the webhook or the rule is; the nil UUID: one for all.';
COMMENT ON COLUMN tollgate.deliveries.receiver_id IS 'The webhook, or the rule that names the address.';
COMMENT ON COLUMN tollgate.deliveries.event_organization_id IS 'Whose event it is.';
COMMENT ON COLUMN tollgate.deliveries.line_id IS 'In which line the events'' organizations take turns: the webhook for all, or the nil UUID of all email; NULL: of a webhook that is one organization''s.';
COMMENT ON COLUMN tollgate.deliveries.status IS 'pending; delivered; dead: it is not tried again unless somebody asks for that.';
COMMENT ON COLUMN tollgate.deliveries.attempts IS 'Begun since it was last made pending.';
COMMENT ON COLUMN tollgate.deliveries.lease_id IS 'Whoever makes the present attempt, or made the last one.';
COMMENT ON COLUMN tollgate.deliveries.next_attempt_at IS 'From then on somebody tries. Of an attempt under way: when it counts as lost.';
COMMENT ON COLUMN tollgate.deliveries.attempted_at IS 'When the last attempt began; NULL: none has.';
COMMENT ON COLUMN tollgate.deliveries.last_status IS 'What the last attempt was answered: a status code of HTTP or SMTP; NULL: there was no answer.';
COMMENT ON COLUMN tollgate.deliveries.last_error IS 'Why the last attempt failed; NULL: it did not.';
COMMENT ON COLUMN tollgate.deliveries.history IS 'The last 20 attempts: when each ended, its status, error and milliseconds.';
COMMENT ON COLUMN tollgate.event_queue.queued_at IS 'By the database''s clock, whatever moment was injected.';
COMMENT ON COLUMN tollgate.deliveries.pending_since IS 'When it was made, or somebody asked for it again, by the database''s clock, whatever moment was injected.';

-- Row-level security as for the others; policies are in sql/policies.
DO $$
DECLARE
  tenant_table regclass;
BEGIN
  FOREACH tenant_table IN ARRAY ARRAY[
    'tollgate.event_queue', 'tollgate.alerts', 'tollgate.alert_states', 'tollgate.webhooks', 'tollgate.deliveries'
  ]::regclass[]
  LOOP
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('REVOKE ALL ON %s FROM PUBLIC, anon, authenticated, service_role', tenant_table);
  END LOOP;
END
$$;
REVOKE ALL ON tollgate.alert_walks FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON tollgate.alerts, tollgate.alert_states, tollgate.deliveries TO service_role;
GRANT SELECT
    (organization_id, webhook_id, url, events, active, previous_secret_ends_at, disabled_reason, failures, failing_since,
     last_attempt_at, last_delivery_at, created_at, updated_at)
  ON tollgate.webhooks TO service_role;
