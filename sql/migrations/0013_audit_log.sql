-- The audit log: who changed what, and how it was before.

COMMENT ON ROLE tollgate_reporter IS 'Owns the functions that report on all organizations: may read what administrators list and look up. Nobody logs in as it.';

SET LOCAL ROLE tollgate_owner;

CREATE TABLE tollgate.audit_log (
  organization_id uuid NOT NULL,
  id uuid NOT NULL,
  number bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  actor_kind text NOT NULL,
  actor_id text,
  hint text,
  database_role text NOT NULL,
  change text NOT NULL,
  subject text NOT NULL,
  before jsonb,
  after jsonb,
  request_id text,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT "a change is recorded once" PRIMARY KEY (organization_id, id),
  CONSTRAINT "an actor is a user, key, service, payments or a database role"
    CHECK (actor_kind IN ('user', 'key', 'service', 'payments', 'database')),
  CONSTRAINT "whoever is no service is known by name"
    CHECK (actor_kind = 'service' OR actor_id IS NOT NULL),
  CONSTRAINT "a change is a noun, a dot and a verb" CHECK (change ~ '^[a-z][a-z_]{0,62}[.][a-z][a-z_]{0,62}$'),
  CONSTRAINT "what is said of an actor is short"
    CHECK (length(actor_id) BETWEEN 1 AND 255 AND length(hint) <= 255 AND length(request_id) <= 255),
  CONSTRAINT "a change has a subject of at most 500 characters" CHECK (length(subject) BETWEEN 1 AND 500),
  CONSTRAINT "before and after are objects"
    CHECK (jsonb_typeof(before) = 'object' AND jsonb_typeof(after) = 'object')
);
COMMENT ON TABLE tollgate.audit_log IS 'Every change by an administrator, once, in the transaction that made it. Rows are only ever added.';
COMMENT ON COLUMN tollgate.audit_log.organization_id IS 'Whose it is that was changed; the nil UUID: the catalogue, or the service itself.';
COMMENT ON COLUMN tollgate.audit_log.id IS 'A UUID of version 7: later changes have greater ids.';
COMMENT ON COLUMN tollgate.audit_log.number IS 'Counts changes as they are recorded: of two changes of a row the later one has the greater number, whatever the clock did.';
COMMENT ON COLUMN tollgate.audit_log.actor_kind IS 'user, key or service: what the server was asked by; payments: the payment provider, by an event; database: a session of psql, of the command line or of Tollgate itself.';
COMMENT ON COLUMN tollgate.audit_log.actor_id IS 'The user''s or key''s id; of database the role that logged in; of service the sub of its token, NULL where it names nobody; of payments the provider''s name.';
COMMENT ON COLUMN tollgate.audit_log.hint IS 'Whom the command line was run by, as the operating system named them: whoever runs it can say otherwise. tollgate migrate up: it was there when the log began.';
COMMENT ON COLUMN tollgate.audit_log.database_role IS 'As whom the session logged in, whatever the server said of the actor.';
COMMENT ON COLUMN tollgate.audit_log.change IS 'What was done, as organization.update.';
COMMENT ON COLUMN tollgate.audit_log.subject IS 'The id or name of what was changed.';
COMMENT ON COLUMN tollgate.audit_log.before IS 'How it was, without secrets; NULL: it was not there.';
COMMENT ON COLUMN tollgate.audit_log.after IS 'How it became, without secrets; NULL: it is gone.';
COMMENT ON COLUMN tollgate.audit_log.request_id IS 'X-Request-Id of the request that asked for it.';

-- Readers ask for the newest of all, of an actor, or of a kind of change.
CREATE INDEX audit_log_id ON tollgate.audit_log (id);
CREATE INDEX audit_log_actor_id ON tollgate.audit_log (actor_id, id);
CREATE INDEX audit_log_change ON tollgate.audit_log (change, id);
CREATE INDEX audit_log_subject ON tollgate.audit_log (organization_id, subject, id);

ALTER TABLE tollgate.audit_log ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON tollgate.audit_log FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON tollgate.audit_log TO service_role, tollgate_reporter;

-- What administrators list, of every organization: by name or email from its beginning, and the newest first.
GRANT SELECT (plan, status) ON public.organizations TO tollgate_reporter;
GRANT SELECT (id, organization_id, email, role, created_at) ON public.user_profiles TO tollgate_reporter;
GRANT SELECT (organization_id, token_type, balance, reserved, total_allocated, total_used)
  ON public.ai_tokens TO tollgate_reporter;
GRANT SELECT ON tollgate.token_types TO tollgate_reporter;
CREATE INDEX organizations_name ON public.organizations ((lower(name) COLLATE "C"), id);
CREATE INDEX organizations_created_at ON public.organizations (created_at, id);
CREATE INDEX user_profiles_email ON public.user_profiles ((lower(email) COLLATE "C"), id);
CREATE INDEX user_profiles_created_at ON public.user_profiles (created_at, id);
