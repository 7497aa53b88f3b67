CREATE SCHEMA auth;

ALTER SCHEMA auth OWNER TO administrator;

CREATE SCHEMA public;

ALTER SCHEMA public OWNER TO pg_database_owner;

COMMENT ON SCHEMA public IS 'standard public schema';

CREATE SCHEMA tollgate;

ALTER SCHEMA tollgate OWNER TO tollgate_owner;

COMMENT ON SCHEMA tollgate IS 'Tollgate: the rules of settlement, its own tables, and views for operators.';

CREATE TABLE public.ai_tokens (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    organization_id uuid NOT NULL,
    token_type text NOT NULL,
    balance bigint DEFAULT 0 NOT NULL,
    total_allocated bigint DEFAULT 0 NOT NULL,
    total_used bigint DEFAULT 0 NOT NULL,
    refresh_date timestamp with time zone,
    last_used_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    reserved bigint DEFAULT 0 NOT NULL,
    purchased bigint DEFAULT 0 NOT NULL,
    ledger_balance bigint DEFAULT 0 NOT NULL,
    ledger_sequence bigint DEFAULT 0 NOT NULL,
    overdraft bigint DEFAULT 0 NOT NULL,
    announced smallint DEFAULT 0 NOT NULL,
    request_below bigint,
    due_at timestamp with time zone,
    period_anchor timestamp with time zone,
    refilled_at timestamp with time zone,
    purchased_sequence bigint DEFAULT 0 NOT NULL,
    CONSTRAINT "a balance is never below its overdraft" CHECK ((balance >= (- overdraft))),
    CONSTRAINT "a period ends at some time" CHECK (isfinite(refresh_date)),
    CONSTRAINT "counts of tokens are between 0 and 10^18" CHECK (((LEAST(total_allocated, total_used, reserved, purchased, overdraft, ledger_sequence, (announced)::bigint) >= 0) AND (GREATEST(balance, total_allocated, total_used, reserved, purchased, overdraft) <= '1000000000000000000'::bigint)))
)
WITH (fillfactor='60');

ALTER TABLE ONLY public.ai_tokens FORCE ROW LEVEL SECURITY;

ALTER TABLE public.ai_tokens OWNER TO tollgate_owner;

COMMENT ON TABLE public.ai_tokens IS 'Balances: one row per organization and token type.';

COMMENT ON COLUMN public.ai_tokens.balance IS 'Tokens left, reserved ones included. As of the last movement: a reset that has fallen due since is applied by the next one.';

COMMENT ON COLUMN public.ai_tokens.total_allocated IS 'Tokens that the plan granted for this period.';

COMMENT ON COLUMN public.ai_tokens.total_used IS 'Tokens deducted in this period.';

COMMENT ON COLUMN public.ai_tokens.refresh_date IS 'When the period of 30 days ends; NULL: never.';

COMMENT ON COLUMN public.ai_tokens.reserved IS 'Tokens held by open reservations.';

COMMENT ON COLUMN public.ai_tokens.purchased IS 'The part of the balance that was bought: it survives resets, and is spent after the plan''s part.';

COMMENT ON COLUMN public.ai_tokens.ledger_balance IS 'The balance that the ledger accounts for. Where an administrator changed balance by hand, the difference becomes an adjustment.';

COMMENT ON COLUMN public.ai_tokens.ledger_sequence IS 'Number of the last movement of this balance.';

COMMENT ON COLUMN public.ai_tokens.overdraft IS 'Tokens that may be spent below 0.';

COMMENT ON COLUMN public.ai_tokens.announced IS 'The worst state that this period began with or wrote an event for: 0 safe, 1 warning, 2 critical, 3 exhausted.';

COMMENT ON COLUMN public.ai_tokens.request_below IS 'Tokens: with fewer available an automatic top-up is requested; NULL: not now.';

COMMENT ON COLUMN public.ai_tokens.due_at IS 'When something but the reset falls due: a pack or a reservation expires, an automatic top-up may be requested again; a bucket is always due. NULL: nothing.';

COMMENT ON COLUMN public.ai_tokens.period_anchor IS 'Where anchored months and quarters are counted from.';

COMMENT ON COLUMN public.ai_tokens.refilled_at IS 'The time up to which a bucket was refilled.';

COMMENT ON COLUMN public.ai_tokens.purchased_sequence IS 'The movement up to which its packs say what remains of them: what they have beyond purchased was spent since, from those that expire first.';

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
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    subject_id uuid,
    price_version integer,
    CONSTRAINT "a ledger entry is of a known kind" CHECK ((kind = ANY (ARRAY['allocation'::text, 'reset'::text, 'adjustment'::text, 'refusal'::text, 'refund'::text, 'top_up'::text, 'expiry'::text, 'reservation'::text, 'release'::text]))),
    CONSTRAINT "a ledger entry moves what it says" CHECK (((balance_after - balance_before) = amount)),
    CONSTRAINT "a refusal moves nothing and has no place in the chain" CHECK (
CASE
    WHEN (kind = 'refusal'::text) THEN ((amount = 0) AND (sequence IS NULL))
    ELSE (sequence IS NOT NULL)
END)
)
PARTITION BY RANGE (created_at);

ALTER TABLE ONLY tollgate.ledger_entries FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.ledger_entries OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.ledger_entries IS 'Movements of balances other than uses, and refusals. With ai_token_usage_log it makes the view tollgate.ledger.';

COMMENT ON COLUMN tollgate.ledger_entries.amount IS 'Tokens; positive: the balance grew.';

COMMENT ON COLUMN tollgate.ledger_entries.reason IS 'Of a refusal the limit that bound: insufficient_tokens, critical_balance, not_on_plan, organization_suspended, refilling or limit_reached. Of another movement its cause.';

COMMENT ON COLUMN tollgate.ledger_entries.required IS 'Tokens that a refusal was about, or a reservation holds or lets go.';

COMMENT ON COLUMN tollgate.ledger_entries.subject_id IS 'What it is about: of a refund the charge, of a reservation or release the reservation, of a top-up or expiry the pack.';

CREATE TABLE tollgate.refunds (
    organization_id uuid NOT NULL,
    refund_id uuid NOT NULL,
    transaction_id uuid NOT NULL,
    amount bigint NOT NULL,
    to_purchased bigint NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT "a refund gives back 1 token or more" CHECK (((amount > 0) AND ((to_purchased >= 0) AND (to_purchased <= amount))))
);

ALTER TABLE ONLY tollgate.refunds FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.refunds OWNER TO tollgate_owner;

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
    captured bigint DEFAULT 0 NOT NULL,
    status text DEFAULT 'open'::text NOT NULL,
    transaction_id uuid,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT "a reservation holds 0 or more tokens" CHECK (((amount >= 0) AND (captured >= 0))),
    CONSTRAINT "a reservation is open, captured, released or expired" CHECK ((status = ANY (ARRAY['open'::text, 'captured'::text, 'released'::text, 'expired'::text]))),
    CONSTRAINT "what is finished has its time" CHECK (((status = 'open'::text) = (finished_at IS NULL)))
);

ALTER TABLE ONLY tollgate.reservations FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.reservations OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.reservations IS 'Tokens held for work that is not done yet. Changed only by who has locked the balance.';

COMMENT ON COLUMN tollgate.reservations.amount IS 'Tokens held while it is open.';

COMMENT ON COLUMN tollgate.reservations.captured IS 'Tokens charged in the end, more or less than were held.';

COMMENT ON COLUMN tollgate.reservations.transaction_id IS 'The charge of a captured one.';

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
	created_at timestamp with time zone,
	reservation tollgate.reservations,
	refund tollgate.refunds
);

ALTER TYPE tollgate.applied OWNER TO tollgate_owner;

COMMENT ON TYPE tollgate.applied IS 'What an operation came to: the outcome, the balance, reservation and refund as they have to be written, the ledger''s row of it. Where the rest is NULL it is what was asked for.';

CREATE TYPE tollgate.cache_answer AS (
	outcome text,
	value json,
	lease_id uuid,
	remaining bigint,
	lease_ends_at timestamp with time zone,
	retry_after_seconds bigint,
	reason text,
	lease_milliseconds bigint,
	wait_seconds integer,
	replayed boolean
);

ALTER TYPE tollgate.cache_answer OWNER TO tollgate_owner;

COMMENT ON TYPE tollgate.cache_answer IS 'What a cache says to a key: hit (value), miss (lease_id, remaining calls of the day, lease_ends_at, in lease_milliseconds), wait (somebody else''s lease_id, which has lease_milliseconds left; wait_seconds as configured), fallback (value, reason, retry_after_seconds where waiting helps), or why there is no answer: forbidden, unknown_organization, unknown_cache, invalid_decision_key, idempotency_key_reused.';

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

ALTER TYPE tollgate.content_decision OWNER TO tollgate_owner;

COMMENT ON TYPE tollgate.content_decision IS 'What was decided about a change of content, in tokens. outcome: success, budget_exceeded, forbidden, unknown_organization, unknown_attribute, too_many_attributes or idempotency_key_reused. deactivate: what to deactivate so that it fits, as [{"id", "tokens"}].';

CREATE TYPE tollgate.refundable AS (
	id uuid,
	feature text,
	cost bigint,
	from_purchased bigint,
	refunded bigint,
	refunded_to_purchased bigint
);

ALTER TYPE tollgate.refundable OWNER TO tollgate_owner;

COMMENT ON TYPE tollgate.refundable IS 'A charge with what was given back of it so far.';

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
	created_at timestamp with time zone,
	replayed boolean,
	details jsonb
);

ALTER TYPE tollgate.settlement OWNER TO tollgate_owner;

COMMENT ON TYPE tollgate.settlement IS 'What was decided about one item of a batch. docs/settlement.md lists the outcomes; details is what the answer says besides.';

CREATE TYPE tollgate.unrolled_sum AS (
	organization_id uuid,
	token_type text,
	hour timestamp with time zone,
	feature_used text,
	user_id uuid,
	is_pending boolean,
	entries bigint,
	uses bigint,
	tokens bigint,
	refusals bigint,
	change bigint,
	refunded bigint,
	first_used_at timestamp with time zone,
	last_sequence bigint,
	balance bigint,
	reaches timestamp with time zone,
	is_cut boolean,
	goes_on_at timestamp with time zone
);

ALTER TYPE tollgate.unrolled_sum OWNER TO tollgate_owner;

COMMENT ON TYPE tollgate.unrolled_sum IS 'Rows of the ledger that are not in the roll-ups, of one hour (UTC), token type, feature (empty: none) and user (nil: nobody): either movements of a balance, or rows without a place in a chain, of which change, first_used_at, last_sequence and balance are NULL. tokens: what the uses deducted; change: what all of them changed the balance by, to balance after the last one; refunded: what refunds among them gave back. is_pending: they wait for the seal. reaches: rows of the organization without a place in a chain are all here whose ids are before this. is_cut: there are more than fitted, and goes_on_at is about where to look for those.';

CREATE FUNCTION auth.uid() RETURNS uuid
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
        SELECT coalesce(
          nullif(current_setting('request.jwt.claim.sub', true), ''),
          nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'
        )::uuid
      $$;

ALTER FUNCTION auth.uid() OWNER TO administrator;

COMMENT ON FUNCTION auth.uid() IS 'The user id (`sub`) of the request''s JWT claims, or NULL.';

CREATE FUNCTION tollgate.activate_attributes(organization_id uuid, attribute_ids uuid[], idempotency_key text DEFAULT NULL::text, user_id uuid DEFAULT NULL::uuid, membership_required boolean DEFAULT false) RETURNS tollgate.content_decision
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  caller CONSTANT record := tollgate.identify_caller(activate_attributes.organization_id, activate_attributes.user_id);
  wanted CONSTANT uuid[] := ARRAY(SELECT DISTINCT named FROM unnest(attribute_ids) AS named ORDER BY named);
  request CONSTANT bigint := hash_record_extended(ROW('activate_attributes'::text, caller.user_id, wanted), 0);
  settings tollgate.content_budgets;
  remembered record;
  known_count bigint;
  inactive_count bigint;
  decision tollgate.content_decision;
BEGIN
  IF (cardinality(attribute_ids) BETWEEN 1 AND 1000 AND array_position(attribute_ids, NULL) IS NULL) IS NOT TRUE THEN
    RAISE EXCEPTION '1 to 1000 attributes are activated at once.' USING ERRCODE = 'TG400';
  END IF;
  PERFORM tollgate.admit_organizations(ARRAY[caller.organization_id]);
  decision.outcome := tollgate.may_change(caller.organization_id, caller.user_id,
    caller.membership_required OR coalesce(activate_attributes.membership_required, true));
  IF decision.outcome <> 'success' THEN
    PERFORM tollgate.admit_organizations('{}');
    RETURN decision;
  END IF;

  settings := tollgate.lock_content_budget(caller.organization_id);
  remembered := tollgate.recall_answer(caller.organization_id, activate_attributes.idempotency_key, request);
  IF remembered.outcome IS NOT NULL THEN
    decision := jsonb_populate_record(NULL::tollgate.content_decision, remembered.answer);
    decision.outcome := remembered.outcome;
    decision.is_replay := remembered.outcome = 'success';
    PERFORM tollgate.admit_organizations('{}');
    RETURN decision;
  END IF;

  SELECT count(*), count(*) FILTER (WHERE NOT kept.active),
    coalesce(sum(kept.tokens) FILTER (WHERE NOT kept.active), 0)::bigint
  INTO known_count, inactive_count, decision.tokens
  FROM tollgate.content_attributes AS kept
  WHERE kept.organization_id = caller.organization_id AND kept.attribute_id = ANY (wanted);
  decision.is_active := true;
  decision.budget := tollgate.content_budget_tokens(settings.level, settings.budget_tokens);
  decision.used := settings.active_tokens;
  decision.used_after := decision.used + decision.tokens;
  decision := tollgate.judge_content(caller.organization_id, inactive_count > 0, wanted, decision);
  IF known_count < cardinality(wanted) THEN
    decision.outcome := 'unknown_attribute';
  ELSIF decision.outcome = 'success' AND NOT tollgate.remember_answer(
    caller.organization_id, activate_attributes.idempotency_key, request, to_jsonb(decision))
  THEN
    decision.outcome := 'idempotency_key_reused';
  END IF;

  IF decision.outcome = 'success' AND inactive_count > 0 THEN
    UPDATE tollgate.content_attributes AS kept
    SET active = true,
      updated_at = tollgate.moment()
    WHERE kept.organization_id = caller.organization_id
      AND kept.attribute_id = ANY (wanted)
      AND NOT kept.active;
    settings.active_tokens := decision.used_after;
    PERFORM tollgate.write_content_budget(settings);
  END IF;
  PERFORM tollgate.admit_organizations('{}');
  RETURN decision;
END
$$;

ALTER FUNCTION tollgate.activate_attributes(organization_id uuid, attribute_ids uuid[], idempotency_key text, user_id uuid, membership_required boolean) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.activate_attributes(organization_id uuid, attribute_ids uuid[], idempotency_key text, user_id uuid, membership_required boolean) IS 'Activates attributes, all of them or, where one is unknown or they do not fit together, none. tokens are those that it adds. Under an idempotency key the same request is answered the same again. Raises TG400 for a list that is none, TG401 and TG403 as tollgate.identify_caller().';

CREATE FUNCTION tollgate.add_alert(organization_id uuid, token_type text, condition text, threshold bigint, email text[], active boolean, idempotency_key text DEFAULT NULL::text, OUT outcome text, OUT alert_id uuid, OUT created_at timestamp with time zone, OUT is_replay boolean) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $$
DECLARE
  -- Rules for all have the keys of the service.
  owner CONSTANT uuid := tollgate.owner_of_key(organization_id);
  request CONSTANT bigint := hash_record_extended(
    ROW('add_alert'::text, organization_id, token_type, condition, threshold, email, active), 0);
  remembered record;
BEGIN
  outcome := 'success';
  is_replay := false;
  IF idempotency_key IS NOT NULL THEN
    PERFORM tollgate.admit_organizations(ARRAY[owner]);
    IF organization_id IS NOT NULL AND NOT EXISTS (SELECT FROM public.organizations AS known WHERE known.id = owner) THEN
      RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
    END IF;
    PERFORM pg_advisory_xact_lock(hash_record_extended(ROW('alert key'::text, owner, idempotency_key), 0));
    remembered := tollgate.recall_answer(owner, idempotency_key, request);
    PERFORM tollgate.admit_organizations('{}');
    IF remembered.outcome IS NOT NULL THEN
      outcome := remembered.outcome;
      is_replay := outcome = 'success';
      alert_id := (remembered.answer ->> 'alertId')::uuid;
      created_at := (remembered.answer ->> 'createdAt')::timestamptz;
      RETURN;
    END IF;
  END IF;
  alert_id := tollgate.set_alert(NULL, organization_id, token_type, condition, threshold, email, active);
  created_at := tollgate.moment();
  PERFORM tollgate.admit_organizations(ARRAY[owner]);
  IF NOT tollgate.remember_answer(owner, idempotency_key, request,
    jsonb_build_object('alertId', alert_id, 'createdAt', created_at))
  THEN
    RAISE EXCEPTION 'This idempotency key was used for another request.' USING ERRCODE = 'TG423';
  END IF;
  PERFORM tollgate.admit_organizations('{}');
EXCEPTION
  -- At this moment: what was made for it is gone again.
  WHEN SQLSTATE 'TG423' THEN
    outcome := 'idempotency_key_reused';
    alert_id := NULL;
    created_at := NULL;
END
$$;

ALTER FUNCTION tollgate.add_alert(organization_id uuid, token_type text, condition text, threshold bigint, email text[], active boolean, idempotency_key text, OUT outcome text, OUT alert_id uuid, OUT created_at timestamp with time zone, OUT is_replay boolean) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.add_alert(organization_id uuid, token_type text, condition text, threshold bigint, email text[], active boolean, idempotency_key text, OUT outcome text, OUT alert_id uuid, OUT created_at timestamp with time zone, OUT is_replay boolean) IS 'Makes a rule as tollgate.set_alert() does; under an idempotency key the same request is answered the same again. outcome: success or idempotency_key_reused. Raises what that raises, and TG400 for a key that is none.';

CREATE FUNCTION tollgate.add_organization(name text, plan text, idempotency_key text DEFAULT NULL::text, OUT outcome text, OUT organization_id uuid, OUT created_at timestamp with time zone, OUT is_replay boolean) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $$
DECLARE
  -- An organization that is about to be made has no keys yet: those of the service are used.
  service CONSTANT uuid := tollgate.owner_of_key(NULL);
  request CONSTANT bigint := hash_record_extended(ROW('add_organization'::text, name, plan), 0);
  remembered record;
BEGIN
  outcome := 'success';
  is_replay := false;
  IF idempotency_key IS NOT NULL THEN
    PERFORM pg_advisory_xact_lock(hash_record_extended(ROW('service key'::text, idempotency_key), 0));
    PERFORM tollgate.admit_organizations(ARRAY[service]);
    remembered := tollgate.recall_answer(service, idempotency_key, request);
    is_replay := remembered.outcome IS NOT DISTINCT FROM 'success';
  END IF;
  IF is_replay THEN
    organization_id := (remembered.answer ->> 'organizationId')::uuid;
    created_at := (remembered.answer ->> 'createdAt')::timestamptz;
  ELSE
    organization_id := gen_random_uuid();
    created_at := now();
    IF idempotency_key IS NOT NULL AND NOT tollgate.remember_answer(service, idempotency_key, request,
      jsonb_build_object('organizationId', organization_id, 'createdAt', created_at))
    THEN
      outcome := 'idempotency_key_reused';
      organization_id := NULL;
    ELSE
      PERFORM tollgate.create_organization(name, plan, 'UTC', organization_id);
    END IF;
  END IF;
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.add_organization(name text, plan text, idempotency_key text, OUT outcome text, OUT organization_id uuid, OUT created_at timestamp with time zone, OUT is_replay boolean) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.add_organization(name text, plan text, idempotency_key text, OUT outcome text, OUT organization_id uuid, OUT created_at timestamp with time zone, OUT is_replay boolean) IS 'Makes an organization as tollgate.create_organization() does; under an idempotency key the same request is answered the same again. outcome: success or idempotency_key_reused. Raises TG400 for an unknown plan, or a key that is none.';

CREATE FUNCTION tollgate.add_tokens(INOUT token public.ai_tokens, amount bigint, to_purchased bigint, pack_id uuid, payment_id text, expires_at timestamp with time zone) RETURNS public.ai_tokens
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  IF to_purchased > 0 THEN
    token := tollgate.bring_packs_up_to_date(token);
    IF expires_at IS NULL THEN
      -- Bought tokens that come back last as long as the others.
      SELECT coalesce(max(pack.expires_at), tollgate.moment() + interval '12 months')
      INTO expires_at
      FROM tollgate.token_packs AS pack
      WHERE pack.organization_id = token.organization_id
        AND pack.token_type = token.token_type
        AND pack.expires_at > tollgate.moment();
    END IF;
    INSERT INTO tollgate.token_packs
      (organization_id, pack_id, token_type, amount, remaining, payment_id, expires_at, created_at)
    VALUES (token.organization_id, add_tokens.pack_id, token.token_type, to_purchased, to_purchased,
      add_tokens.payment_id, add_tokens.expires_at, tollgate.moment());
    token.due_at := least(token.due_at, expires_at);
  END IF;
  token.balance := token.balance + amount;
  token.ledger_balance := token.balance;
  token.ledger_sequence := token.ledger_sequence + 1;
  token.purchased := greatest(0, least(token.purchased + to_purchased, token.balance));
  -- Where the balance was below 0 a part of what came is spent already, by this movement.
  IF to_purchased > 0 THEN
    token := tollgate.bring_packs_up_to_date(token);
  END IF;
END
$$;

ALTER FUNCTION tollgate.add_tokens(INOUT token public.ai_tokens, amount bigint, to_purchased bigint, pack_id uuid, payment_id text, expires_at timestamp with time zone) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.add_tokens(INOUT token public.ai_tokens, amount bigint, to_purchased bigint, pack_id uuid, payment_id text, expires_at timestamp with time zone) IS 'Adds tokens to a balance that the caller has locked: the part that was bought as a pack, which expires at the time given, or with the last of the others.';

CREATE FUNCTION tollgate.add_user(organization_id uuid, email text DEFAULT NULL::text, role text DEFAULT 'member'::text, id uuid DEFAULT NULL::uuid, idempotency_key text DEFAULT NULL::text, OUT outcome text, OUT user_id uuid, OUT created_at timestamp with time zone, OUT is_replay boolean) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $$
DECLARE
  tenant CONSTANT uuid := organization_id;
  request CONSTANT bigint := hash_record_extended(ROW('add_user'::text, email, role, id), 0);
  remembered record;
BEGIN
  outcome := 'success';
  is_replay := false;
  IF idempotency_key IS NOT NULL THEN
    PERFORM tollgate.admit_organizations(ARRAY[tenant]);
    IF NOT EXISTS (SELECT FROM public.organizations AS known WHERE known.id = tenant) THEN
      RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
    END IF;
    PERFORM pg_advisory_xact_lock(hash_record_extended(ROW('user key'::text, tenant, idempotency_key), 0));
    remembered := tollgate.recall_answer(tenant, idempotency_key, request);
    is_replay := remembered.outcome IS NOT DISTINCT FROM 'success';
  END IF;
  IF is_replay THEN
    user_id := (remembered.answer ->> 'userId')::uuid;
    created_at := (remembered.answer ->> 'createdAt')::timestamptz;
  ELSE
    user_id := coalesce(add_user.id, gen_random_uuid());
    created_at := now();
    IF idempotency_key IS NOT NULL AND NOT tollgate.remember_answer(tenant, idempotency_key, request,
      jsonb_build_object('userId', user_id, 'createdAt', created_at))
    THEN
      outcome := 'idempotency_key_reused';
      user_id := NULL;
    ELSE
      PERFORM tollgate.make_user(tenant, email, user_id, role);
    END IF;
  END IF;
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.add_user(organization_id uuid, email text, role text, id uuid, idempotency_key text, OUT outcome text, OUT user_id uuid, OUT created_at timestamp with time zone, OUT is_replay boolean) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.add_user(organization_id uuid, email text, role text, id uuid, idempotency_key text, OUT outcome text, OUT user_id uuid, OUT created_at timestamp with time zone, OUT is_replay boolean) IS 'Makes a user a member of an organization as tollgate.create_user() does, with a role; under an idempotency key the same request is answered the same again. outcome: success or idempotency_key_reused. Raises TG400 for an unknown role, an email without a visible character or a key that is none, TG404 for an unknown organization, TG409 for a user who has one.';

CREATE FUNCTION tollgate.adjust(organization_id uuid, token_type text, amount bigint, reason text DEFAULT NULL::text, idempotency_key text DEFAULT NULL::text) RETURNS tollgate.settlement
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  IF NOT tollgate.caller_is_trusted() THEN
    RAISE EXCEPTION 'Members do not give themselves tokens.' USING ERRCODE = 'TG403';
  END IF;
  RETURN tollgate.settle_one(adjust.organization_id, NULL, NULL, NULL, idempotency_key, '{}',
    jsonb_strip_nulls(jsonb_build_object('operation', 'adjust', 'tokenType', adjust.token_type,
      'amount', adjust.amount, 'reason', adjust.reason)));
END
$$;

ALTER FUNCTION tollgate.adjust(organization_id uuid, token_type text, amount bigint, reason text, idempotency_key text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.adjust(organization_id uuid, token_type text, amount bigint, reason text, idempotency_key text) IS 'Adds tokens to a balance, or takes some with a negative amount. For trusted callers. Raised is TG422 for 0 tokens, and where too little would be left: the message says how many are available.';

CREATE FUNCTION tollgate.admit_keys(key_ids uuid[]) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT set_config('tollgate.keys', coalesce(array_agg(DISTINCT key_id)::text, ''), true)
  FROM unnest(key_ids) AS key_id
  WHERE key_id IS NOT NULL
$$;

ALTER FUNCTION tollgate.admit_keys(key_ids uuid[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.admit_keys(key_ids uuid[]) IS 'Admits the running function to exactly these API keys, whosever they are, until the transaction ends or the function admits none: as tollgate.admit_organizations(), for functions that know a key before its organization.';

CREATE FUNCTION tollgate.admit_organizations(organization_ids uuid[]) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT set_config('tollgate.organizations', coalesce(array_agg(DISTINCT organization_id)::text, ''), true)
  FROM unnest(organization_ids) AS organization_id
  WHERE organization_id IS NOT NULL
$$;

ALTER FUNCTION tollgate.admit_organizations(organization_ids uuid[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.admit_organizations(organization_ids uuid[]) IS 'Admits the running function to exactly these organizations, until the transaction ends or the function admits none. Every function that touches tenant tables calls it first, so that nothing is inherited from a caller; an exception takes it back.';

CREATE FUNCTION tollgate.admit_payments(event_ids text[], customer_ids text[]) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT
    set_config('tollgate.payment_events', coalesce(nullif(array_remove(event_ids, NULL), '{}')::text, ''), true),
    set_config('tollgate.customers', coalesce(nullif(array_remove(customer_ids, NULL), '{}')::text, ''), true)
$$;

ALTER FUNCTION tollgate.admit_payments(event_ids text[], customer_ids text[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.admit_payments(event_ids text[], customer_ids text[]) IS 'Admits the running function to exactly these events and customers of the payment provider, whosever they are, until the transaction ends or the function admits none: as tollgate.admit_organizations(), for what is known before its organization.';

CREATE FUNCTION tollgate.admit_webhook(webhook_id uuid) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  owner uuid;
BEGIN
  SELECT hook.organization_id INTO owner FROM tollgate.read_webhooks(admit_webhook.webhook_id, NULL, NULL, 1) AS hook;
  IF owner IS NULL THEN
    RAISE EXCEPTION 'There is no such webhook.' USING ERRCODE = 'TG404';
  END IF;
  PERFORM tollgate.admit_organizations(ARRAY[owner]);
  RETURN owner;
END
$$;

ALTER FUNCTION tollgate.admit_webhook(webhook_id uuid) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.admit_webhook(webhook_id uuid) IS 'Admits the running function to the organization of a webhook, and returns that. Raises TG404 for an unknown one.';

CREATE FUNCTION tollgate.alert_words(payload jsonb, organization_name text, at timestamp with time zone, OUT subject text, OUT message text) RETURNS record
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  WITH said AS (
    SELECT
      CASE payload ->> 'condition'
        WHEN 'available_below' THEN format('fewer than %s tokens available', payload ->> 'threshold')
        WHEN 'percent_left_below' THEN format('less than %s %% of the allocation left', payload ->> 'threshold')
        WHEN 'runs_out_within_hours' THEN format('tokens run out within %s hours', payload ->> 'threshold')
        WHEN 'tokens_per_hour_above' THEN format('more than %s tokens used in an hour', payload ->> 'threshold')
      END AS condition,
      format('%s of %s', payload ->> 'tokenType', organization_name) AS balance
  )
  SELECT
    format('%s: %s (%s)', CASE payload ->> 'state' WHEN 'recovered' THEN 'Recovered' ELSE 'Alert' END, said.condition,
      said.balance),
    concat_ws(E'\n',
      CASE payload ->> 'state'
        WHEN 'recovered' THEN format('No longer: %s.', said.condition)
        ELSE format('Now: %s.', said.condition)
      END,
      '',
      format('Organization: %s', organization_name),
      format('Token type: %s', payload ->> 'tokenType'),
      format('Available tokens: %s', payload ->> 'available'),
      format('Allocation of this period: %s', payload ->> 'allocated'),
      format('Value: %s (threshold: %s)', payload ->> 'value', payload ->> 'threshold'),
      format('Time: %s', tollgate.rfc3339(at)),
      '',
      format('Rule: %s', payload ->> 'alertId'))
  FROM said
$$;

ALTER FUNCTION tollgate.alert_words(payload jsonb, organization_name text, at timestamp with time zone, OUT subject text, OUT message text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.alert_words(payload jsonb, organization_name text, at timestamp with time zone, OUT subject text, OUT message text) IS 'What an alert says to people: one line, and a text.';

CREATE TABLE tollgate.plan_allocations (
    plan text NOT NULL,
    token_type text NOT NULL,
    tokens bigint NOT NULL,
    period text DEFAULT 'days'::text NOT NULL,
    period_days integer DEFAULT 30 NOT NULL,
    anchored boolean DEFAULT false NOT NULL,
    rollover_cap bigint DEFAULT 0 NOT NULL,
    refill_tokens bigint,
    refill_seconds integer,
    overdraft bigint DEFAULT 0 NOT NULL,
    CONSTRAINT "0 to 10^15 tokens roll over" CHECK (((rollover_cap >= 0) AND (rollover_cap <= '1000000000000000'::bigint))),
    CONSTRAINT "a period has 1 to 3660 days" CHECK (((period_days >= 1) AND (period_days <= 3660))),
    CONSTRAINT "a period is days, day, month, quarter or never" CHECK ((period = ANY (ARRAY['days'::text, 'day'::text, 'month'::text, 'quarter'::text, 'never'::text]))),
    CONSTRAINT "a refill is 1 to 10^9 tokens in 1 second to 366 days" CHECK ((((refill_tokens IS NULL) AND (refill_seconds IS NULL)) OR (((refill_tokens >= 1) AND (refill_tokens <= 1000000000)) AND ((refill_seconds >= 1) AND (refill_seconds <= 31622400))))),
    CONSTRAINT "an allocation is between 0 and 10^15 tokens" CHECK (((tokens >= 0) AND (tokens <= '1000000000000000'::bigint))),
    CONSTRAINT "an overdraft is between 0 and 10^15 tokens" CHECK (((overdraft >= 0) AND (overdraft <= '1000000000000000'::bigint)))
);

ALTER TABLE tollgate.plan_allocations OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.plan_allocations IS 'Tokens that a plan grants for each period, and how they come and go. A change takes effect for a balance with its next period.';

COMMENT ON COLUMN tollgate.plan_allocations.tokens IS 'Tokens per period, and the capacity of a bucket; 0: the plan does not have what these tokens pay for.';

COMMENT ON COLUMN tollgate.plan_allocations.period IS 'days: period_days × 24 hours; day, month, quarter: of the calendar in the organization''s time zone; never: no reset.';

COMMENT ON COLUMN tollgate.plan_allocations.anchored IS 'Months and quarters: counted from the day the balance began (the 31st becomes the last of a short month) and not from the 1st.';

COMMENT ON COLUMN tollgate.plan_allocations.rollover_cap IS 'Tokens: as many unused ones stay at a reset; 0: none.';

COMMENT ON COLUMN tollgate.plan_allocations.refill_tokens IS 'A bucket: as many tokens come back every refill_seconds, evenly, up to its capacity; NULL: no bucket.';

COMMENT ON COLUMN tollgate.plan_allocations.overdraft IS 'Tokens that may be spent below 0.';

CREATE FUNCTION tollgate.allocation_at(organization_id uuid, token_type text, at timestamp with time zone, OUT allocation tollgate.plan_allocations, OUT time_zone text, OUT next_plan_from timestamp with time zone) RETURNS record
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT allocation, organization.time_zone,
    CASE WHEN organization.next_plan_from > allocation_at.at THEN organization.next_plan_from END
  FROM public.organizations AS organization
    LEFT JOIN tollgate.plan_allocations AS allocation
      ON allocation.token_type = allocation_at.token_type
      AND allocation.plan =
        CASE WHEN organization.next_plan_from <= allocation_at.at THEN organization.next_plan ELSE organization.plan END
  WHERE organization.id = allocation_at.organization_id
$$;

ALTER FUNCTION tollgate.allocation_at(organization_id uuid, token_type text, at timestamp with time zone, OUT allocation tollgate.plan_allocations, OUT time_zone text, OUT next_plan_from timestamp with time zone) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.allocation_at(organization_id uuid, token_type text, at timestamp with time zone, OUT allocation tollgate.plan_allocations, OUT time_zone text, OUT next_plan_from timestamp with time zone) IS 'What the plan that an organization has at a time allocates of a token type (NULL: nothing), the time zone of its days, and when a later plan begins, if one waits.';

CREATE FUNCTION tollgate.announce(INOUT token public.ai_tokens) RETURNS public.ai_tokens
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  available CONSTANT bigint := token.balance - token.reserved;
  state CONSTANT text := (
    SELECT tollgate.balance_state(available, token.total_allocated, kind)
    FROM tollgate.token_types AS kind
    WHERE kind.token_type = token.token_type
  );
  request tollgate.auto_top_ups;
BEGIN
  -- Each level once a period, and the period's first state not at all.
  IF tollgate.state_level(state) > token.announced THEN
    token.announced := tollgate.state_level(state);
    PERFORM tollgate.write_event(token.organization_id, 'threshold_crossed', token.token_type,
      jsonb_build_object('tokenType', token.token_type, 'state', state, 'available', available,
        'allocated', token.total_allocated, 'sequence', token.ledger_sequence, 'periodEnd', token.refresh_date));
  END IF;

  IF available < token.request_below THEN
    token.request_below := NULL;
    UPDATE tollgate.auto_top_ups AS configured
    SET requested_count = configured.requested_count + 1,
      requested_at = tollgate.moment()
    WHERE configured.organization_id = token.organization_id
      AND configured.token_type = token.token_type
      AND configured.requested_count < configured.period_maximum
    RETURNING * INTO request;
    IF request.amount IS NOT NULL THEN
      PERFORM tollgate.write_event(token.organization_id, 'top_up_requested', token.token_type,
        jsonb_build_object('tokenType', token.token_type, 'amount', request.amount, 'available', available));
      IF request.requested_count < request.period_maximum THEN
        token.due_at := least(token.due_at, tollgate.moment() + make_interval(secs => request.cool_off_seconds));
      END IF;
    END IF;
  END IF;
END
$$;

ALTER FUNCTION tollgate.announce(INOUT token public.ai_tokens) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.announce(INOUT token public.ai_tokens) IS 'Writes the events that a balance''s new state calls for: a threshold crossed, an automatic top-up asked for. The caller has locked the balance and writes the row it gets.';

CREATE TABLE tollgate.caches (
    organization_id uuid NOT NULL,
    cache_name text NOT NULL,
    cache_id uuid NOT NULL,
    key_members text[] NOT NULL,
    ttl_seconds integer NOT NULL,
    daily_quota bigint DEFAULT 1000 NOT NULL,
    fallback json,
    feature text DEFAULT 'decision'::text NOT NULL,
    lease_seconds integer DEFAULT 60 NOT NULL,
    wait_seconds integer DEFAULT 10 NOT NULL,
    maximum_entries integer DEFAULT 10000 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT "a cache has 1 to 100000 values" CHECK (((maximum_entries >= 1) AND (maximum_entries <= 100000))),
    CONSTRAINT "a cache is a lower-case name" CHECK ((cache_name ~ '^[a-z][a-z0-9_]{0,62}$'::text)),
    CONSTRAINT "a fallback has at most 64 KiB" CHECK ((octet_length((fallback)::text) <= 65536)),
    CONSTRAINT "a key has 1 to 16 members with simple names" CHECK ((array_to_string(key_members, ' '::text, '-'::text) ~ '^[A-Za-z][A-Za-z0-9_]{0,62}( [A-Za-z][A-Za-z0-9_]{0,62}){0,15}$'::text)),
    CONSTRAINT "a lease lasts 1 second to 1 hour" CHECK (((lease_seconds >= 1) AND (lease_seconds <= 3600))),
    CONSTRAINT "a quota is between 0 and 10^15 calls" CHECK (((daily_quota >= 0) AND (daily_quota <= '1000000000000000'::bigint))),
    CONSTRAINT "a value is kept for 1 second to 366 days" CHECK (((ttl_seconds >= 1) AND (ttl_seconds <= 31622400))),
    CONSTRAINT "who waits waits 0 to 30 seconds" CHECK (((wait_seconds >= 0) AND (wait_seconds <= 30)))
);

ALTER TABLE ONLY tollgate.caches FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.caches OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.caches IS 'Decision caches as administrators configure them. An organization''s own goes before one for all.';

COMMENT ON COLUMN tollgate.caches.organization_id IS 'Whose cache it is; the nil UUID: everybody''s who has none of that name. Entries and counts are each organization''s own all the same.';

COMMENT ON COLUMN tollgate.caches.cache_id IS 'Part of every key: a cache that was deleted and made again does not find the old values.';

COMMENT ON COLUMN tollgate.caches.key_members IS 'The members that a key has, exactly.';

COMMENT ON COLUMN tollgate.caches.ttl_seconds IS 'Seconds for which a value is given.';

COMMENT ON COLUMN tollgate.caches.daily_quota IS 'Calls granted in a day, which begins in the organization''s time zone.';

COMMENT ON COLUMN tollgate.caches.fallback IS 'What is given in place of a call that is not granted; NULL: null.';

COMMENT ON COLUMN tollgate.caches.feature IS 'What a call is charged as: one unit.';

COMMENT ON COLUMN tollgate.caches.lease_seconds IS 'Seconds in which who was granted a call brings its result.';

COMMENT ON COLUMN tollgate.caches.wait_seconds IS 'Seconds that others wait for that, unless they say otherwise.';

COMMENT ON COLUMN tollgate.caches.maximum_entries IS 'Values kept; of more, the least recently used leave. Leases come on top.';

CREATE FUNCTION tollgate.answer_from_cache(organization_id uuid, user_id uuid, membership_required boolean, cache tollgate.caches, key_hash bytea, lease_id uuid, idempotency_key text) RETURNS tollgate.cache_answer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  today CONSTANT record := tollgate.local_day(answer_from_cache.organization_id);
  wanted_day CONSTANT date := today.day;
  answer tollgate.cache_answer;
BEGIN
  LOOP
    answer := tollgate.look_in_cache(answer_from_cache.organization_id, answer_from_cache.cache,
      answer_from_cache.key_hash);
    -- After the look, which may have found the lease that was taken under this very key.
    IF answer_from_cache.idempotency_key IS NOT NULL
      AND tollgate.is_known_key(answer_from_cache.organization_id, answer_from_cache.idempotency_key)
    THEN
      RETURN tollgate.answer_of_call(answer_from_cache.cache, tollgate.settle_call(
        answer_from_cache.organization_id, answer_from_cache.user_id, answer_from_cache.membership_required,
        answer_from_cache.cache, answer_from_cache.key_hash, answer_from_cache.lease_id,
        answer_from_cache.idempotency_key));
    END IF;
    IF answer.outcome IS NOT NULL THEN
      RETURN answer;
    END IF;

    -- Where nothing is left nobody needs a lock to learn it.
    IF (answer_from_cache.cache).daily_quota = 0 OR EXISTS (
      SELECT
      FROM tollgate.cache_days AS counted
      WHERE counted.organization_id = answer_from_cache.organization_id
        AND counted.cache_name = (answer_from_cache.cache).cache_name
        AND counted.day = wanted_day
        AND counted.calls >= (answer_from_cache.cache).daily_quota
    ) THEN
      -- The call that took the last of it, between the look and this, may be one for this very key.
      answer := tollgate.look_in_cache(answer_from_cache.organization_id, answer_from_cache.cache,
        answer_from_cache.key_hash);
      CONTINUE WHEN answer.outcome IS NOT NULL;
      RETURN tollgate.fall_back(answer_from_cache.cache, 'quota_reached',
        CASE WHEN (answer_from_cache.cache).daily_quota > 0 THEN today.seconds_left END);
    END IF;
    EXIT WHEN tollgate.take_lease(answer_from_cache.organization_id, answer_from_cache.cache,
      answer_from_cache.key_hash, answer_from_cache.lease_id);
  END LOOP;

  answer := tollgate.grant_call(answer_from_cache.organization_id, answer_from_cache.user_id,
    answer_from_cache.membership_required, answer_from_cache.cache, answer_from_cache.key_hash,
    answer_from_cache.lease_id, answer_from_cache.idempotency_key);
  IF answer.lease_id IS DISTINCT FROM answer_from_cache.lease_id THEN
    DELETE FROM tollgate.cache_entries AS known
    WHERE known.organization_id = answer_from_cache.organization_id
      AND known.cache_name = (answer_from_cache.cache).cache_name
      AND known.key_hash = answer_from_cache.key_hash;
  END IF;
  RETURN answer;
END
$$;

ALTER FUNCTION tollgate.answer_from_cache(organization_id uuid, user_id uuid, membership_required boolean, cache tollgate.caches, key_hash bytea, lease_id uuid, idempotency_key text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.answer_from_cache(organization_id uuid, user_id uuid, membership_required boolean, cache tollgate.caches, key_hash bytea, lease_id uuid, idempotency_key text) IS 'What a cache says to a key by its hash. tollgate.ask_cache has looked whether the caller may ask.';

CREATE FUNCTION tollgate.answer_of_call(cache tollgate.caches, settled tollgate.settlement) RETURNS tollgate.cache_answer
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  details CONSTANT jsonb := (answer_of_call.settled).details;
  outcome CONSTANT text := (answer_of_call.settled).outcome;
  answer tollgate.cache_answer;
BEGIN
  IF outcome = ANY (tollgate.recorded_refusals()) THEN
    answer := tollgate.fall_back(answer_of_call.cache, outcome,
      ceil((details ->> 'retryAfterSeconds')::numeric)::bigint);
  ELSIF outcome = 'success' THEN
    answer.outcome := 'miss';
    answer.lease_id := (answer_of_call.settled).transaction_id;
    answer.remaining := (details ->> 'remaining')::bigint;
    answer.lease_ends_at := (details ->> 'leaseEndsAt')::timestamptz;
    answer.lease_milliseconds := (answer_of_call.cache).lease_seconds * 1000::bigint;
  ELSE
    answer.outcome := outcome;
  END IF;
  answer.replayed := (answer_of_call.settled).replayed;
  RETURN answer;
END
$$;

ALTER FUNCTION tollgate.answer_of_call(cache tollgate.caches, settled tollgate.settlement) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.answer_of_call(cache tollgate.caches, settled tollgate.settlement) IS 'What a settlement means to who asked a cache: a success is a miss, a refusal the fallback.';

CREATE FUNCTION tollgate.applicable_limits(organization_id uuid, user_id uuid, feature text, token_type text) RETURNS TABLE(limit_name text, subject uuid, counts text, window_kind text, action text, maximum bigint, window_start timestamp with time zone, window_end timestamp with time zone, used bigint, earlier_used bigint, is_alerted boolean)
    LANGUAGE sql STABLE
    AS $$
  SELECT
    bound.limit_name,
    subject.id,
    bound.counts,
    bound.window_kind,
    bound.action,
    CASE WHEN bound.window_kind = 'spacing' THEN 1 ELSE coalesce(override.maximum, bound.maximum) END,
    CASE
      WHEN present.is_late THEN calendar.began
      WHEN present.is_open AND bound.window_kind <> 'spacing' THEN counted.window_start
      WHEN bound.window_kind = 'spacing' THEN greatest(counted.window_start, clock.at)
      ELSE coalesce(calendar.began, clock.at)
    END,
    CASE
      WHEN present.is_late THEN counted.window_start
      WHEN calendar.began IS NOT NULL THEN calendar.ends
      WHEN present.is_open THEN counted.window_start + span.length
      ELSE clock.at + span.length
    END,
    CASE
      WHEN present.is_late THEN counted.earlier_used
      WHEN present.is_open THEN greatest(0, counted.used - expired.amount)
      ELSE 0
    END,
    CASE WHEN counted.window_start >= calendar.began_before THEN counted.used ELSE 0 END,
    present.is_open AND counted.alerted
  FROM tollgate.moment() AS clock (at)
    JOIN public.organizations AS organization ON organization.id = applicable_limits.organization_id
    CROSS JOIN LATERAL tollgate.usable_time_zone(organization.time_zone) AS zone (name)
    JOIN tollgate.limits AS bound
      ON bound.is_enabled
        AND (bound.plan IS NULL OR bound.plan = CASE
          WHEN organization.next_plan_from <= clock.at THEN organization.next_plan
          ELSE organization.plan
        END)
        AND (bound.token_type IS NULL OR bound.token_type = applicable_limits.token_type)
        AND (bound.feature IS NULL OR bound.feature = applicable_limits.feature)
        AND (bound.per = 'organization' OR applicable_limits.user_id IS NOT NULL)
    LEFT JOIN tollgate.limit_overrides AS override
      ON override.organization_id = applicable_limits.organization_id AND override.limit_name = bound.limit_name
    CROSS JOIN LATERAL (
      SELECT CASE bound.per WHEN 'user' THEN applicable_limits.user_id ELSE applicable_limits.organization_id END AS id
    ) AS subject
    LEFT JOIN tollgate.limit_uses AS counted
      ON counted.organization_id = applicable_limits.organization_id
        AND counted.limit_name = bound.limit_name
        AND counted.subject = subject.id
    CROSS JOIN LATERAL (
      SELECT
        pg_catalog.make_interval(secs => bound.window_seconds) AS length,
        CASE bound.window_kind WHEN 'day' THEN interval '1 day' WHEN 'month' THEN interval '1 month' END AS step,
        CASE WHEN bound.window_kind IN ('day', 'month') THEN
          date_trunc(bound.window_kind, clock.at AT TIME ZONE zone.name)
        END AS local_start
    ) AS span
    CROSS JOIN LATERAL (
      SELECT
        tollgate.instant_of_local(span.local_start - span.step, zone.name) AS began_before,
        tollgate.instant_of_local(span.local_start, zone.name) AS began,
        tollgate.instant_of_local(span.local_start + span.step, zone.name) AS ends
    ) AS calendar
    CROSS JOIN LATERAL (
      SELECT
        coalesce(counted.window_start >= calendar.began, counted.window_start + span.length > clock.at, false) AS is_open,
        coalesce(counted.window_start > clock.at AND calendar.began IS NOT NULL, false) AS is_late
    ) AS present
    -- Reservations that have expired and are not booked yet are counted no longer.
    CROSS JOIN LATERAL (
      SELECT coalesce(sum(CASE bound.counts WHEN 'tokens' THEN held.amount ELSE 1 END), 0)::bigint AS amount
      FROM tollgate.reservations AS held
      WHERE present.is_open
        AND bound.counts <> 'refusals'
        AND bound.window_kind <> 'spacing'
        AND held.organization_id = applicable_limits.organization_id
        AND held.status = 'open'
        AND held.expires_at <= clock.at
        AND held.created_at >= counted.window_start
        AND (bound.token_type IS NULL OR bound.token_type = held.token_type)
        AND (bound.feature IS NULL OR bound.feature = held.feature_used)
        AND (bound.per = 'organization' OR held.user_id = subject.id)
    ) AS expired
  WHERE override.limit_name IS NULL
    OR override.maximum IS NOT NULL
$$;

ALTER FUNCTION tollgate.applicable_limits(organization_id uuid, user_id uuid, feature text, token_type text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.applicable_limits(organization_id uuid, user_id uuid, feature text, token_type text) IS 'The limits that a charge of this organization is under at this moment, each with the window that it counts in. A day or month that others have ended meanwhile is still the window of who began in it. earlier_used is what a new window has to remember of the one before.';

CREATE FUNCTION tollgate.apply_adjustment(request jsonb, id uuid, token public.ai_tokens) RETURNS tollgate.applied
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  applied tollgate.applied;
  -- By so much, or to what an upstream says it is.
  amount CONSTANT numeric := coalesce(
    (request ->> 'amount')::numeric, (request ->> 'balance')::numeric - token.balance);
BEGIN
  applied.token := token;
  IF amount IS NULL THEN
    RAISE EXCEPTION 'An adjustment has an amount or a balance.' USING ERRCODE = 'TG400';
  END IF;
  -- A figure may be what the balance is already; nobody asks for 0 tokens more.
  IF (request ->> 'amount')::numeric = 0
    OR abs(amount) > 1000000000000000
    OR token.balance + amount > 1000000000000000000
    OR token.balance + amount - token.reserved < -token.overdraft
  THEN
    applied.outcome := 'amount_out_of_range';
    RETURN applied;
  END IF;
  applied.entry := tollgate.movement(token, 'adjustment', amount::bigint, coalesce(request ->> 'reason', 'adjusted'),
    NULL, NULL, NULL, id);
  token.balance := token.balance + amount::bigint;
  token.ledger_balance := token.balance;
  token.ledger_sequence := token.ledger_sequence + 1;
  token.purchased := greatest(0, least(token.purchased, token.balance));
  applied.outcome := 'success';
  applied.token := token;
  applied.amount := amount::bigint;
  applied.details := jsonb_build_object('amount', amount);
  RETURN applied;
END
$$;

ALTER FUNCTION tollgate.apply_adjustment(request jsonb, id uuid, token public.ai_tokens) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.apply_adjustment(request jsonb, id uuid, token public.ai_tokens) IS 'Changes a balance as an administrator says: by an amount, or to a balance. The caller has locked it.';

CREATE FUNCTION tollgate.apply_capture(request jsonb, id uuid, token public.ai_tokens, held tollgate.reservations) RETURNS tollgate.applied
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  applied tollgate.applied;
  charged CONSTANT numeric := coalesce((request ->> 'amount')::numeric, held.amount);
BEGIN
  applied.token := token;
  applied.user_id := held.user_id;
  applied.feature := coalesce(held.feature_used, 'reservation');
  applied.price_version := held.price_version;
  IF held.status IS DISTINCT FROM 'open' THEN
    applied.outcome := 'reservation_closed';
    RETURN applied;
  ELSIF charged NOT BETWEEN least(1, held.amount) AND 1000000000000000 THEN
    applied.outcome := 'amount_out_of_range';
    RETURN applied;
  END IF;
  applied.amount := charged::bigint;
  -- Of what is held nobody else could spend anything; what goes beyond has to be there, or the overdraft.
  IF charged > held.amount AND charged - held.amount > token.balance - token.reserved + token.overdraft THEN
    applied.outcome := 'insufficient_tokens';
    -- To this charge what is held is available, too.
    applied.available := token.balance - token.reserved + held.amount;
    RETURN applied;
  END IF;

  -- A capture is a use of as many units as were reserved.
  applied.held_units := held.units;
  applied.from_purchased := greatest(0, least(token.purchased, token.balance))
    - greatest(0, least(token.purchased, token.balance - charged::bigint));
  token.balance := token.balance - charged::bigint;
  token.ledger_balance := token.balance;
  token.reserved := greatest(0, token.reserved - held.amount);
  token.purchased := greatest(0, least(token.purchased, token.balance));
  token.total_used := token.total_used + charged::bigint;
  token.ledger_sequence := token.ledger_sequence + 1;
  token.last_used_at := tollgate.moment();
  IF charged < held.amount THEN
    applied.entry := tollgate.movement(token, 'release', 0, 'captured_less', held.reservation_id,
      held.amount - charged::bigint);
    token.ledger_sequence := token.ledger_sequence + 1;
  END IF;
  held.status := 'captured';
  held.captured := charged::bigint;
  held.transaction_id := apply_capture.id;
  held.finished_at := tollgate.moment();
  applied.reservation := held;
  -- The use was counted when it was reserved; limits on tokens count what it cost in the end.
  IF charged < held.amount THEN
    PERFORM tollgate.give_back_limits(held.organization_id, held.user_id, held.feature_used, held.token_type,
      held.amount - charged::bigint, held.created_at, 0);
  ELSIF charged > held.amount THEN
    PERFORM tollgate.take_limits(held.organization_id, held.user_id, held.feature_used, held.token_type,
      charged::bigint - held.amount, 0);
  END IF;

  applied.outcome := 'success';
  applied.token := token;
  applied.details := jsonb_build_object('captured', charged, 'released', greatest(0, held.amount - charged));
  RETURN applied;
END
$$;

ALTER FUNCTION tollgate.apply_capture(request jsonb, id uuid, token public.ai_tokens, held tollgate.reservations) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.apply_capture(request jsonb, id uuid, token public.ai_tokens, held tollgate.reservations) IS 'Charges what a reservation holds, or less and lets the rest go, or more if the balance or its overdraft has it. The caller has locked the balance, and writes the reservation and the use.';

CREATE TABLE tollgate.payment_events (
    event_id text NOT NULL COLLATE pg_catalog."C",
    type text NOT NULL COLLATE pg_catalog."C",
    happened_at timestamp with time zone NOT NULL,
    is_live boolean NOT NULL,
    api_version text,
    customer_id text COLLATE pg_catalog."C",
    facts jsonb NOT NULL,
    outcome text DEFAULT 'received'::text NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT "an event has an outcome" CHECK ((outcome = ANY (ARRAY['received'::text, 'topped_up'::text, 'topped_up_before'::text, 'suspended'::text, 'restored'::text, 'noted'::text, 'unknown_organization'::text, 'unknown_customer'::text, 'unknown_pack'::text, 'price_mismatch'::text, 'amount_out_of_range'::text, 'unused_type'::text, 'other_mode'::text, 'other_account'::text, 'not_paid'::text, 'no_pack'::text, 'incomplete'::text, 'payment_conflict'::text]))),
    CONSTRAINT "an event id is 1 to 255 printable ASCII characters" CHECK ((event_id ~ '^[\x21-\x7E]{1,255}$'::text)),
    CONSTRAINT "an event's facts are an object of at most 8 KiB" CHECK (((jsonb_typeof(facts) = 'object'::text) AND (octet_length((facts)::text) <= 8192)))
);

ALTER TABLE ONLY tollgate.payment_events FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.payment_events OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.payment_events IS 'Every event of the payment provider, for ever: whatever is told twice counts once. It is nobody''s until its outcome says whose, and nobody but the owner and trusted servers reads it.';

COMMENT ON COLUMN tollgate.payment_events.happened_at IS 'When it was made, by the provider''s clock, to the second.';

COMMENT ON COLUMN tollgate.payment_events.facts IS 'The few members that are looked at, without names, addresses and e-mails.';

COMMENT ON COLUMN tollgate.payment_events.outcome IS 'What became of it. unknown_…, price_mismatch, amount_out_of_range and other_mode wait: told again it is looked at again, and unknown_customer and unknown_organization once the customer is known.';

CREATE FUNCTION tollgate.apply_checkout(event tollgate.payment_events) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  facts CONSTANT jsonb := event.facts;
  -- The metadata are the seller's; client_reference_id may be the buyer's, in a payment link's address.
  named CONSTANT uuid := (facts ->> 'organization')::uuid;
  tenant CONSTANT uuid :=
    coalesce(named, (facts ->> 'clientReference')::uuid, tollgate.organization_of_customer(event.customer_id));
  payment CONSTANT text := coalesce(facts ->> 'payment', facts ->> 'object');
  pack tollgate.payment_packs;
  settled tollgate.settlement;
BEGIN
  SELECT *
  INTO pack
  FROM tollgate.payment_packs AS sold
  WHERE sold.pack = coalesce(facts ->> 'pack', facts ->> 'paymentLink');
  PERFORM tollgate.admit_organizations(ARRAY[tenant]);
  IF NOT EXISTS (SELECT FROM public.organizations AS known WHERE known.id = tenant) THEN
    RETURN CASE
      WHEN coalesce(named::text, pack.pack, facts ->> 'pack') IS NULL THEN 'no_pack'
      ELSE 'unknown_organization'
    END;
  END IF;
  IF named IS NOT NULL AND event.customer_id IS NOT NULL THEN
    PERFORM tollgate.learn_customer(tenant, event.customer_id, event.event_id);
    PERFORM tollgate.admit_organizations(ARRAY[tenant]);
  END IF;
  IF pack.pack IS NULL THEN
    RETURN CASE
      WHEN facts ? 'pack' THEN 'unknown_pack'
      WHEN named IS NOT NULL THEN 'noted'
      ELSE 'no_pack'
    END;
  ELSIF (facts ->> 'paymentStatus' IN ('paid', 'no_payment_required')) IS NOT TRUE THEN
    RETURN 'not_paid';
  ELSIF payment IS NULL THEN
    RETURN 'incomplete';
  ELSIF pack.price_minor IS NOT NULL AND (facts ->> 'currency' = pack.currency
    AND greatest((facts ->> 'subtotal')::numeric, (facts ->> 'total')::numeric) >= pack.price_minor) IS NOT TRUE
  THEN
    RETURN 'price_mismatch';
  END IF;
  BEGIN
    settled := tollgate.top_up(tenant, pack.token_type, pack.tokens, payment);
  EXCEPTION
    WHEN SQLSTATE 'TG409' THEN
      RETURN 'payment_conflict';
    WHEN SQLSTATE 'TG422' THEN
      RETURN 'amount_out_of_range';
  END;
  RETURN CASE WHEN settled.replayed THEN 'topped_up_before' ELSE 'topped_up' END;
END
$$;

ALTER FUNCTION tollgate.apply_checkout(event tollgate.payment_events) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.apply_checkout(event tollgate.payment_events) IS 'Tops up with the pack that a checkout bought which is paid, or which discounts have left nothing to pay of, under the provider''s id of the payment, and learns whose customer it was where the seller says so. Returns what became of it.';

CREATE FUNCTION tollgate.apply_due(INOUT token public.ai_tokens) RETURNS public.ai_tokens
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  due record;
  held tollgate.reservations;
BEGIN
  SELECT * INTO due FROM tollgate.due_movements(token, tollgate.moment());
  INSERT INTO tollgate.ledger_entries
  SELECT entry.*
  FROM unnest(due.entries) AS entry;
  PERFORM tollgate.write_pack_uses(due.pack_uses);
  FOREACH held IN ARRAY due.expired_reservations LOOP
    UPDATE tollgate.reservations AS expired
    SET status = CASE WHEN held.expires_at > tollgate.moment() THEN 'released' ELSE 'expired' END,
      finished_at = tollgate.moment()
    WHERE expired.organization_id = held.organization_id AND expired.reservation_id = held.reservation_id;
    PERFORM tollgate.give_back_limits(held.organization_id, held.user_id, held.feature_used, held.token_type,
      held.amount, held.created_at);
  END LOOP;
  IF due.began_period THEN
    UPDATE tollgate.auto_top_ups AS configured
    SET requested_count = 0
    WHERE configured.organization_id = token.organization_id AND configured.token_type = token.token_type;
  END IF;
  token := due.current;
  -- Only a movement announces: that a top-up may be asked for again waits for the next.
  IF cardinality(due.entries) > 0 THEN
    token := tollgate.announce(token);
  END IF;
END
$$;

ALTER FUNCTION tollgate.apply_due(INOUT token public.ai_tokens) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.apply_due(INOUT token public.ai_tokens) IS 'Books what is due to a balance whose row the caller has locked, and returns the row as it then has to be written.';

CREATE FUNCTION tollgate.apply_extend(request jsonb, token public.ai_tokens, held tollgate.reservations) RETURNS tollgate.applied
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  applied tollgate.applied;
BEGIN
  applied.token := token;
  IF ((request ->> 'ttlSeconds')::numeric BETWEEN 1 AND 86400) IS NOT TRUE THEN
    applied.outcome := 'amount_out_of_range';
    RETURN applied;
  END IF;
  IF held.status IS DISTINCT FROM 'open' THEN
    applied.outcome := 'reservation_closed';
    RETURN applied;
  END IF;
  held.expires_at := tollgate.moment() + make_interval(secs => (request ->> 'ttlSeconds')::double precision);
  applied.reservation := held;
  token.due_at := least(token.due_at, held.expires_at);

  applied.outcome := 'success';
  applied.id := held.reservation_id;
  applied.feature := held.feature_used;
  applied.token := token;
  applied.amount := held.amount;
  applied.details := jsonb_build_object('amount', held.amount, 'expiresAtMicroseconds',
    (extract(epoch FROM held.expires_at) * 1000000)::bigint);
  RETURN applied;
END
$$;

ALTER FUNCTION tollgate.apply_extend(request jsonb, token public.ai_tokens, held tollgate.reservations) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.apply_extend(request jsonb, token public.ai_tokens, held tollgate.reservations) IS 'Gives an open reservation another end, counted from now. No movement: nothing is held that was not. The caller has locked the balance, and writes the reservation.';

CREATE FUNCTION tollgate.apply_invoice(event tollgate.payment_events, state text) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  tenant CONSTANT uuid := tollgate.organization_of_customer(event.customer_id);
  cause CONSTANT jsonb :=
    jsonb_build_object('invoiceId', event.facts -> 'object', 'paymentEventId', event.event_id);
  organization public.organizations;
  has_changed boolean;
BEGIN
  IF event.customer_id IS NULL OR NOT event.facts ? 'object' THEN
    RETURN 'incomplete';
  ELSIF tenant IS NULL THEN
    RETURN 'unknown_customer';
  END IF;
  PERFORM tollgate.admit_organizations(ARRAY[tenant]);
  -- One at a time: the status follows from all invoices.
  SELECT *
  INTO STRICT organization
  FROM public.organizations AS known
  WHERE known.id = tenant
  FOR NO KEY UPDATE;
  INSERT INTO tollgate.payment_invoices AS known
    (organization_id, invoice_id, customer_id, state, stated_at, event_id)
  VALUES (tenant, event.facts ->> 'object', event.customer_id, apply_invoice.state, event.happened_at, event.event_id)
  ON CONFLICT ON CONSTRAINT "an invoice has one row" DO UPDATE
  SET state = excluded.state,
    stated_at = excluded.stated_at,
    event_id = excluded.event_id
  -- Whatever comes first: the later event holds, and within a second the payment. What was waived fails no more.
  WHERE CASE excluded.state
      WHEN 'failed' THEN known.state <> 'waived' AND excluded.stated_at > known.stated_at
      ELSE known.state = 'waived' OR excluded.stated_at >= known.stated_at
    END;
  has_changed := FOUND;
  IF has_changed AND apply_invoice.state = 'failed' AND organization.status = 'active' THEN
    PERFORM tollgate.set_payment_hold(tenant, true, cause);
    RETURN 'suspended';
  ELSIF organization.payment_hold AND NOT tollgate.owes_invoices(tenant) THEN
    PERFORM tollgate.set_payment_hold(tenant, false, cause);
    RETURN 'restored';
  END IF;
  RETURN 'noted';
END
$$;

ALTER FUNCTION tollgate.apply_invoice(event tollgate.payment_events, state text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.apply_invoice(event tollgate.payment_events, state text) IS 'Notes what the provider says of an invoice, failed or settled; suspends its organization for a failed one, and lets it go on when none is left and nobody else has suspended it. Returns what became of it.';

CREATE FUNCTION tollgate.apply_payment_event(event tollgate.payment_events) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  RETURN CASE
    -- Of an account that is connected to ours: its owner chooses what its checkouts say.
    WHEN event.facts ? 'account' THEN 'other_account'
    WHEN event.type IN ('checkout.session.completed', 'checkout.session.async_payment_succeeded') THEN
      tollgate.apply_checkout(event)
    WHEN event.type IN ('invoice.payment_failed') THEN tollgate.apply_invoice(event, 'failed')
    WHEN event.type IN ('invoice.paid', 'invoice.payment_succeeded', 'invoice.voided') THEN
      tollgate.apply_invoice(event, 'settled')
    ELSE 'unused_type'
  END;
END
$$;

ALTER FUNCTION tollgate.apply_payment_event(event tollgate.payment_events) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.apply_payment_event(event tollgate.payment_events) IS 'Does what an event says, and returns what became of it. The caller holds its row and its customer''s lock.';

CREATE FUNCTION tollgate.apply_plan(organization_id uuid, plan text, at_once boolean) RETURNS TABLE(token_type text, effective_at timestamp with time zone, balance_before bigint, balance_after bigint, allocated_before bigint, allocated_after bigint)
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  tenant CONSTANT uuid := organization_id;
  wanted CONSTANT text := plan;
  at CONSTANT timestamptz := tollgate.moment();
  earlier tollgate.ledger_entries[];
  types text[];
  organization public.organizations;
  plan_before text;
  before public.ai_tokens[];
  reset_at timestamptz;
  waits boolean := false;
  news jsonb;
BEGIN
  -- One change of plan at a time. What it did before is read while nobody waits for the balances yet.
  PERFORM pg_advisory_xact_lock(hash_record_extended(ROW('plan'::text, tenant), 0));
  SELECT array_agg(entry)
  INTO earlier
  FROM tollgate.ledger_entries AS entry
  WHERE entry.organization_id = tenant
    AND entry.kind IN ('allocation', 'adjustment')
    AND entry.reason IN ('plan_upgrade', 'plan_downgrade');

  -- Balances in key order, as everywhere, and then the organization.
  SELECT array_agg(token.token_type)
  INTO types
  FROM (
    SELECT locked.token_type
    FROM public.ai_tokens AS locked
    WHERE locked.organization_id = tenant
    ORDER BY locked.organization_id, locked.token_type
    FOR NO KEY UPDATE
  ) AS token;
  SELECT *
  INTO organization
  FROM public.organizations AS known
  WHERE known.id = tenant
  FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
  END IF;
  IF organization.next_plan_from <= at THEN
    UPDATE public.organizations AS changed
    SET plan = organization.next_plan,
      next_plan = NULL,
      next_plan_from = NULL,
      updated_at = now()
    WHERE changed.id = tenant
    RETURNING * INTO organization;
  END IF;
  plan_before := organization.plan;
  PERFORM tollgate.grant_missing_balances(ARRAY[tenant]);
  IF types IS NOT NULL THEN
    PERFORM tollgate.bring_up_to_date(array_fill(tenant, ARRAY[cardinality(types)]), types);
  END IF;
  SELECT array_agg(token), min(token.refresh_date)
  INTO before, reset_at
  FROM public.ai_tokens AS token
  WHERE token.organization_id = tenant;

  IF wanted = plan_before THEN
    IF organization.next_plan IS NOT NULL THEN
      news := jsonb_build_object('takenBack', organization.next_plan, 'effectiveAt', at);
    END IF;
    reset_at := NULL;
  ELSE
    SELECT NOT coalesce(at_once, NOT difference.has_less)
    INTO waits
    FROM tollgate.plan_difference(plan_before, wanted) AS difference;
    IF NOT waits THEN
      PERFORM tollgate.move_balances_to_plan(tenant, plan_before, wanted, earlier);
      -- A cut may cross a threshold, as spending may.
      PERFORM tollgate.write_balances(array_agg(tollgate.announce(token)))
      FROM public.ai_tokens AS token
        JOIN unnest(before) AS was ON was.token_type = token.token_type
      WHERE token.organization_id = tenant AND token.balance < was.balance;
    END IF;
    -- Where no balance is ever reset there is nothing to wait for.
    IF NOT waits OR reset_at IS NULL THEN
      waits := false;
      reset_at := NULL;
      news := jsonb_build_object('effectiveAt', at);
    ELSIF organization.next_plan = wanted THEN
      reset_at := organization.next_plan_from;
    ELSE
      news := jsonb_build_object('effectiveAt', reset_at);
    END IF;
  END IF;

  IF news IS NOT NULL THEN
    UPDATE public.organizations AS changed
    SET plan = CASE WHEN waits THEN plan_before ELSE wanted END,
      next_plan = CASE WHEN waits THEN wanted END,
      next_plan_from = CASE WHEN waits THEN reset_at END,
      updated_at = now()
    WHERE changed.id = tenant;
    PERFORM tollgate.grant_missing_balances(ARRAY[tenant]);
    PERFORM tollgate.write_event(tenant, 'plan_changed', NULL,
      jsonb_build_object('plan', wanted, 'from', plan_before) || news, at);
  END IF;

  RETURN QUERY
  SELECT
    allocated.token_type,
    CASE
      WHEN NOT waits THEN at
      WHEN token.token_type IS NULL THEN reset_at
      ELSE token.refresh_date
    END,
    coalesce(was.balance, 0),
    coalesce(token.balance, 0),
    coalesce(was.total_allocated, 0),
    CASE
      WHEN waits AND (token.token_type IS NULL OR token.refresh_date IS NOT NULL) THEN allocated.tokens
      ELSE coalesce(token.total_allocated, 0)
    END
  FROM (
    SELECT allocation.token_type, coalesce(max(allocation.tokens) FILTER (WHERE allocation.plan = wanted), 0) AS tokens
    FROM tollgate.plan_allocations AS allocation
    WHERE allocation.plan IN (plan_before, wanted)
    GROUP BY allocation.token_type
  ) AS allocated
    LEFT JOIN unnest(before) AS was ON was.token_type = allocated.token_type
    LEFT JOIN public.ai_tokens AS token
      ON token.organization_id = tenant AND token.token_type = allocated.token_type
  ORDER BY allocated.token_type;
END
$$;

ALTER FUNCTION tollgate.apply_plan(organization_id uuid, plan text, at_once boolean) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.apply_plan(organization_id uuid, plan text, at_once boolean) IS 'Does what tollgate.change_plan describes. The caller has admitted itself to the organization, and the plan exists. Raises TG404 for an unknown organization.';

CREATE FUNCTION tollgate.apply_refund(request jsonb, id uuid, token public.ai_tokens, charge tollgate.refundable) RETURNS tollgate.applied
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  applied tollgate.applied;
  refund tollgate.refunds;
  amount bigint;
  to_purchased bigint;
BEGIN
  applied.token := token;
  -- What was free of charge needs no balance: there is none to give anything back to.
  IF token.organization_id IS NULL OR charge.refunded >= charge.cost THEN
    applied.outcome := 'already_refunded';
    RETURN applied;
  ELSIF (request ->> 'amount')::numeric < 1 THEN
    applied.outcome := 'amount_out_of_range';
    RETURN applied;
  ELSIF (request ->> 'amount')::numeric > charge.cost - charge.refunded THEN
    applied.outcome := 'refund_exceeds_charge';
    RETURN applied;
  END IF;
  amount := coalesce((request ->> 'amount')::bigint, charge.cost - charge.refunded);
  IF token.balance > 1000000000000000000 - amount THEN
    applied.outcome := 'amount_out_of_range';
    RETURN applied;
  END IF;

  -- Bought tokens were spent last: they come back first.
  to_purchased := least(amount, charge.from_purchased - charge.refunded_to_purchased);
  refund.organization_id := token.organization_id;
  refund.refund_id := apply_refund.id;
  refund.transaction_id := charge.id;
  refund.amount := amount;
  refund.to_purchased := to_purchased;
  refund.created_at := tollgate.moment();
  applied.refund := refund;
  applied.entry := tollgate.movement(token, 'refund', amount, request ->> 'reason', charge.id, NULL, NULL, apply_refund.id);
  token := tollgate.add_tokens(token, amount, to_purchased, apply_refund.id, NULL, NULL);
  -- A charge of an earlier period was not used in this one.
  token.total_used := greatest(0, token.total_used - amount);

  applied.outcome := 'success';
  applied.token := token;
  applied.amount := amount;
  applied.feature := charge.feature;
  applied.details := jsonb_build_object('amount', amount, 'refundedTotal', charge.refunded + amount);
  RETURN applied;
END
$$;

ALTER FUNCTION tollgate.apply_refund(request jsonb, id uuid, token public.ai_tokens, charge tollgate.refundable) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.apply_refund(request jsonb, id uuid, token public.ai_tokens, charge tollgate.refundable) IS 'Gives back all that is left of a charge, or a part of it, to where it came from. The caller has locked the balance, under whose lock alone a charge''s refunds grow, and writes the refund.';

CREATE FUNCTION tollgate.apply_release(id uuid, token public.ai_tokens, held tollgate.reservations) RETURNS tollgate.applied
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  applied tollgate.applied;
BEGIN
  applied.token := token;
  IF held.status IS DISTINCT FROM 'open' THEN
    applied.outcome := 'reservation_closed';
    RETURN applied;
  END IF;
  held.status := 'released';
  held.finished_at := tollgate.moment();
  applied.reservation := held;
  PERFORM tollgate.give_back_limits(held.organization_id, held.user_id, held.feature_used, held.token_type,
    held.amount, held.created_at);
  applied.entry := tollgate.movement(token, 'release', 0, NULL, held.reservation_id, held.amount, NULL, id);
  token.reserved := greatest(0, token.reserved - held.amount);
  token.ledger_sequence := token.ledger_sequence + 1;

  applied.outcome := 'success';
  applied.id := held.reservation_id;
  applied.feature := held.feature_used;
  applied.token := token;
  applied.amount := held.amount;
  applied.details := jsonb_build_object('released', held.amount);
  RETURN applied;
END
$$;

ALTER FUNCTION tollgate.apply_release(id uuid, token public.ai_tokens, held tollgate.reservations) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.apply_release(id uuid, token public.ai_tokens, held tollgate.reservations) IS 'Lets go what a reservation holds. The caller has locked the balance, and writes the reservation.';

CREATE FUNCTION tollgate.apply_reserve(request jsonb, id uuid, token public.ai_tokens, cost bigint, feature text, units jsonb, price_version integer, user_id uuid, event_id text, metadata jsonb) RETURNS tollgate.applied
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  applied tollgate.applied;
  held tollgate.reservations;
  ttl_seconds CONSTANT double precision := coalesce((request ->> 'ttlSeconds')::double precision, 300);
  moment CONSTANT timestamptz := tollgate.moment();
  expires_at CONSTANT timestamptz := moment + make_interval(secs => ttl_seconds);
BEGIN
  held.organization_id := token.organization_id;
  held.reservation_id := id;
  held.token_type := token.token_type;
  held.feature_used := feature;
  held.units := units;
  held.user_id := user_id;
  held.event_id := event_id;
  held.price_version := price_version;
  held.amount := cost;
  held.captured := 0;
  held.status := 'open';
  held.metadata := coalesce(metadata, '{}');
  held.expires_at := expires_at;
  held.created_at := moment;
  applied.reservation := held;
  applied.entry := tollgate.movement(token, 'reservation', 0, NULL, id, cost, NULL, id);
  token.reserved := token.reserved + cost;
  token.ledger_sequence := token.ledger_sequence + 1;
  token.due_at := least(token.due_at, expires_at);

  applied.outcome := 'success';
  applied.token := token;
  applied.amount := cost;
  applied.details := jsonb_build_object('amount', cost, 'expiresAtMicroseconds',
    (extract(epoch FROM expires_at) * 1000000)::bigint);
  RETURN applied;
END
$$;

ALTER FUNCTION tollgate.apply_reserve(request jsonb, id uuid, token public.ai_tokens, cost bigint, feature text, units jsonb, price_version integer, user_id uuid, event_id text, metadata jsonb) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.apply_reserve(request jsonb, id uuid, token public.ai_tokens, cost bigint, feature text, units jsonb, price_version integer, user_id uuid, event_id text, metadata jsonb) IS 'Holds tokens that can be spent, until they are captured, released or expire. The caller has locked the balance, and found that it suffices and that the time is 1 second to 24 hours; it writes the reservation.';

CREATE FUNCTION tollgate.apply_reset(id uuid, token public.ai_tokens) RETURNS tollgate.applied
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  applied tollgate.applied;
  allocated CONSTANT tollgate.plan_allocations := policy.allocation
    FROM tollgate.allocation_at(token.organization_id, token.token_type, tollgate.moment()) AS policy;
  balance_after CONSTANT bigint := tollgate.balance_after_reset(
    token, coalesce(allocated.tokens, 0), coalesce(allocated.rollover_cap, 0), token.overdraft, 1);
BEGIN
  applied.amount := balance_after - token.balance;
  applied.entry := tollgate.movement(token, 'reset', applied.amount, 'by_hand', NULL, NULL, NULL, id);
  token.balance := balance_after;
  token.ledger_balance := balance_after;
  token.ledger_sequence := token.ledger_sequence + 1;
  token.total_allocated := coalesce(allocated.tokens, 0);
  token.total_used := 0;
  applied.outcome := 'success';
  applied.token := token;
  applied.details := jsonb_build_object('amount', applied.amount);
  RETURN applied;
END
$$;

ALTER FUNCTION tollgate.apply_reset(id uuid, token public.ai_tokens) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.apply_reset(id uuid, token public.ai_tokens) IS 'Gives a balance its allocation anew, as an administrator says, within the period: the period''s end stays. The caller has locked it.';

CREATE FUNCTION tollgate.apply_top_up(request jsonb, id uuid, token public.ai_tokens) RETURNS tollgate.applied
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  applied tollgate.applied;
  amount CONSTANT numeric := (request ->> 'amount')::numeric;
  -- In two parts: intervals are multiplied as double precision, which the microseconds of the year 9999 do not fit.
  asked_expiry CONSTANT timestamptz := 'epoch'::timestamptz
    + (request ->> 'expiresAtMicroseconds')::bigint / 1000000 * interval '1 second'
    + (request ->> 'expiresAtMicroseconds')::bigint % 1000000 * interval '1 microsecond';
  expires_at CONSTANT timestamptz := coalesce(asked_expiry, tollgate.moment() + interval '12 months');
  known CONSTANT tollgate.token_packs := pack
    FROM tollgate.token_packs AS pack
    WHERE pack.organization_id = token.organization_id AND pack.payment_id = request ->> 'paymentId';
BEGIN
  applied.token := token;
  IF known.pack_id IS NOT NULL THEN
    IF (known.token_type, known.amount) IS DISTINCT FROM (token.token_type, amount)
      OR known.expires_at <> asked_expiry
    THEN
      applied.outcome := 'payment_conflict';
      RETURN applied;
    END IF;
    SELECT first.balance_before, first.balance_after, first.created_at
    INTO applied.balance_before, applied.balance_after, applied.created_at
    FROM tollgate.ledger_entries AS first
    WHERE first.organization_id = token.organization_id AND first.id = known.pack_id;
    applied.is_replay := true;
    applied.id := known.pack_id;
  ELSIF (amount BETWEEN 1 AND 1000000000000000) IS NOT TRUE
    OR token.balance > 1000000000000000000 - amount
    OR expires_at <= tollgate.moment()
  THEN
    applied.outcome := 'amount_out_of_range';
    RETURN applied;
  ELSIF coalesce(request ->> 'paymentId', '') = '' THEN
    RAISE EXCEPTION 'A top-up names its payment.' USING ERRCODE = 'TG400';
  ELSE
    applied.entry := tollgate.movement(token, 'top_up', amount::bigint, NULL, id, NULL,
      jsonb_build_object('paymentId', request ->> 'paymentId'), id);
    applied.token := tollgate.add_tokens(token, amount::bigint, amount::bigint, id, request ->> 'paymentId', expires_at);
  END IF;
  applied.outcome := 'success';
  applied.amount := amount::bigint;
  applied.details := jsonb_build_object('amount', amount, 'paymentId', request ->> 'paymentId', 'expiresAtMicroseconds',
    (extract(epoch FROM coalesce(known.expires_at, expires_at)) * 1000000)::bigint);
  RETURN applied;
END
$$;

ALTER FUNCTION tollgate.apply_top_up(request jsonb, id uuid, token public.ai_tokens) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.apply_top_up(request jsonb, id uuid, token public.ai_tokens) IS 'Adds a pack of bought tokens. A payment counts once: the second time it is answered as the first. The caller has locked the balance.';

CREATE FUNCTION tollgate.are_rates(rates jsonb) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    AS $_$
BEGIN
  IF jsonb_typeof(rates) IS DISTINCT FROM 'object' THEN
    RETURN false;
  END IF;
  RETURN (
    SELECT count(*) BETWEEN 1 AND 16
      AND bool_and(
        CASE
          WHEN jsonb_typeof(given.rate) <> 'object' THEN false
          ELSE given.dimension ~ '^[a-z][a-z0-9_]{0,62}$'
            AND given.rate - 'tokens' - 'per' = '{}'
            AND jsonb_typeof(given.rate -> 'tokens') = 'number'
            AND (given.rate -> 'tokens')::text ~ '^(0|[1-9][0-9]{0,14}|10{15})$'
            AND jsonb_typeof(given.rate -> 'per') = 'number'
            AND (given.rate -> 'per')::text IN ('1', '1000', '1000000')
        END IS TRUE
      )
    FROM jsonb_each(rates) AS given (dimension, rate)
  );
END
$_$;

ALTER FUNCTION tollgate.are_rates(rates jsonb) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.are_rates(rates jsonb) IS 'Whether this is a price with dimensions: 1 to 16 lower-case names, each with {"tokens": 0 to 10^15, "per": 1, 1000 or 1000000}, all integers.';

CREATE FUNCTION tollgate.ask_cache(organization_id uuid, user_id uuid, membership_required boolean, cache_name text, key jsonb, lease_id uuid, idempotency_key text DEFAULT NULL::text) RETURNS tollgate.cache_answer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
DECLARE
  cache tollgate.caches;
  hash bytea;
  answer tollgate.cache_answer;
BEGIN
  IF ask_cache.lease_id IS NULL OR ask_cache.idempotency_key !~ '^[\x21-\x7E]{1,255}$' THEN
    RAISE EXCEPTION 'A lease has an id, and an idempotency key is 1 to 255 printable ASCII characters.'
      USING ERRCODE = 'TG400';
  END IF;
  PERFORM tollgate.admit_organizations(ARRAY[ask_cache.organization_id, '00000000-0000-0000-0000-000000000000']);
  answer.outcome := tollgate.may_change(ask_cache.organization_id, ask_cache.user_id, ask_cache.membership_required);
  IF answer.outcome = 'success' THEN
    cache := tollgate.cache_of(ask_cache.organization_id, ask_cache.cache_name);
    hash := tollgate.cache_key_hash(ask_cache.organization_id, cache, ask_cache.key);
    IF cache.cache_id IS NULL THEN
      answer.outcome := 'unknown_cache';
    ELSIF hash IS NULL THEN
      answer.outcome := 'invalid_decision_key';
    ELSE
      answer := tollgate.answer_from_cache(ask_cache.organization_id, ask_cache.user_id,
        coalesce(ask_cache.membership_required, true), cache, hash, ask_cache.lease_id, ask_cache.idempotency_key);
    END IF;
  END IF;
  PERFORM tollgate.admit_organizations('{}');
  RETURN answer;
END
$_$;

ALTER FUNCTION tollgate.ask_cache(organization_id uuid, user_id uuid, membership_required boolean, cache_name text, key jsonb, lease_id uuid, idempotency_key text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.ask_cache(organization_id uuid, user_id uuid, membership_required boolean, cache_name text, key jsonb, lease_id uuid, idempotency_key text) IS 'What a decision cache says to a key: see the type tollgate.cache_answer. lease_id is a new id for the call, should one be granted. Hits and fallbacks are counted by who asks, with tollgate.count_cache_answers. Raises TG400 for an argument that is none.';

CREATE FUNCTION tollgate.balance_after_reset(token public.ai_tokens, allocation bigint, rollover_cap bigint, overdraft bigint, periods integer) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  -- The plan's part: what was bought is not touched. Below 0 it is a debt, which the allocation pays first.
  unused bigint := token.balance - token.purchased;
  carried bigint;
BEGIN
  FOR period IN 1..periods LOOP
    carried := least(unused, rollover_cap);
    -- From here on every period ends like the one before.
    EXIT WHEN unused = allocation + carried;
    unused := allocation + carried;
  END LOOP;
  -- What is held cannot go: nothing but the overdraft may be missing behind it.
  RETURN greatest(unused + token.purchased, token.reserved - overdraft);
END
$$;

ALTER FUNCTION tollgate.balance_after_reset(token public.ai_tokens, allocation bigint, rollover_cap bigint, overdraft bigint, periods integer) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.balance_after_reset(token public.ai_tokens, allocation bigint, rollover_cap bigint, overdraft bigint, periods integer) IS 'Tokens after so many periods have ended without a use: the allocation, what rolls over up to the cap, and what was bought.';

CREATE TABLE tollgate.token_types (
    token_type text NOT NULL,
    title text NOT NULL,
    critical_below bigint,
    warning_below bigint,
    safe_from bigint,
    critical_percent integer DEFAULT 20 NOT NULL,
    warning_percent integer DEFAULT 50 NOT NULL,
    critical_blocks boolean DEFAULT false NOT NULL,
    CONSTRAINT "a token type is a lower-case name" CHECK ((token_type ~ '^[a-z][a-z0-9_]{0,62}$'::text)),
    CONSTRAINT "absolute thresholds are in order" CHECK (((0 <= critical_below) AND (critical_below <= warning_below) AND (warning_below <= safe_from))),
    CONSTRAINT "percentages are between 0 and 100 and in order" CHECK (((0 <= critical_percent) AND (critical_percent <= warning_percent) AND (warning_percent <= 100)))
);

ALTER TABLE tollgate.token_types OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.token_types IS 'The kinds of tokens a balance can be of.';

COMMENT ON COLUMN tollgate.token_types.critical_below IS 'Tokens. Below it the state is critical; NULL: critical_percent of the allocation decides.';

COMMENT ON COLUMN tollgate.token_types.warning_below IS 'Tokens. Below it the state is warning; NULL: warning_percent of the allocation decides.';

COMMENT ON COLUMN tollgate.token_types.safe_from IS 'Tokens. From here on nobody needs to look.';

COMMENT ON COLUMN tollgate.token_types.critical_percent IS 'Percent of the allocation. Less than this left is critical.';

COMMENT ON COLUMN tollgate.token_types.warning_percent IS 'Percent of the allocation. This much or less left is warning.';

COMMENT ON COLUMN tollgate.token_types.critical_blocks IS 'Whether nothing may be spent while the state is critical, not even what could be paid.';

CREATE FUNCTION tollgate.balance_state(available bigint, allocated bigint, kind tollgate.token_types) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  SELECT tollgate.state_between(
    available, tollgate.critical_threshold(allocated, kind), tollgate.warning_threshold(allocated, kind))
$$;

ALTER FUNCTION tollgate.balance_state(available bigint, allocated bigint, kind tollgate.token_types) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.balance_state(available bigint, allocated bigint, kind tollgate.token_types) IS 'safe, warning, critical or exhausted, for a number of available tokens.';

CREATE FUNCTION tollgate.balances_at(organization_id uuid, user_id uuid, membership_required boolean, at timestamp with time zone) RETURNS TABLE(outcome text, token_type text, balance bigint, reserved bigint, available bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
  a_minute CONSTANT interval := interval '1 minute';
  token record;
  last_sequence bigint;
  nearest timestamptz;
  first_id uuid;
  end_id uuid;
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[balances_at.organization_id]);
  outcome := tollgate.may_read(balances_at.organization_id, balances_at.user_id, balances_at.membership_required);
  IF outcome = 'success' AND (balances_at.at <= tollgate.moment()) IS NOT TRUE THEN
    outcome := 'in_the_future';
  END IF;
  IF outcome <> 'success' THEN
    PERFORM tollgate.admit_organizations('{}');
    RETURN NEXT;
    RETURN;
  END IF;

  FOR token IN
    SELECT kept.token_type, kept.ledger_sequence, kept.last_used_at
    FROM public.ai_tokens AS kept
    WHERE kept.organization_id = balances_at.organization_id
    ORDER BY kept.token_type
  LOOP
    balance := NULL;
    last_sequence := 0;
    end_id := tollgate.first_id_at(balances_at.at + a_minute);
    SELECT movement.created_at
    INTO nearest
    FROM tollgate.ledger_entries AS movement
    WHERE movement.organization_id = balances_at.organization_id
      AND movement.token_type = token.token_type
      AND movement.kind <> 'refusal'
      AND movement.id < end_id
      AND movement.created_at <= balances_at.at
    ORDER BY movement.id DESC
    LIMIT 1;
    first_id := tollgate.first_id_at(coalesce(nearest - a_minute, 'epoch'));
    IF nearest IS NOT NULL THEN
      SELECT movement.sequence, movement.balance_after
      INTO last_sequence, balance
      FROM tollgate.ledger_entries AS movement
      WHERE movement.organization_id = balances_at.organization_id
        AND movement.token_type = token.token_type
        AND movement.kind <> 'refusal'
        AND movement.id >= first_id
        AND movement.id < end_id
        AND movement.created_at <= balances_at.at
      ORDER BY movement.sequence DESC
      LIMIT 1;
    END IF;

    IF token.ledger_sequence > last_sequence AND token.last_used_at IS NOT NULL THEN
      end_id := tollgate.first_id_at(least(balances_at.at, token.last_used_at) + a_minute);
      SELECT movement.created_at
      INTO nearest
      FROM public.ai_token_usage_log AS movement
      WHERE movement.organization_id = balances_at.organization_id
        AND movement.token_type = token.token_type
        AND movement.id >= first_id
        AND movement.id < end_id
        AND movement.created_at <= balances_at.at
        AND movement.sequence > last_sequence
      ORDER BY movement.id DESC
      LIMIT 1;
      IF FOUND THEN
        first_id := tollgate.first_id_at(nearest - a_minute);
        SELECT movement.remaining_balance
        INTO balance
        FROM public.ai_token_usage_log AS movement
        WHERE movement.organization_id = balances_at.organization_id
          AND movement.token_type = token.token_type
          AND movement.id >= first_id
          AND movement.id < end_id
          AND movement.created_at <= balances_at.at
          AND movement.sequence > last_sequence
        ORDER BY movement.sequence DESC
        LIMIT 1;
      END IF;
    END IF;
    CONTINUE WHEN balance IS NULL;

    SELECT coalesce(sum(reservation.amount), 0)::bigint
    INTO reserved
    FROM tollgate.reservations AS reservation
    WHERE reservation.organization_id = balances_at.organization_id
      AND reservation.token_type = token.token_type
      AND reservation.created_at <= balances_at.at
      AND reservation.expires_at > balances_at.at
      AND (reservation.status = 'open' OR reservation.finished_at > balances_at.at);
    token_type := token.token_type;
    available := balance - reserved;
    RETURN NEXT;
  END LOOP;
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.balances_at(organization_id uuid, user_id uuid, membership_required boolean, at timestamp with time zone) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.balances_at(organization_id uuid, user_id uuid, membership_required boolean, at timestamp with time zone) IS 'The balances of an organization at a past instant, from its ledger: of the token types that had moved by then. Who may not read them, or asks about the future (in_the_future), gets one row with the outcome and NULLs.';

CREATE FUNCTION tollgate.batch_organizations() RETURNS uuid[]
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  SELECT nullif(pg_catalog.current_setting('tollgate.organizations', true), '')::uuid[]
$$;

ALTER FUNCTION tollgate.batch_organizations() OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.batch_organizations() IS 'The organizations that the running function works for; NULL outside of one. The owner''s policies admit exactly these, by (… = ANY …) IS TRUE and not by = ANY alone, which would offer the planner an index on the organization where only one on the whole key is good.';

CREATE FUNCTION tollgate.begin_audit_log() RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $_$
DECLARE
  recorder record;
  has_begun boolean;
BEGIN
  -- Policies show the owner one organization at a time, and no record at all.
  ALTER TABLE tollgate.audit_log NO FORCE ROW LEVEL SECURITY;
  has_begun := EXISTS (SELECT FROM tollgate.audit_log);
  FOR recorder IN
    SELECT recording.tgrelid::regclass AS relation, relation.relforcerowsecurity AS is_forced,
      string_to_array(encode(recording.tgargs, 'escape'), '\000') AS arguments
    FROM pg_trigger AS recording
      JOIN pg_class AS relation ON relation.oid = recording.tgrelid
    WHERE recording.tgfoid = 'tollgate.record_row'::regproc
      -- Bit 2: it fires when a row is inserted. What spending makes is recorded when somebody decides about it.
      AND (recording.tgtype & 4) <> 0
      AND NOT has_begun
    ORDER BY relation.relname
  LOOP
    IF recorder.is_forced THEN
      EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', recorder.relation);
    END IF;
    EXECUTE format($insert$
      INSERT INTO tollgate.audit_log
        (organization_id, id, actor_kind, actor_id, hint, database_role, change, subject, after)
      SELECT coalesce((there.columns ->> %L)::uuid, '00000000-0000-0000-0000-000000000000'), tollgate.time_ordered_id(),
        'database', session_user, 'tollgate migrate up', session_user, $1, tollgate.recorded_subject(there.columns, $2),
        tollgate.recorded_columns(there.columns, $3)
      FROM %s AS known
        CROSS JOIN LATERAL (SELECT to_jsonb(known) AS columns) AS there
    $insert$, CASE WHEN recorder.relation = 'public.organizations'::regclass THEN 'id' ELSE 'organization_id' END,
      recorder.relation)
    USING recorder.arguments[1] || '.create', string_to_array(recorder.arguments[2], ' '),
      string_to_array(recorder.arguments[3], ' ');
    IF recorder.is_forced THEN
      EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', recorder.relation);
    END IF;
  END LOOP;
  ALTER TABLE tollgate.audit_log FORCE ROW LEVEL SECURITY;
END
$_$;

ALTER FUNCTION tollgate.begin_audit_log() OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.begin_audit_log() IS 'Records as made what administrators decide and is there when the log begins, so that a row without a record is one that somebody hid. For `tollgate migrate up`, in the transaction that makes the triggers; does nothing once there is a record.';

CREATE FUNCTION tollgate.begin_authorization(organization_id uuid, user_id uuid, membership_required boolean, provider text, state_digest bytea, verifier bytea) RETURNS TABLE(outcome text, authorization_url text, client_id text, scopes text[], redirect_uri text, authorization_parameters jsonb)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  tenant CONSTANT uuid := begin_authorization.organization_id;
  moment CONSTANT timestamptz := tollgate.moment();
  -- Enough for everybody who has the page open, and no more rows than that of one organization.
  under_way_limit CONSTANT integer := 100;
  known tollgate.providers;
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[tenant]);
  outcome := tollgate.may_change(tenant, begin_authorization.user_id, begin_authorization.membership_required);
  IF outcome = 'success' THEN
    SELECT * INTO known FROM tollgate.providers AS provided WHERE provided.provider = begin_authorization.provider;
    IF NOT FOUND THEN
      outcome := 'unknown_provider';
    END IF;
  END IF;
  IF outcome = 'success' THEN
    DELETE FROM tollgate.credential_authorizations AS old
    WHERE old.organization_id = tenant
      AND (old.ends_at <= moment OR old.state_digest IN (
        SELECT under_way.state_digest
        FROM tollgate.credential_authorizations AS under_way
        WHERE under_way.organization_id = tenant
        ORDER BY under_way.ends_at DESC
        OFFSET under_way_limit - 1
      ));
    INSERT INTO tollgate.credential_authorizations
      (organization_id, state_digest, provider, begun_by, verifier, begun_at, ends_at)
    VALUES (tenant, begin_authorization.state_digest, known.provider,
      CASE WHEN begin_authorization.membership_required IS NOT FALSE THEN begin_authorization.user_id END,
      begin_authorization.verifier, moment, moment + interval '10 minutes');
    authorization_url := known.authorization_url;
    client_id := known.client_id;
    scopes := known.scopes;
    redirect_uri := known.redirect_uri;
    authorization_parameters := known.authorization_parameters;
  END IF;
  PERFORM tollgate.admit_organizations('{}');
  RETURN NEXT;
END
$$;

ALTER FUNCTION tollgate.begin_authorization(organization_id uuid, user_id uuid, membership_required boolean, provider text, state_digest bytea, verifier bytea) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.begin_authorization(organization_id uuid, user_id uuid, membership_required boolean, provider text, state_digest bytea, verifier bytea) IS 'Notes that somebody is sent to a provider for consent, with the digest of the state and the sealed code verifier. One row: outcome is success, forbidden, unknown_organization or unknown_provider, and of a success what the authorization URL is made of. An organization has at most 100 under way; the oldest make room.';

CREATE FUNCTION tollgate.begin_next_plans(organization_ids uuid[]) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  begun integer;
BEGIN
  WITH due AS (
    SELECT organization.id
    FROM public.organizations AS organization
    WHERE organization.id = ANY (organization_ids)
      AND organization.next_plan_from <= tollgate.moment()
      -- A period that ended before is still reset by the plan that it had.
      AND NOT EXISTS (
        SELECT
        FROM public.ai_tokens AS token
        WHERE token.organization_id = organization.id AND token.refresh_date <= tollgate.moment()
      )
    FOR NO KEY UPDATE SKIP LOCKED
  )
  UPDATE public.organizations AS organization
  SET plan = organization.next_plan,
    next_plan = NULL,
    next_plan_from = NULL,
    updated_at = now()
  FROM due
  WHERE organization.id = due.id;
  GET DIAGNOSTICS begun = ROW_COUNT;
  RETURN begun;
END
$$;

ALTER FUNCTION tollgate.begin_next_plans(organization_ids uuid[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.begin_next_plans(organization_ids uuid[]) IS 'Makes the next plan of these organizations their plan where its time has come and all of their resets are booked, and returns how many these were. The caller has admitted itself to them.';

CREATE FUNCTION tollgate.binding_limit(organization_id uuid, user_id uuid, feature text, token_type text, cost bigint, OUT limit_name text, OUT retry_after_seconds bigint) RETURNS record
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
BEGIN
  SELECT exceeded.limit_name, exceeded.wait
  INTO limit_name, retry_after_seconds
  FROM (
    SELECT
      bound.limit_name,
      -- Waiting does not help what a new window refuses, too.
      CASE
        WHEN bound.counts = 'tokens' AND binding_limit.cost > bound.maximum THEN NULL
        WHEN bound.counts <> 'tokens' AND bound.maximum = 0 THEN NULL
        ELSE greatest(ceil(extract(epoch FROM bound.window_end - tollgate.moment()))::bigint, 1)
      END AS wait
    FROM tollgate.applicable_limits(
      binding_limit.organization_id, binding_limit.user_id, binding_limit.feature, binding_limit.token_type) AS bound
    WHERE bound.action = 'refuse'
      AND CASE bound.counts
        WHEN 'tokens' THEN binding_limit.cost > 0 AND bound.used + binding_limit.cost > bound.maximum
        WHEN 'uses' THEN bound.used + 1 > bound.maximum
        ELSE bound.used >= bound.maximum
      END
  ) AS exceeded
  ORDER BY exceeded.wait DESC NULLS FIRST, exceeded.limit_name COLLATE "C"
  LIMIT 1;
END
$$;

ALTER FUNCTION tollgate.binding_limit(organization_id uuid, user_id uuid, feature text, token_type text, cost bigint, OUT limit_name text, OUT retry_after_seconds bigint) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.binding_limit(organization_id uuid, user_id uuid, feature text, token_type text, cost bigint, OUT limit_name text, OUT retry_after_seconds bigint) IS 'The limit that refuses a charge of so many tokens now, and the seconds until it would not (NULL: waiting does not help). Of several the one that makes one wait longest; NULL: none. Exact for who has called tollgate.lock_limits.';

CREATE FUNCTION tollgate.bring_packs_up_to_date(INOUT token public.ai_tokens) RETURNS public.ai_tokens
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  PERFORM tollgate.write_pack_uses(used.uses)
  FROM tollgate.use_packs(token, ARRAY(
    SELECT open
    FROM tollgate.token_packs AS open
    WHERE open.organization_id = token.organization_id AND open.token_type = token.token_type AND open.remaining > 0
    ORDER BY open.expires_at, open.pack_id)) AS used;
  token.purchased_sequence := token.ledger_sequence;
END
$$;

ALTER FUNCTION tollgate.bring_packs_up_to_date(INOUT token public.ai_tokens) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.bring_packs_up_to_date(INOUT token public.ai_tokens) IS 'Books what was spent of a balance''s packs, before another pack changes which of them is next. The caller has locked the balance and writes the row it gets.';

CREATE FUNCTION tollgate.bring_up_to_date(organization_ids uuid[], token_types text[]) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  due public.ai_tokens[];
BEGIN
  -- What somebody else has locked is being brought up to date there.
  SELECT array_agg(locked.token)
  INTO due
  FROM (
    SELECT token
    FROM unnest(organization_ids, token_types) AS named (organization_id, token_type)
      JOIN public.ai_tokens AS token USING (organization_id, token_type)
    WHERE token.balance <> token.ledger_balance
      OR token.refresh_date <= tollgate.moment()
      OR token.due_at <= tollgate.moment()
    ORDER BY token.organization_id, token.token_type
    FOR NO KEY UPDATE OF token SKIP LOCKED
  ) AS locked;
  IF due IS NULL THEN
    RETURN 0;
  END IF;
  -- What expires gives back what limits have counted; they are locked after the balances, as in settlement.
  PERFORM tollgate.lock_limits(array_agg(token.organization_id))
  FROM unnest(due) AS token
  WHERE token.reserved > 0
  HAVING count(*) > 0;
  FOR number IN 1..cardinality(due) LOOP
    due[number] := tollgate.apply_due(due[number]);
  END LOOP;
  RETURN tollgate.write_balances(due);
END
$$;

ALTER FUNCTION tollgate.bring_up_to_date(organization_ids uuid[], token_types text[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.bring_up_to_date(organization_ids uuid[], token_types text[]) IS 'Books everything that is due to these balances: a change by hand becomes an adjustment, a period that is over a reset, packs and reservations expire. Returns how many it changed. Rows that another transaction has locked are left to it.';

CREATE FUNCTION tollgate.cache_key_hash(organization_id uuid, cache tollgate.caches, key jsonb) RETURNS bytea
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
  SELECT CASE
    WHEN told.members = cardinality(cache.key_members) AND told.fitting = told.members
      AND octet_length(told.canonical) <= 8192
    THEN sha256(convert_to(concat_ws(E'\n', organization_id, cache.cache_id, told.canonical), 'UTF8'))
  END
  FROM (
    SELECT
      count(*) AS members,
      count(*) FILTER (
        WHERE member.name = ANY (cache.key_members)
          AND (jsonb_typeof(member.value) IN ('string', 'boolean', 'null')
            OR jsonb_typeof(member.value) = 'number' AND member.value::text ~ '^-?[0-9]{1,19}$')
      ) AS fitting,
      '{' || string_agg(format('"%s":%s', member.name, member.value), ',' ORDER BY member.name COLLATE "C") || '}'
        AS canonical
    FROM jsonb_each(CASE jsonb_typeof(key) WHEN 'object' THEN key ELSE '{}' END) AS member (name, value)
  ) AS told
$_$;

ALTER FUNCTION tollgate.cache_key_hash(organization_id uuid, cache tollgate.caches, key jsonb) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.cache_key_hash(organization_id uuid, cache tollgate.caches, key jsonb) IS 'What a key is kept as: SHA-256, 32 bytes, of whose it is, the cache''s id and the key in canonical form. NULL for a key that does not have exactly the cache''s members, strings, integers of at most 19 digits, true, false or null each, or has more than 8192 bytes.';

CREATE FUNCTION tollgate.cache_of(organization_id uuid, cache_name text) RETURNS tollgate.caches
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT known
  FROM tollgate.caches AS known
  WHERE known.organization_id IN (cache_of.organization_id, '00000000-0000-0000-0000-000000000000')
    AND known.cache_name = cache_of.cache_name
  -- The nil UUID is the least.
  ORDER BY known.organization_id DESC
  LIMIT 1
$$;

ALTER FUNCTION tollgate.cache_of(organization_id uuid, cache_name text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.cache_of(organization_id uuid, cache_name text) IS 'The cache that an organization means by a name: its own, or the one for all; NULL for none. The caller has admitted itself to the organization and to the nil UUID.';

CREATE FUNCTION tollgate.caller_is_trusted() RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  caller CONSTANT name := tollgate.effective_role();
BEGIN
  RETURN pg_has_role(caller, 'tollgate_server', 'MEMBER') OR pg_has_role(caller, 'service_role', 'MEMBER');
END
$$;

ALTER FUNCTION tollgate.caller_is_trusted() OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.caller_is_trusted() IS 'True for the server, the service role and superusers: they may act for any organization. Everybody else acts as the user of the request''s claims.';

CREATE FUNCTION tollgate.capture(organization_id uuid, reservation_id uuid, amount bigint DEFAULT NULL::bigint, idempotency_key text DEFAULT NULL::text) RETURNS tollgate.settlement
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  RETURN tollgate.settle_one(capture.organization_id, NULL, NULL, NULL, idempotency_key, '{}',
    jsonb_strip_nulls(jsonb_build_object('operation', 'capture', 'reservationId', capture.reservation_id,
      'amount', capture.amount)));
END
$$;

ALTER FUNCTION tollgate.capture(organization_id uuid, reservation_id uuid, amount bigint, idempotency_key text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.capture(organization_id uuid, reservation_id uuid, amount bigint, idempotency_key text) IS 'Charges what a reservation holds, or an amount: less lets the rest go, more has to be there. outcome is success or insufficient_tokens; raised are TG404 unknown reservation, TG409 finished or expired.';

CREATE FUNCTION tollgate.change_plan(organization_id uuid, plan text, at_once boolean DEFAULT NULL::boolean, preview boolean DEFAULT false) RETURNS TABLE(token_type text, effective_at timestamp with time zone, balance_before bigint, balance_after bigint, allocated_before bigint, allocated_after bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM tollgate.plans AS known WHERE known.plan = change_plan.plan) THEN
    RAISE EXCEPTION 'There is no such plan.' USING ERRCODE = 'TG400', HINT = 'See tollgate.plans.';
  END IF;
  BEGIN
    PERFORM tollgate.admit_organizations(ARRAY[change_plan.organization_id]);
    RETURN QUERY
    SELECT change.*
    FROM tollgate.apply_plan(change_plan.organization_id, change_plan.plan, change_plan.at_once) AS change;
    -- An exception takes back what was written, and leaves the rows that are to be returned. Its SQLSTATE does not end in
    -- 000: that would catch every other of the class.
    IF preview THEN
      RAISE EXCEPTION 'A preview ends here.' USING ERRCODE = 'TG200';
    END IF;
  EXCEPTION
    WHEN SQLSTATE 'TG200' THEN
      NULL;
  END;
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.change_plan(organization_id uuid, plan text, at_once boolean, preview boolean) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.change_plan(organization_id uuid, plan text, at_once boolean, preview boolean) IS 'Changes an organization''s plan, and returns what becomes of each balance that the old or the new plan allocates; preview: changes nothing. An upgrade (more of some token type, less of none) takes effect at once: the new allocation is added to what is left, once for each plan and period. Anything that takes away waits for the next reset. at_once = true or false decides otherwise: at once, a type that gets less is cut to its new allocation, but bought and held tokens stay. The present plan again takes a waiting one back. balance_after is the balance after this call; allocated_after holds from effective_at on (NULL: never by itself, for the balance is never reset). Raises TG400 for an unknown plan, TG404 for an unknown organization.';

CREATE FUNCTION tollgate.change_webhook(webhook_id uuid, url text, events text[], active boolean) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  owner CONSTANT uuid := tollgate.admit_webhook(change_webhook.webhook_id);
BEGIN
  BEGIN
    UPDATE tollgate.webhooks AS hook
    SET url = coalesce(change_webhook.url, hook.url),
      events = coalesce(change_webhook.events, hook.events),
      active = coalesce(change_webhook.active, hook.active),
      disabled_reason = CASE WHEN change_webhook.active IS NULL THEN hook.disabled_reason END,
      -- Another address, or another try, has failed at nothing yet.
      failures = CASE WHEN change_webhook.active OR change_webhook.url <> hook.url THEN 0 ELSE hook.failures END,
      failing_since = CASE WHEN (change_webhook.active OR change_webhook.url <> hook.url) IS NOT TRUE THEN hook.failing_since END,
      updated_at = tollgate.moment()
    WHERE hook.organization_id = owner AND hook.webhook_id = change_webhook.webhook_id;
  EXCEPTION
    WHEN check_violation THEN
      RAISE EXCEPTION 'That is no webhook: an https URL, types of events.' USING ERRCODE = 'TG400';
  END;
  IF NOT change_webhook.active THEN
    PERFORM tollgate.end_deliveries(owner, change_webhook.webhook_id, 'The webhook was made inactive.');
  END IF;
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.change_webhook(webhook_id uuid, url text, events text[], active boolean) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.change_webhook(webhook_id uuid, url text, events text[], active boolean) IS 'Changes what is not NULL of a webhook. What waits for one that becomes inactive is dead. Raises TG400 for what is none, TG404 for an unknown one.';

CREATE FUNCTION tollgate.cheapest_packs(missing bigint, currency text, OUT packs json, OUT amount_minor numeric) RETURNS record
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT
    (
      SELECT json_agg(json_build_object('tokens', bought.tokens, 'count', bought.count) ORDER BY bought.tokens DESC)
      FROM (
        SELECT taken.tokens, sum(taken.count) AS count
        FROM (VALUES (way.bulk_tokens, way.bulk_count), (way.rest_tokens, way.rest_count)) AS taken (tokens, count)
        WHERE taken.count > 0
        GROUP BY taken.tokens
      ) AS bought
    ),
    way.amount_minor
  FROM (
    SELECT bulk.tokens AS bulk_tokens, filled.count AS bulk_count, rest.tokens AS rest_tokens,
      ceil((missing - filled.count * bulk.tokens)::numeric / rest.tokens)::bigint AS rest_count,
      filled.count::numeric * bulk.amount_minor
        + ceil((missing - filled.count * bulk.tokens)::numeric / rest.tokens) * rest.amount_minor AS amount_minor
    FROM tollgate.pack_prices AS bulk
      CROSS JOIN LATERAL (SELECT missing / bulk.tokens AS count) AS filled
      CROSS JOIN tollgate.pack_prices AS rest
    WHERE bulk.currency = cheapest_packs.currency
      AND rest.currency = cheapest_packs.currency
    ORDER BY 5, 2 DESC, 1, 3
    LIMIT 1
  ) AS way
$$;

ALTER FUNCTION tollgate.cheapest_packs(missing bigint, currency text, OUT packs json, OUT amount_minor numeric) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.cheapest_packs(missing bigint, currency text, OUT packs json, OUT amount_minor numeric) IS 'Packs that have so many tokens together, as [{"tokens", "count"}], and what they cost in the currency''s smallest unit; NULL: none has a price in it.';

CREATE FUNCTION tollgate.check_balance(organization_id uuid, user_id uuid, feature text, units bigint DEFAULT 1) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  caller CONSTANT record := tollgate.identify_caller(check_balance.organization_id, check_balance.user_id);
  outcome text;
BEGIN
  SELECT answer.outcome
  INTO outcome
  FROM tollgate.check_balances(
    ARRAY[caller.organization_id], ARRAY[caller.user_id], ARRAY[caller.membership_required], ARRAY[feature],
    ARRAY[units]) AS answer;
  PERFORM tollgate.raise_unless_decided(outcome);
  RETURN outcome = 'success';
END
$$;

ALTER FUNCTION tollgate.check_balance(organization_id uuid, user_id uuid, feature text, units bigint) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.check_balance(organization_id uuid, user_id uuid, feature text, units bigint) IS 'Would tollgate.deduct grant this now? Changes nothing. Raises like tollgate.deduct.';

CREATE FUNCTION tollgate.check_balances(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[], requests jsonb[] DEFAULT NULL::jsonb[]) RETURNS TABLE(item bigint, outcome text, token_type text, required bigint, balance bigint, available bigint, state text, price_version integer, details jsonb)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET jit TO 'off'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET enable_material TO 'off'
    SET enable_bitmapscan TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
  item_numbers CONSTANT integer[] := array_positions(array_fill(1, ARRAY[cardinality(features)]), 1);
  moment CONSTANT timestamptz := tollgate.moment();
  admitted text := set_config('tollgate.organizations', tollgate.named_organizations(organization_ids), true);
BEGIN
  -- Most items are about a balance that is there and due for nothing: its row says all. The others are asked about alone.
  RETURN QUERY
  SELECT
    asked.n::bigint,
    CASE
      WHEN NOT asked.is_plain THEN special.outcome
      WHEN NOT asked.is_admitted THEN
        CASE tollgate.may_change(asked.organization_id, asked.user_id, true)
          WHEN 'not_permitted' THEN 'not_permitted'
          ELSE 'forbidden'
        END
      WHEN asked.cost IS NULL THEN 'amount_out_of_range'
      WHEN asked.is_suspended THEN 'organization_suspended'
      WHEN asked.outcome = 'insufficient_tokens' AND asked.available <= 0 AND asked.total_allocated = 0
        AND tollgate.is_planned(asked.token_type)
      THEN 'not_on_plan'
      ELSE asked.outcome
    END,
    asked.token_type,
    CASE WHEN asked.is_plain THEN asked.cost ELSE special.required END,
    CASE WHEN NOT asked.is_plain THEN special.balance WHEN asked.is_admitted THEN asked.balance END,
    CASE WHEN NOT asked.is_plain THEN special.available WHEN asked.is_admitted THEN asked.available END,
    CASE WHEN NOT asked.is_plain THEN special.state WHEN asked.is_admitted THEN asked.state END,
    asked.price_version,
    CASE
      WHEN NOT asked.is_plain THEN special.details
      WHEN NOT asked.is_admitted OR asked.is_suspended OR asked.cost IS NULL THEN NULL
      WHEN asked.outcome = 'insufficient_tokens' THEN '{"limit": "balance"}'::jsonb
      WHEN asked.outcome = 'critical_balance' THEN '{"limit": "critical_threshold"}'::jsonb
    END
  FROM (
    SELECT
      found.*,
      tollgate.spending_outcome(found.cost, found.available, found.overdraft, found.blocked_below, NULL, false) AS outcome
    FROM (
      SELECT
        item.n, item.organization_id, item.user_id, item.membership_required, item.feature, item.units, item.request,
        coalesce(
          offered.rates IS NULL AND NOT offered.is_limited AND item.request IS NULL AND token.id IS NOT NULL
            AND (token.refresh_date <= moment) IS NOT TRUE AND (token.due_at <= moment) IS NOT TRUE, false) AS is_plain,
        item.membership_required IS FALSE OR EXISTS (
          SELECT
          FROM public.user_profiles AS membership
          WHERE membership.organization_id = item.organization_id AND membership.id = item.user_id
            AND membership.role <> 'viewer'
        ) AS is_admitted,
        EXISTS (
          SELECT
          FROM public.organizations AS organization
          WHERE organization.id = item.organization_id AND organization.status = 'suspended'
        ) AS is_suspended,
        offered.token_type,
        offered.price_version,
        CASE
          WHEN item.units BETWEEN 1 AND 1000000000000000 / greatest(offered.cost, 1) THEN item.units * offered.cost
        END AS cost,
        token.balance,
        token.balance - token.reserved AS available,
        token.overdraft,
        token.total_allocated,
        CASE WHEN kind.critical_blocks THEN tollgate.critical_threshold(token.total_allocated, kind) END AS blocked_below,
        tollgate.balance_state(token.balance - token.reserved, token.total_allocated, kind) AS state
      FROM (
        SELECT
          unnest(item_numbers) AS n, unnest(organization_ids) AS organization_id, unnest(user_ids) AS user_id,
          unnest(membership_required) AS membership_required, unnest(features) AS feature, unnest(units) AS units,
          unnest(requests) AS request
      ) AS item
        LEFT JOIN tollgate.features AS offered ON offered.feature = item.feature
        LEFT JOIN tollgate.token_types AS kind ON kind.token_type = offered.token_type
        LEFT JOIN public.ai_tokens AS token
          ON token.organization_id = item.organization_id AND token.token_type = offered.token_type
      OFFSET 0
    ) AS found
  ) AS asked
    LEFT JOIN LATERAL (
      SELECT found.*
      FROM tollgate.check_item(asked.organization_id, asked.user_id, asked.membership_required, asked.feature,
        asked.units, asked.request) AS found
      WHERE NOT asked.is_plain
      -- Keeps the condition with the function, which is called for nothing else then.
      OFFSET 0
    ) AS special ON true;
  admitted := set_config('tollgate.organizations', '', true);
END
$$;

ALTER FUNCTION tollgate.check_balances(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[], requests jsonb[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.check_balances(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[], requests jsonb[]) IS 'Says of each item whether tollgate.settle would grant it now, one by one and without changing anything.';

CREATE FUNCTION tollgate.check_item(organization_id uuid, user_id uuid, membership_required boolean, feature text, units bigint, request jsonb) RETURNS TABLE(outcome text, token_type text, required bigint, balance bigint, available bigint, state text, price_version integer, details jsonb)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  moment CONSTANT timestamptz := tollgate.moment();
BEGIN
  RETURN QUERY
  SELECT
    CASE
      WHEN asked.verdict IS NULL AND asked.outcome = 'insufficient_tokens' AND asked.available <= 0
        AND asked.allocated = 0 AND tollgate.is_planned(asked.token_type)
      THEN 'not_on_plan'
      ELSE coalesce(asked.verdict, bound.outcome, asked.outcome)
    END,
    asked.token_type,
    asked.cost,
    CASE WHEN asked.is_admitted THEN asked.balance END,
    CASE WHEN asked.is_admitted THEN asked.available END,
    CASE WHEN asked.is_admitted THEN
      tollgate.state_between(asked.available, asked.critical_threshold, asked.warning_threshold)
    END,
    asked.price_version,
    CASE
      WHEN asked.verdict IS NULL THEN
        coalesce(bound.details, CASE asked.outcome
          WHEN 'refilling' THEN
            jsonb_build_object('limit', 'balance', 'retryAfterSeconds', tollgate.refill_wait_seconds(
              asked.cost - asked.available - asked.overdraft, asked.refilled_at, (asked.allocation).refill_tokens,
              (asked.allocation).refill_seconds, moment))
          WHEN 'insufficient_tokens' THEN '{"limit": "balance"}'::jsonb
          WHEN 'critical_balance' THEN '{"limit": "critical_threshold"}'::jsonb
        END)
    END
  FROM (
    SELECT
      found.*,
      tollgate.spending_outcome(found.cost, found.available, found.overdraft,
        CASE WHEN found.critical_blocks THEN found.critical_threshold END,
        CASE WHEN (found.allocation).refill_tokens IS NOT NULL AND found.refilled_at IS NOT NULL THEN
          (found.allocation).tokens + found.purchased + found.overdraft - found.reserved
        END,
        -- Looked at above, for those that have too little alone.
        false) AS outcome,
      CASE
        WHEN NOT found.is_admitted THEN
          CASE tollgate.may_change(found.organization_id, found.user_id, true)
            WHEN 'not_permitted' THEN 'not_permitted'
            ELSE 'forbidden'
          END
        WHEN NOT found.is_known THEN 'unknown_organization'
        WHEN found.token_type IS NULL THEN 'unknown_feature'
        WHEN NOT found.is_priced THEN 'invalid_units'
        WHEN found.cost IS NULL THEN 'amount_out_of_range'
        WHEN found.is_suspended THEN 'organization_suspended'
      END AS verdict
    FROM (
      SELECT
        item.organization_id, item.user_id, item.feature,
        item.membership_required IS FALSE OR EXISTS (
          SELECT
          FROM public.user_profiles AS membership
          WHERE membership.organization_id = item.organization_id AND membership.id = item.user_id
            AND membership.role <> 'viewer'
        ) AS is_admitted,
        token.id IS NOT NULL OR EXISTS (
          SELECT
          FROM public.organizations AS organization
          WHERE organization.id = item.organization_id
        ) AS is_known,
        EXISTS (
          SELECT
          FROM public.organizations AS organization
          WHERE organization.id = item.organization_id AND organization.status = 'suspended'
        ) AS is_suspended,
        offered.token_type,
        offered.price_version,
        offered.is_limited,
        offered.rates IS NULL AND item.request IS NULL
          OR tollgate.units_fit(offered, item.units, item.request -> 'units') AS is_priced,
        CASE
          WHEN offered.rates IS NULL AND item.request IS NULL THEN
            CASE
              WHEN item.units BETWEEN 1 AND 1000000000000000 / greatest(offered.cost, 1) THEN item.units * offered.cost
            END
          ELSE tollgate.price_of(offered, item.units, item.request -> 'units')
        END AS cost,
        coalesce(current.balance, allocation.tokens, 0) AS balance,
        coalesce(current.reserved, 0) AS reserved,
        coalesce(current.balance - current.reserved, allocation.tokens, 0) AS available,
        coalesce(current.overdraft, allocation.overdraft, 0) AS overdraft,
        coalesce(current.purchased, 0) AS purchased,
        coalesce(current.total_allocated, allocation.tokens, 0) AS allocated,
        current.refilled_at,
        allocation,
        kind.critical_blocks,
        tollgate.critical_threshold(coalesce(current.total_allocated, allocation.tokens, 0), kind) AS critical_threshold,
        tollgate.warning_threshold(coalesce(current.total_allocated, allocation.tokens, 0), kind) AS warning_threshold
      FROM (
        SELECT
          check_item.organization_id, check_item.user_id, check_item.membership_required, check_item.feature,
          check_item.units, check_item.request
      ) AS item
        LEFT JOIN tollgate.features AS offered ON offered.feature = item.feature
        LEFT JOIN tollgate.token_types AS kind ON kind.token_type = offered.token_type
        LEFT JOIN public.ai_tokens AS token
          ON token.organization_id = item.organization_id AND token.token_type = offered.token_type
        LEFT JOIN LATERAL (
          SELECT
            token.balance, token.reserved, token.overdraft, token.purchased, token.total_allocated,
            token.refilled_at
          WHERE (token.refresh_date <= moment) IS NOT TRUE AND (token.due_at <= moment) IS NOT TRUE
          UNION ALL
          SELECT
            (due.current).balance, (due.current).reserved, (due.current).overdraft, (due.current).purchased,
            (due.current).total_allocated, (due.current).refilled_at
          FROM tollgate.due_movements(token, moment) AS due
          WHERE token.refresh_date <= moment OR token.due_at <= moment
          OFFSET 0
        ) AS current ON true
        LEFT JOIN LATERAL (
          SELECT (tollgate.allocation_at(item.organization_id, offered.token_type, moment)).allocation AS found
          WHERE token.id IS NULL OR token.refilled_at IS NOT NULL
          OFFSET 0
        ) AS plan ON true
        LEFT JOIN LATERAL (SELECT (plan.found).*) AS allocation ON true
      OFFSET 0
    ) AS found
  ) AS asked
    LEFT JOIN LATERAL (
      SELECT 'limit_reached' AS outcome,
        jsonb_strip_nulls(jsonb_build_object('limit', binding.limit_name,
          'retryAfterSeconds', binding.retry_after_seconds)) AS details
      FROM tollgate.binding_limit(asked.organization_id, asked.user_id, asked.feature, asked.token_type, asked.cost)
        AS binding
      WHERE asked.is_limited AND asked.outcome = 'success' AND asked.verdict IS NULL
        AND binding.limit_name IS NOT NULL
      OFFSET 0
    ) AS bound ON true;
END
$$;

ALTER FUNCTION tollgate.check_item(organization_id uuid, user_id uuid, membership_required boolean, feature text, units bigint, request jsonb) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.check_item(organization_id uuid, user_id uuid, membership_required boolean, feature text, units bigint, request jsonb) IS 'Says whether tollgate.settle would grant an item now, whatever it takes to know.';

CREATE FUNCTION tollgate.clear_auto_top_up(organization_id uuid, token_type text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  tenant CONSTANT uuid := organization_id;
  type CONSTANT text := token_type;
  was_set boolean;
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[tenant]);
  IF NOT EXISTS (SELECT FROM public.organizations AS known WHERE known.id = tenant) THEN
    RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
  END IF;
  UPDATE public.ai_tokens AS token
  SET request_below = NULL,
    updated_at = now()
  WHERE token.organization_id = tenant AND token.token_type = type;
  DELETE FROM tollgate.auto_top_ups AS configured
  WHERE configured.organization_id = tenant AND configured.token_type = type;
  was_set := FOUND;
  PERFORM tollgate.admit_organizations('{}');
  RETURN was_set;
END
$$;

ALTER FUNCTION tollgate.clear_auto_top_up(organization_id uuid, token_type text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.clear_auto_top_up(organization_id uuid, token_type text) IS 'Asks for no more top-ups of a balance. Returns whether any were asked for before. Raises TG404 for an unknown organization.';

CREATE FUNCTION tollgate.clear_limit(organization_id uuid, limit_name text, subject uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  was_counted boolean;
  forgotten bigint;
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[clear_limit.organization_id]);
  PERFORM tollgate.require_limit(clear_limit.organization_id, clear_limit.limit_name);
  PERFORM tollgate.lock_limits(ARRAY[clear_limit.organization_id]);
  DELETE FROM tollgate.limit_uses AS counted
  WHERE counted.organization_id = clear_limit.organization_id
    AND counted.limit_name = clear_limit.limit_name
    AND counted.subject = clear_limit.subject
  RETURNING counted.used
  INTO forgotten;
  was_counted := FOUND;
  IF was_counted THEN
    PERFORM tollgate.record_change(clear_limit.organization_id, 'limit_use.delete',
      clear_limit.limit_name || '/' || clear_limit.subject, jsonb_build_object('used', forgotten), NULL);
  END IF;
  PERFORM tollgate.admit_organizations('{}');
  RETURN was_counted;
END
$$;

ALTER FUNCTION tollgate.clear_limit(organization_id uuid, limit_name text, subject uuid) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.clear_limit(organization_id uuid, limit_name text, subject uuid) IS 'Forgets what a limit has counted for a user (or for the organization, by its id): the next charge begins a new window. True where something was counted. Raises TG404 for an unknown organization or limit.';

CREATE FUNCTION tollgate.connect_credential(organization_id uuid, user_id uuid, membership_required boolean, provider text, refresh_token bytea, access_token bytea DEFAULT NULL::bytea, expires_in_milliseconds bigint DEFAULT NULL::bigint, fresh_milliseconds bigint DEFAULT NULL::bigint, metadata jsonb DEFAULT NULL::jsonb) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  tenant CONSTANT uuid := connect_credential.organization_id;
  moment CONSTANT timestamptz := tollgate.moment();
  outcome text;
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[tenant]);
  outcome := tollgate.may_change(tenant, connect_credential.user_id, connect_credential.membership_required);
  IF outcome = 'success' THEN
    PERFORM
    FROM tollgate.providers AS provided
    WHERE provided.provider = connect_credential.provider
    FOR KEY SHARE;
    IF NOT FOUND THEN
      outcome := 'unknown_provider';
    END IF;
  END IF;
  IF outcome = 'success' THEN
    INSERT INTO tollgate.credentials AS known (organization_id, provider, refresh_token, access_token,
      access_token_expires_at, access_token_fresh_until, metadata, connected_at, connected_by)
    VALUES (tenant, connect_credential.provider, connect_credential.refresh_token, connect_credential.access_token,
      moment + connect_credential.expires_in_milliseconds * interval '1 millisecond',
      moment + connect_credential.fresh_milliseconds * interval '1 millisecond',
      coalesce(connect_credential.metadata, '{}'), moment, connect_credential.user_id)
    ON CONFLICT ON CONSTRAINT "an organization has one credential of a provider" DO UPDATE
    SET state = 'connected',
      refresh_token = excluded.refresh_token,
      access_token = excluded.access_token,
      access_token_expires_at = excluded.access_token_expires_at,
      access_token_fresh_until = excluded.access_token_fresh_until,
      metadata = coalesce(connect_credential.metadata, known.metadata),
      -- Whoever is refreshing the old one finds another version, and keeps nothing of what it gets.
      version = known.version + 1,
      connected_at = excluded.connected_at,
      connected_by = excluded.connected_by,
      refreshed_at = NULL,
      lease_id = NULL,
      lease_ends_at = NULL,
      -- What a provider asked for is about all its credentials: connecting anew is no way around it.
      retry_at = CASE WHEN known.retry_at > moment THEN known.retry_at END;
  END IF;
  PERFORM tollgate.admit_organizations('{}');
  RETURN outcome;
END
$$;

ALTER FUNCTION tollgate.connect_credential(organization_id uuid, user_id uuid, membership_required boolean, provider text, refresh_token bytea, access_token bytea, expires_in_milliseconds bigint, fresh_milliseconds bigint, metadata jsonb) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.connect_credential(organization_id uuid, user_id uuid, membership_required boolean, provider text, refresh_token bytea, access_token bytea, expires_in_milliseconds bigint, fresh_milliseconds bigint, metadata jsonb) IS 'Keeps an organization''s tokens of a provider, sealed, instead of those it had. Metadata that is NULL stays as it was. Returns success, forbidden, unknown_organization or unknown_provider.';

CREATE FUNCTION tollgate.content_budget_tokens(level integer, budget_tokens bigint) RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  SELECT coalesce(
    content_budget_tokens.budget_tokens,
    (SELECT known.tokens FROM tollgate.content_levels AS known WHERE known.level = content_budget_tokens.level),
    15000)
$$;

ALTER FUNCTION tollgate.content_budget_tokens(level integer, budget_tokens bigint) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.content_budget_tokens(level integer, budget_tokens bigint) IS 'How many tokens active attributes may have: an override, or those of the level, or 15000 when nothing is set.';

CREATE FUNCTION tollgate.content_bytes(instructions text, examples jsonb, signals jsonb) RETURNS bigint
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT octet_length(instructions)
    + octet_length(array_to_string(tollgate.content_texts(examples) || tollgate.content_texts(signals), ''))::bigint
$$;

ALTER FUNCTION tollgate.content_bytes(instructions text, examples jsonb, signals jsonb) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.content_bytes(instructions text, examples jsonb, signals jsonb) IS 'Bytes of an attribute: those of its texts in UTF-8.';

CREATE FUNCTION tollgate.content_few(budget bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  SELECT (budget * 20 + 99) / 100
$$;

ALTER FUNCTION tollgate.content_few(budget bigint) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.content_few(budget bigint) IS 'Tokens: with fewer left of a content budget than these, less than 20 percent of it, its state is critical and people are warned.';

CREATE FUNCTION tollgate.content_message(fits boolean, used bigint, budget bigint) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT CASE
    WHEN fits THEN format('Token Usage: %s / %s tokens (%s%% used)', tollgate.content_number(used),
      tollgate.content_number(budget), tollgate.content_percent(used, budget))
    ELSE 'Budget exceeded. Please deactivate attributes or upgrade plan.'
  END
$$;

ALTER FUNCTION tollgate.content_message(fits boolean, used bigint, budget bigint) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.content_message(fits boolean, used bigint, budget bigint) IS 'The line that apps show people: how much is used, or what to do where something does not fit.';

CREATE FUNCTION tollgate.content_number(tokens bigint) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT to_char(tokens, 'FM9,999,999,999,999,999,999')
$$;

ALTER FUNCTION tollgate.content_number(tokens bigint) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.content_number(tokens bigint) IS 'A number as people read it: 1,250.';

CREATE FUNCTION tollgate.content_percent(used bigint, budget bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  SELECT (200 * used + budget) / (2 * budget)
$$;

ALTER FUNCTION tollgate.content_percent(used bigint, budget bigint) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.content_percent(used bigint, budget bigint) IS 'How much of a budget is used, in whole percent, halves rounded up as a browser''s Math.round does; more than 100 above the budget.';

CREATE TABLE tollgate.content_budgets (
    organization_id uuid NOT NULL,
    level integer,
    budget_tokens bigint,
    counter text DEFAULT 'utf16_quarter'::text NOT NULL,
    deactivates_automatically boolean DEFAULT false NOT NULL,
    active_tokens bigint DEFAULT 0 NOT NULL,
    attribute_count integer DEFAULT 0 NOT NULL,
    last_number bigint DEFAULT 0 NOT NULL,
    announced smallint DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    stored_bytes bigint DEFAULT 0,
    CONSTRAINT "a content budget has 1 to 10^15 tokens" CHECK (((budget_tokens >= 1) AND (budget_tokens <= '1000000000000000'::bigint))),
    CONSTRAINT "a level of the budget's state is announced" CHECK (((announced >= 0) AND (announced <= 3))),
    CONSTRAINT "an organization has 0 to 10000 attributes" CHECK (((attribute_count >= 0) AND (attribute_count <= 10000))),
    CONSTRAINT "content has bytes from 0 on" CHECK ((stored_bytes >= 0)),
    CONSTRAINT "content is counted from 0 on" CHECK (((active_tokens >= 0) AND (last_number >= 0)))
)
WITH (fillfactor='70');

ALTER TABLE ONLY tollgate.content_budgets FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.content_budgets OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.content_budgets IS 'One row per organization that has content, or settings for it; locked by whoever changes an attribute''s texts or activity, which keeps active_tokens exact.';

COMMENT ON COLUMN tollgate.content_budgets.level IS 'Of tollgate.content_levels; NULL: none is set.';

COMMENT ON COLUMN tollgate.content_budgets.budget_tokens IS 'Tokens instead of the level''s; NULL: those of the level, or 15000 without one.';

COMMENT ON COLUMN tollgate.content_budgets.counter IS 'How its tokens are counted, of tollgate.token_counters.';

COMMENT ON COLUMN tollgate.content_budgets.deactivates_automatically IS 'Whether attributes are deactivated, least used first, when an administrator''s change makes them more than the budget.';

COMMENT ON COLUMN tollgate.content_budgets.active_tokens IS 'Tokens of the active attributes together.';

COMMENT ON COLUMN tollgate.content_budgets.attribute_count IS 'Attributes, active or not; at most 10000.';

COMMENT ON COLUMN tollgate.content_budgets.last_number IS 'The number of the attribute made last.';

COMMENT ON COLUMN tollgate.content_budgets.announced IS 'The state that usage was in last, as tollgate.state_level() counts it: a worse one is a crossing, of which an event is written.';

COMMENT ON COLUMN tollgate.content_budgets.stored_bytes IS 'Bytes of the texts of all its attributes, active or not; at most 16 MiB. NULL: not counted yet, which the next change does.';

CREATE FUNCTION tollgate.content_standing(settings tollgate.content_budgets) RETURNS TABLE(level integer, level_title text, budget_tokens bigint, budget bigint, used bigint, remaining bigint, percent_used bigint, state text, deactivates_automatically boolean, counter text)
    LANGUAGE sql STABLE
    AS $$
  SELECT
    settings.level,
    (SELECT known.title FROM tollgate.content_levels AS known WHERE known.level = settings.level),
    settings.budget_tokens,
    present.budget,
    present.used,
    greatest(0, present.budget - present.used),
    tollgate.content_percent(present.used, present.budget),
    tollgate.content_state(present.used, present.budget),
    coalesce(settings.deactivates_automatically, false),
    coalesce(settings.counter, 'utf16_quarter')
  FROM (
    SELECT tollgate.content_budget_tokens(settings.level, settings.budget_tokens) AS budget,
      coalesce(settings.active_tokens, 0) AS used
  ) AS present
$$;

ALTER FUNCTION tollgate.content_standing(settings tollgate.content_budgets) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.content_standing(settings tollgate.content_budgets) IS 'How full a content budget is, in tokens. An organization without a row (NULL) has what holds when nothing is set.';

CREATE FUNCTION tollgate.content_state(used bigint, budget bigint) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  SELECT tollgate.state_between(budget - used, tollgate.content_few(budget), budget * 50 / 100 + 1)
$$;

ALTER FUNCTION tollgate.content_state(used bigint, budget bigint) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.content_state(used bigint, budget bigint) IS 'safe, warning (50 percent left, or less), critical (less than 20) or exhausted, as of a balance whose token type has the thresholds that are usual.';

CREATE FUNCTION tollgate.content_texts(content jsonb) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
  SELECT CASE
    WHEN jsonb_typeof(content) = 'string' THEN ARRAY[content #>> '{}']
    WHEN jsonb_typeof(content) = 'array' AND NOT jsonb_path_exists(content, 'strict $[*] ? (@.type() <> "string")')
      THEN ARRAY(SELECT jsonb_array_elements_text(content))
  END
$_$;

ALTER FUNCTION tollgate.content_texts(content jsonb) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.content_texts(content jsonb) IS 'The texts of examples or signals, which are a text or a list of texts; NULL for anything else.';

CREATE FUNCTION tollgate.content_to_deactivate(organization_id uuid, excess bigint, spared uuid[] DEFAULT '{}'::uuid[]) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_object('id', item.attribute_id, 'tokens', item.tokens) ORDER BY item.n), '[]')
  FROM tollgate.least_used_content(content_to_deactivate.organization_id, excess, spared)
    WITH ORDINALITY AS item (attribute_id, tokens, n)
$$;

ALTER FUNCTION tollgate.content_to_deactivate(organization_id uuid, excess bigint, spared uuid[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.content_to_deactivate(organization_id uuid, excess bigint, spared uuid[]) IS 'What tollgate.least_used_content() finds, as [{"id", "tokens"}].';

CREATE FUNCTION tollgate.content_warning(used bigint, budget bigint) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT CASE
    WHEN used > budget THEN tollgate.content_message(false, used, budget)
    WHEN budget - used < tollgate.content_few(budget)
      THEN format('Warning: Only %s tokens remaining', tollgate.content_number(budget - used))
  END
$$;

ALTER FUNCTION tollgate.content_warning(used bigint, budget bigint) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.content_warning(used bigint, budget bigint) IS 'The line that warns people when few tokens are left, or too many are used; NULL: there is nothing to warn of.';

CREATE FUNCTION tollgate.count_cache_answers(organization_ids uuid[], cache_names text[], hits bigint[], fallbacks bigint[], waits bigint[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
BEGIN
  PERFORM tollgate.admit_organizations(count_cache_answers.organization_ids);
  INSERT INTO tollgate.cache_days AS counted (organization_id, cache_name, day, hits, fallbacks, waits)
  SELECT told.organization_id, told.cache_name, today.day, sum(told.hits), sum(told.fallbacks), sum(told.waits)
  FROM (
    SELECT
      unnest(count_cache_answers.organization_ids) AS organization_id,
      unnest(count_cache_answers.cache_names) AS cache_name,
      unnest(count_cache_answers.hits) AS hits,
      unnest(count_cache_answers.fallbacks) AS fallbacks,
      unnest(count_cache_answers.waits) AS waits
  ) AS told
    CROSS JOIN LATERAL tollgate.local_day(told.organization_id) AS today
  -- Of an organization that is not there no day is known.
  WHERE today.day IS NOT NULL
  GROUP BY told.organization_id, told.cache_name, today.day
  -- In key order, which keeps several servers from deadlocking.
  ORDER BY told.organization_id, told.cache_name, today.day
  ON CONFLICT ON CONSTRAINT "a cache counts a day once" DO UPDATE
  SET hits = counted.hits + excluded.hits,
    fallbacks = counted.fallbacks + excluded.fallbacks,
    waits = counted.waits + excluded.waits;
  -- Caches that only give hits count days, too.
  WITH old AS MATERIALIZED (
    SELECT counted.organization_id, counted.cache_name, counted.day
    FROM (
      SELECT DISTINCT
        unnest(count_cache_answers.organization_ids) AS organization_id,
        unnest(count_cache_answers.cache_names) AS cache_name
    ) AS told
      CROSS JOIN LATERAL tollgate.local_day(told.organization_id) AS today
      JOIN tollgate.cache_days AS counted
        ON counted.organization_id = told.organization_id
        AND counted.cache_name = told.cache_name
        AND counted.day < today.day - 90
    -- Another server deletes them.
    FOR UPDATE OF counted SKIP LOCKED
  )
  DELETE FROM tollgate.cache_days AS counted
  USING old
  WHERE counted.organization_id = old.organization_id
    AND counted.cache_name = old.cache_name
    AND counted.day = old.day;
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.count_cache_answers(organization_ids uuid[], cache_names text[], hits bigint[], fallbacks bigint[], waits bigint[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.count_cache_answers(organization_ids uuid[], cache_names text[], hits bigint[], fallbacks bigint[], waits bigint[]) IS 'Adds to what caches have counted today: answers with a value, answers with the fallback, and requests that waited. Forgets what they counted more than 90 days ago.';

CREATE FUNCTION tollgate.count_content(counter text, instructions text, examples jsonb, signals jsonb) RETURNS bigint
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT sum(tollgate.count_tokens(counter, content))::bigint
  FROM unnest(ARRAY[instructions] || tollgate.content_texts(examples) || tollgate.content_texts(signals)) AS content
$$;

ALTER FUNCTION tollgate.count_content(counter text, instructions text, examples jsonb, signals jsonb) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.count_content(counter text, instructions text, examples jsonb, signals jsonb) IS 'Tokens of an attribute: those of each of its texts, counted by itself and rounded by itself.';

CREATE FUNCTION tollgate.count_in_limits(organization_id uuid, user_id uuid, feature text, token_type text, tokens bigint, uses bigint, refusals bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
BEGIN
  WITH counting AS (
    SELECT
      bound.*,
      added.amount,
      bound.action = 'alert' AND NOT bound.is_alerted AND bound.used + added.amount > bound.maximum AS is_alarming
    FROM tollgate.applicable_limits(
      count_in_limits.organization_id, count_in_limits.user_id, count_in_limits.feature, count_in_limits.token_type)
      AS bound
      CROSS JOIN LATERAL (
        SELECT
          CASE bound.counts
            WHEN 'tokens' THEN count_in_limits.tokens
            WHEN 'uses' THEN count_in_limits.uses
            ELSE count_in_limits.refusals
          END AS amount
      ) AS added
    WHERE added.amount > 0
  ), counted AS (
    INSERT INTO tollgate.limit_uses AS kept
      (organization_id, limit_name, subject, window_start, used, earlier_used, alerted)
    SELECT
      count_in_limits.organization_id, counting.limit_name, counting.subject, counting.window_start, counting.amount,
      counting.earlier_used, counting.is_alerted OR counting.is_alarming
    FROM counting
    -- A request by itself leaves nothing to remember.
    WHERE counting.window_kind <> 'request'
    -- In the same window, in a new one, or in the one before.
    ON CONFLICT (organization_id, limit_name, subject) DO UPDATE
    SET window_start = greatest(kept.window_start, excluded.window_start),
      used = CASE
        WHEN kept.window_start = excluded.window_start THEN kept.used + excluded.used
        WHEN kept.window_start < excluded.window_start THEN excluded.used
        ELSE kept.used
      END,
      earlier_used = CASE
        WHEN kept.window_start = excluded.window_start THEN kept.earlier_used
        WHEN kept.window_start < excluded.window_start THEN excluded.earlier_used
        ELSE kept.earlier_used + excluded.used
      END,
      alerted = CASE
        WHEN kept.window_start <= excluded.window_start THEN excluded.alerted
        ELSE kept.alerted
      END
  ),
  told AS (
    INSERT INTO tollgate.events (organization_id, event_id, kind, token_type, payload, created_at)
    SELECT
      count_in_limits.organization_id, tollgate.time_ordered_id(), 'limit_exceeded', count_in_limits.token_type,
      jsonb_build_object('limit', counting.limit_name, 'subject', counting.subject, 'used',
        counting.used + counting.amount, 'maximum', counting.maximum),
      tollgate.moment()
    FROM counting
    WHERE counting.is_alarming
    RETURNING event_id
  )
  INSERT INTO tollgate.event_queue (organization_id, event_id)
  SELECT count_in_limits.organization_id, told.event_id
  FROM told;
END
$$;

ALTER FUNCTION tollgate.count_in_limits(organization_id uuid, user_id uuid, feature text, token_type text, tokens bigint, uses bigint, refusals bigint) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.count_in_limits(organization_id uuid, user_id uuid, feature text, token_type text, tokens bigint, uses bigint, refusals bigint) IS 'Counts tokens, uses and refusals in every limit that applies, and begins new windows where the old ones are over. A limit that alerts writes its event when a window first has more than the maximum. Call tollgate.lock_limits in an earlier statement.';

CREATE FUNCTION tollgate.count_refusal(organization_id uuid, user_id uuid, feature text, token_type text) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT tollgate.count_in_limits(organization_id, user_id, feature, token_type, 0, 0, 1)
$$;

ALTER FUNCTION tollgate.count_refusal(organization_id uuid, user_id uuid, feature text, token_type text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.count_refusal(organization_id uuid, user_id uuid, feature text, token_type text) IS 'Counts a refusal in every limit on failed attempts that applies. A refusal by a limit is none of them, or nobody would come free by waiting.';

CREATE FUNCTION tollgate.count_tokens(counter text, content text) RETURNS bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
DECLARE
  registered tollgate.token_counters;
  counted bigint;
BEGIN
  IF count_tokens.counter = 'utf16_quarter' THEN
    RETURN tollgate.utf16_quarter(content);
  END IF;
  SELECT * INTO registered FROM tollgate.token_counters AS known WHERE known.counter = count_tokens.counter;
  -- Each time: a function may have been given to somebody else since it was registered.
  IF tollgate.is_trusted_counter(registered.schema_name, registered.function_name) IS NOT TRUE THEN
    RAISE EXCEPTION 'The counter % is no trusted function any more.', count_tokens.counter
      USING ERRCODE = 'insufficient_privilege', HINT = 'See tollgate.is_trusted_counter().';
  END IF;
  EXECUTE format('SELECT %I.%I($1)::bigint', registered.schema_name, registered.function_name)
  INTO counted
  USING content;
  IF (counted BETWEEN 0 AND 1000000000) IS NOT TRUE THEN
    RAISE EXCEPTION 'The counter % does not count from 0 to 10^9.', count_tokens.counter
      USING ERRCODE = 'numeric_value_out_of_range';
  END IF;
  RETURN counted;
END
$_$;

ALTER FUNCTION tollgate.count_tokens(counter text, content text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.count_tokens(counter text, content text) IS 'Tokens of a text by a counter of tollgate.token_counters, always with the owner''s rights: whoever verifies lends it none of their own. Raises 42501 for a counter that is unknown or whose function is not trusted, 22003 for one that does not answer 0 to 10^9.';

CREATE FUNCTION tollgate.create_key(organization_id uuid, key_id uuid, digest bytea, name text, scopes text[], expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone, created_by uuid DEFAULT NULL::uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  owner CONSTANT uuid := tollgate.owner_of_key(create_key.organization_id);
  moment CONSTANT timestamptz := tollgate.moment();
BEGIN
  IF (create_key.key_id IS NOT NULL AND octet_length(create_key.digest) = 32
      AND length(create_key.name) BETWEEN 1 AND 200
      AND cardinality(create_key.scopes) BETWEEN 1 AND 3 AND create_key.scopes <@ ARRAY['read', 'spend', 'admin']
      AND (create_key.expires_at > moment AND isfinite(create_key.expires_at)) IS NOT FALSE) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'A key has a digest of 32 bytes, a name of 1 to 200 characters, scopes of read, spend and admin, and ends in the future or never.'
      USING ERRCODE = 'TG400';
  END IF;
  PERFORM tollgate.admit_organizations(ARRAY[owner]);
  IF create_key.organization_id IS NOT NULL THEN
    PERFORM
    FROM public.organizations AS known
    WHERE known.id = owner
    FOR KEY SHARE;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
    END IF;
  END IF;
  INSERT INTO tollgate.api_keys (organization_id, key_id, digest, name, scopes, created_at, created_by, expires_at)
  VALUES (owner, create_key.key_id, create_key.digest, create_key.name,
    array_remove(ARRAY[
      CASE WHEN 'read' = ANY (create_key.scopes) THEN 'read' END,
      CASE WHEN 'spend' = ANY (create_key.scopes) THEN 'spend' END,
      CASE WHEN 'admin' = ANY (create_key.scopes) THEN 'admin' END
    ], NULL),
    moment, create_key.created_by, create_key.expires_at);
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.create_key(organization_id uuid, key_id uuid, digest bytea, name text, scopes text[], expires_at timestamp with time zone, created_by uuid) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.create_key(organization_id uuid, key_id uuid, digest bytea, name text, scopes text[], expires_at timestamp with time zone, created_by uuid) IS 'Makes an API key of an organization, or with NULL of the service. Whoever calls has made the key and keeps no more of it than its digest. Raises TG400 for an argument out of range, TG404 for an unknown organization.';

CREATE FUNCTION tollgate.create_organization(name text, plan text, time_zone text DEFAULT 'UTC'::text, id uuid DEFAULT gen_random_uuid()) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  IF create_organization.name !~ '[^[:space:][:cntrl:]]' THEN
    RAISE EXCEPTION 'A name has a visible character.' USING ERRCODE = 'TG400';
  END IF;
  -- The view reads the file of each zone there is: 70 ms, where all else here takes 4.
  IF create_organization.time_zone IS DISTINCT FROM 'UTC'
    AND NOT EXISTS (SELECT FROM pg_timezone_names AS known WHERE known.name = create_organization.time_zone)
  THEN
    RAISE EXCEPTION 'There is no such time zone.' USING ERRCODE = 'TG400', HINT = 'Give an IANA name, as Europe/Berlin.';
  END IF;
  IF NOT EXISTS (SELECT FROM tollgate.plans AS known WHERE known.plan = create_organization.plan) THEN
    RAISE EXCEPTION 'There is no such plan.' USING ERRCODE = 'TG400', HINT = 'See tollgate.plans.';
  END IF;
  PERFORM tollgate.admit_organizations(ARRAY[create_organization.id]);
  INSERT INTO public.organizations (id, name, plan, time_zone)
  VALUES (create_organization.id, create_organization.name, create_organization.plan, create_organization.time_zone);
  PERFORM tollgate.grant_missing_balances(ARRAY[create_organization.id]);
  PERFORM tollgate.admit_organizations('{}');
  RETURN create_organization.id;
END
$$;

ALTER FUNCTION tollgate.create_organization(name text, plan text, time_zone text, id uuid) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.create_organization(name text, plan text, time_zone text, id uuid) IS 'Makes an organization with the balances of its plan, and returns its id. Raises TG400 for a name without a visible character, an unknown plan or an unknown time zone.';

CREATE FUNCTION tollgate.create_user(organization_id uuid, email text DEFAULT NULL::text, id uuid DEFAULT gen_random_uuid()) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  PERFORM tollgate.make_user(create_user.organization_id, create_user.email, create_user.id, 'member');
  RETURN create_user.id;
END
$$;

ALTER FUNCTION tollgate.create_user(organization_id uuid, email text, id uuid) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.create_user(organization_id uuid, email text, id uuid) IS 'Makes a user a member of an organization, and returns the user''s id. Raises TG400 for an email without a visible character, TG404 for an unknown organization, TG409 for a user who has one.';

CREATE FUNCTION tollgate.create_webhook(webhook_id uuid, organization_id uuid, url text, events text[], secret bytea) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  owner CONSTANT uuid := coalesce(create_webhook.organization_id, '00000000-0000-0000-0000-000000000000');
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[owner]);
  IF create_webhook.organization_id IS NOT NULL
    AND NOT EXISTS (SELECT FROM public.organizations AS known WHERE known.id = owner)
  THEN
    RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
  END IF;
  IF (SELECT count(*) FROM tollgate.webhooks AS known WHERE known.organization_id = owner) >= 100 THEN
    RAISE EXCEPTION 'There are 100 webhooks already.' USING ERRCODE = 'TG409';
  END IF;
  BEGIN
    INSERT INTO tollgate.webhooks (organization_id, webhook_id, url, events, secret, created_at, updated_at)
    VALUES (owner, create_webhook.webhook_id, create_webhook.url, create_webhook.events, create_webhook.secret,
      tollgate.moment(), tollgate.moment());
  EXCEPTION
    WHEN check_violation OR not_null_violation OR unique_violation THEN
      RAISE EXCEPTION 'That is no webhook: a new id, an https URL, types of events, a sealed secret.'
        USING ERRCODE = 'TG400';
  END;
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.create_webhook(webhook_id uuid, organization_id uuid, url text, events text[], secret bytea) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.create_webhook(webhook_id uuid, organization_id uuid, url text, events text[], secret bytea) IS 'Makes a webhook, of an organization or with NULL for the events of all. The secret is sealed. Raises TG400 for what is none, TG404 for an unknown organization, TG409 beyond 100 webhooks.';

CREATE FUNCTION tollgate.critical_threshold(allocated bigint, kind tollgate.token_types) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  SELECT coalesce(kind.critical_below, (allocated * kind.critical_percent + 99) / 100)
$$;

ALTER FUNCTION tollgate.critical_threshold(allocated bigint, kind tollgate.token_types) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.critical_threshold(allocated bigint, kind tollgate.token_types) IS 'Tokens: fewer than these are critical. The absolute threshold, or less than critical_percent of the allocation.';

CREATE FUNCTION tollgate.current_organization_id() RETURNS uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  RETURN tollgate.organization_of(tollgate.current_user_id());
END
$$;

ALTER FUNCTION tollgate.current_organization_id() OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.current_organization_id() IS 'The organization of the user in the request''s claims, by user_profiles and never by a claim; NULL for nobody.';

CREATE FUNCTION tollgate.current_user_id() RETURNS uuid
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  claims CONSTANT text := nullif(current_setting('request.jwt.claims', true), '');
  older_claim CONSTANT text := nullif(current_setting('request.jwt.claim.sub', true), '');
BEGIN
  -- Two settings that do not name the same user: one of them was left behind by another request.
  IF claims IS NOT NULL AND older_claim IS NOT NULL
    AND (claims::jsonb ->> 'sub')::uuid IS DISTINCT FROM older_claim::uuid
  THEN
    RETURN NULL;
  END IF;
  RETURN auth.uid();
EXCEPTION
  WHEN data_exception OR statement_too_complex THEN RETURN NULL;
END
$$;

ALTER FUNCTION tollgate.current_user_id() OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.current_user_id() IS 'The user in the request''s claims; NULL where the claims are absent, empty, no JSON or name no UUID, and where PostgREST''s older setting names somebody else.';

CREATE FUNCTION tollgate.deactivate_to_fit(settings tollgate.content_budgets, OUT active_tokens bigint, OUT deactivated jsonb) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  budget CONSTANT bigint := tollgate.content_budget_tokens(settings.level, settings.budget_tokens);
  attribute_ids uuid[];
  token_counts bigint[];
  event_ids uuid[];
BEGIN
  active_tokens := settings.active_tokens;
  deactivated := '[]';
  IF NOT settings.deactivates_automatically THEN
    RETURN;
  END IF;
  -- Once: uses are counted meanwhile, and another look might find others.
  SELECT coalesce(array_agg(found.attribute_id ORDER BY found.n), '{}'), array_agg(found.tokens ORDER BY found.n)
  INTO attribute_ids, token_counts
  FROM tollgate.least_used_content(settings.organization_id, settings.active_tokens - budget, '{}')
    WITH ORDINALITY AS found (attribute_id, tokens, n);
  -- In order, also those of one millisecond: who reads the events sees the tokens become fewer.
  event_ids := ARRAY(
    SELECT made.id
    FROM generate_series(1, cardinality(attribute_ids)) AS item (n)
      CROSS JOIN LATERAL (SELECT tollgate.time_ordered_id() AS id WHERE item.n > 0) AS made
    ORDER BY made.id
  );
  FOR n IN 1..cardinality(attribute_ids) LOOP
    UPDATE tollgate.content_attributes AS kept
    SET active = false,
      updated_at = tollgate.moment()
    WHERE kept.organization_id = settings.organization_id AND kept.attribute_id = attribute_ids[n];
    active_tokens := active_tokens - token_counts[n];
    deactivated := deactivated || jsonb_build_object('id', attribute_ids[n], 'tokens', token_counts[n]);
    PERFORM tollgate.write_event(settings.organization_id, 'content_deactivated', NULL,
      jsonb_build_object('attributeId', attribute_ids[n], 'tokens', token_counts[n], 'used', active_tokens, 'budget', budget),
      event_id => event_ids[n]);
  END LOOP;
END
$$;

ALTER FUNCTION tollgate.deactivate_to_fit(settings tollgate.content_budgets, OUT active_tokens bigint, OUT deactivated jsonb) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.deactivate_to_fit(settings tollgate.content_budgets, OUT active_tokens bigint, OUT deactivated jsonb) IS 'Deactivates attributes, in the order of tollgate.least_used_content(), until they fit into the budget, and writes an event for each: where the organization is configured so. Tells how many tokens are active then, and what was deactivated as [{"id", "tokens"}]. The caller has locked the row and writes it.';

CREATE FUNCTION tollgate.decide_in_order(organization_ids uuid[], INOUT user_ids uuid[], membership_required boolean[], INOUT features text[], units bigint[], idempotency_keys text[], event_ids text[], metadata jsonb[], INOUT ids uuid[], requests jsonb[], has_known_keys boolean, OUT types text[], OUT costs bigint[], OUT price_versions integer[], OUT outcomes text[], OUT befores bigint[], OUT afters bigint[], OUT availables bigint[], OUT sequences bigint[], OUT states text[], OUT from_purchased bigint[], OUT reservation_ids uuid[], OUT held_units jsonb[], OUT details jsonb[], OUT is_use boolean[], OUT times timestamp with time zone[], OUT is_replay boolean[]) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  item_count CONSTANT integer := cardinality(features);
  moment CONSTANT timestamptz := tollgate.moment();
  remembered CONSTANT text[] := ARRAY['success', 'insufficient_tokens', 'critical_balance'];
  whole_batch CONSTANT text := current_setting('tollgate.organizations', true);
  -- Each item, as looked up.
  operations text[];
  verdicts text[];
  slots integer[];
  limited boolean[];
  -- By slot: balances, the kinds of their tokens, what their plans give.
  tokens public.ai_tokens[];
  kinds tollgate.token_types[];
  allocations tollgate.plan_allocations[];
  planned boolean[];
  policy record;
  -- Whether something was let go or added since what is due was booked.
  let_go boolean[];

  -- By item: the reservation or charge that it is about.
  holds tollgate.reservations[];
  charges tollgate.refundable[];
  -- Those that items of this batch have changed; and by slot, whether it may be any of the balance.
  changed_ids uuid[] := ARRAY[]::uuid[];
  was_due boolean[];
  is_changed boolean;
  -- What is not written yet, and of whom.
  entries tollgate.ledger_entries[] := ARRAY[]::tollgate.ledger_entries[];
  begun_holds tollgate.reservations[] := ARRAY[]::tollgate.reservations[];
  changed_holds tollgate.reservations[] := ARRAY[]::tollgate.reservations[];
  refunds tollgate.refunds[] := ARRAY[]::tollgate.refunds[];
  unwritten_organizations uuid[] := ARRAY[]::uuid[];

  settled_keys tollgate.idempotency_keys[];
  settled tollgate.idempotency_keys;
  fingerprints bigint[];
  -- The item before with the same key, and the one that settled it.
  predecessors integer[];
  origins integer[];
  origin integer;
  slot integer;
  token public.ai_tokens;
  kind tollgate.token_types;
  allocation tollgate.plan_allocations;
  entry tollgate.ledger_entries;
  applied tollgate.applied;
  bound record;
  available bigint;
  overdraft bigint;
  held tollgate.reservations;
  refund tollgate.refunds;
  is_due boolean;
  admitted text;
BEGIN
  SELECT array_agg(item.operation), array_agg(item.token_type), array_agg(item.cost), array_agg(item.price_version),
    array_agg(item.verdict), array_agg(item.slot), array_agg(item.is_limited)
  INTO operations, types, costs, price_versions, verdicts, slots, limited
  FROM (
    SELECT *
    FROM tollgate.look_up_items(organization_ids, user_ids, membership_required, features, units, requests)
    ORDER BY n
  ) AS item;
  PERFORM tollgate.make_missing_balances(organization_ids, types, operations, costs, slots);
  tokens := tollgate.lock_balances(organization_ids, types, slots,
    true = ANY (limited) OR operations && ARRAY['capture', 'release']);
  FOR policy IN SELECT * FROM tollgate.find_policies(organization_ids, types, slots) LOOP
    kinds[policy.slot] := policy.kind;
    allocations[policy.slot] := policy.allocation;
    planned[policy.slot] := policy.is_planned;
  END LOOP;
  IF operations && ARRAY['capture', 'release', 'extend'] THEN
    holds := tollgate.find_holds(organization_ids, requests);
  END IF;
  IF operations && ARRAY['refund'] THEN
    charges := tollgate.find_charges(organization_ids, requests);
  END IF;

  outcomes := array_fill(NULL::text, ARRAY[item_count]);
  states := outcomes;
  befores := array_fill(NULL::bigint, ARRAY[item_count]);
  afters := befores;
  availables := befores;
  sequences := befores;
  from_purchased := befores;
  reservation_ids := array_fill(NULL::uuid, ARRAY[item_count]);
  details := array_fill(NULL::jsonb, ARRAY[item_count]);
  held_units := details;
  predecessors := array_fill(NULL::integer, ARRAY[item_count]);
  is_use := array_fill(false, ARRAY[item_count]);
  is_replay := is_use;
  times := array_fill(moment, ARRAY[item_count]);

  IF has_known_keys THEN
    SELECT *
    INTO predecessors, fingerprints, settled_keys
    FROM tollgate.recall_keys(organization_ids, user_ids, features, units, idempotency_keys, event_ids, metadata,
      requests);
    FOR n IN 1..item_count LOOP
      settled := settled_keys[n];
      CONTINUE WHEN settled.key IS NULL OR verdicts[n] IN ('forbidden', 'not_permitted', 'unknown_organization');
      IF settled.fingerprint <> fingerprints[n] THEN
        outcomes[n] := 'idempotency_key_reused';
      ELSE
        outcomes[n] := settled.outcome;
        ids[n] := settled.transaction_id;
        types[n] := settled.token_type;
        costs[n] := settled.cost;
        befores[n] := settled.balance_before;
        afters[n] := settled.balance_after;
        availables[n] := settled.available;
        states[n] := settled.state;
        details[n] := settled.details;
        times[n] := settled.created_at;
        is_replay[n] := true;
      END IF;
    END LOOP;
  END IF;

  FOR n IN 1..item_count LOOP
    CONTINUE WHEN outcomes[n] IS NOT NULL;
    IF predecessors[n] IS NOT NULL THEN
      origins[n] := coalesce(origins[predecessors[n]],
        -- A payment that was known is not remembered under another key.
        CASE WHEN outcomes[predecessors[n]] = ANY (remembered) AND NOT is_replay[predecessors[n]] THEN
          predecessors[n]
        END);
    END IF;
    -- Told nothing about the key; the next item with it looks past this one.
    IF verdicts[n] IN ('forbidden', 'not_permitted', 'unknown_organization') THEN
      outcomes[n] := verdicts[n];
      CONTINUE;
    END IF;

    origin := origins[n];
    IF origin IS NOT NULL THEN
      IF fingerprints[n] <> fingerprints[origin] THEN
        outcomes[n] := 'idempotency_key_reused';
      ELSE
        outcomes[n] := outcomes[origin];
        ids[n] := ids[origin];
        types[n] := types[origin];
        costs[n] := costs[origin];
        befores[n] := befores[origin];
        afters[n] := afters[origin];
        availables[n] := availables[origin];
        states[n] := states[origin];
        details[n] := details[origin];
        times[n] := times[origin];
        is_replay[n] := true;
      END IF;
      CONTINUE;
    END IF;

    IF verdicts[n] <> 'organization_suspended' THEN
      outcomes[n] := verdicts[n];
      CONTINUE;
    END IF;

    slot := slots[n];
    token := tokens[slot];
    is_due := let_go[slot] AND token.due_at <= moment;
    is_changed := was_due[slot] OR holds[n].reservation_id = ANY (changed_ids) OR charges[n].id = ANY (changed_ids);
    IF (is_due OR is_changed OR operations[n] IN ('top_up', 'adjust', 'reset'))
      AND organization_ids[n] = ANY (unwritten_organizations)
    THEN
      admitted := set_config('tollgate.organizations', whole_batch, true);
      PERFORM tollgate.write_movements(entries, begun_holds, changed_holds, refunds);
      entries := '{}';
      begun_holds := '{}';
      changed_holds := '{}';
      refunds := '{}';
      unwritten_organizations := '{}';
    END IF;
    -- From here on everything is about one organization, and policies have a short list to read.
    admitted := set_config('tollgate.organizations', ARRAY[organization_ids[n]]::text, true);
    -- A pack whose time is over goes as soon as what was held of it is let go; a bucket may be full again.
    IF is_due THEN
      token := tollgate.apply_due(token);
      tokens[slot] := token;
      was_due[slot] := true;
    END IF;
    IF is_changed OR is_due THEN
      holds[n] := (tollgate.find_holds(organization_ids[n:n], requests[n:n]))[1];
      charges[n] := (tollgate.find_charges(organization_ids[n:n], requests[n:n]))[1];
    END IF;
    let_go[slot] := false;
    kind := kinds[slot];
    available := coalesce(token.balance - token.reserved, 0);
    befores[n] := coalesce(token.balance, 0);
    applied := NULL;

    IF operations[n] IN ('deduct', 'reserve') THEN
      -- An estimate is granted from what is there; only actual work may draw on the overdraft.
      overdraft := CASE WHEN operations[n] = 'deduct' THEN coalesce(token.overdraft, 0) ELSE 0 END;
      allocation := allocations[slot];
      outcomes[n] := CASE
        WHEN verdicts[n] IS NOT NULL THEN verdicts[n]
        ELSE tollgate.spending_outcome(costs[n], available, overdraft,
          CASE WHEN kind.critical_blocks THEN
            tollgate.critical_threshold(coalesce(token.total_allocated, 0), kind)
          END,
          CASE WHEN allocation.refill_tokens IS NOT NULL AND token.refilled_at IS NOT NULL THEN
            allocation.tokens + token.purchased + overdraft - token.reserved
          END,
          coalesce(token.total_allocated, 0) = 0 AND planned[slot])
      END;
      CASE outcomes[n]
        WHEN 'insufficient_tokens' THEN
          details[n] := '{"limit": "balance"}';
        WHEN 'critical_balance' THEN
          details[n] := '{"limit": "critical_threshold"}';
        WHEN 'refilling' THEN
          details[n] := jsonb_build_object('limit', 'balance', 'retryAfterSeconds', tollgate.refill_wait_seconds(
            costs[n] - available - overdraft, token.refilled_at, allocation.refill_tokens, allocation.refill_seconds,
            moment));
        ELSE
      END CASE;
      IF limited[n] AND outcomes[n] = 'success' THEN
        SELECT *
        INTO bound
        FROM tollgate.binding_limit(organization_ids[n], user_ids[n], features[n], types[n], costs[n]);
        IF bound.limit_name IS NOT NULL THEN
          outcomes[n] := 'limit_reached';
          details[n] := jsonb_strip_nulls(jsonb_build_object('limit', bound.limit_name,
            'retryAfterSeconds', bound.retry_after_seconds));
        END IF;
      ELSIF limited[n] AND outcomes[n] IN ('insufficient_tokens', 'critical_balance', 'not_on_plan') THEN
        PERFORM tollgate.count_refusal(organization_ids[n], user_ids[n], features[n], types[n]);
      END IF;

      IF outcomes[n] = 'success' AND operations[n] = 'reserve' THEN
        applied := tollgate.apply_reserve(requests[n], ids[n], token, costs[n], features[n],
          coalesce(requests[n] -> 'units', to_jsonb(units[n])), price_versions[n], user_ids[n], event_ids[n], metadata[n]);
      ELSIF outcomes[n] = 'success' THEN
        is_use[n] := true;
        from_purchased[n] := 0;
        IF token.organization_id IS NOT NULL THEN
          token.balance := token.balance - costs[n];
          token.ledger_balance := token.balance;
          token.ledger_sequence := token.ledger_sequence + 1;
          token.total_used := token.total_used + costs[n];
          token.last_used_at := moment;
          sequences[n] := token.ledger_sequence;
          IF token.purchased > 0 THEN
            from_purchased[n] := greatest(0, token.purchased - greatest(0, token.balance));
            token.purchased := token.purchased - from_purchased[n];
          END IF;
        END IF;
      END IF;
      IF limited[n] AND outcomes[n] = 'success' THEN
        PERFORM tollgate.take_limits(organization_ids[n], user_ids[n], features[n], types[n], costs[n]);
      END IF;
    ELSE
      CASE operations[n]
        WHEN 'capture' THEN
          applied := tollgate.apply_capture(requests[n], ids[n], token, holds[n]);
        WHEN 'release' THEN
          applied := tollgate.apply_release(ids[n], token, holds[n]);
        WHEN 'extend' THEN
          applied := tollgate.apply_extend(requests[n], token, holds[n]);
        WHEN 'refund' THEN
          applied := tollgate.apply_refund(requests[n], ids[n], token, charges[n]);
        WHEN 'top_up' THEN
          applied := tollgate.apply_top_up(requests[n], ids[n], token);
        WHEN 'adjust' THEN
          applied := tollgate.apply_adjustment(requests[n], ids[n], token);
        WHEN 'reset' THEN
          applied := tollgate.apply_reset(ids[n], token);
        ELSE
          RAISE EXCEPTION 'There is no operation %.', quote_nullable(operations[n]) USING ERRCODE = 'TG400';
      END CASE;
    END IF;

    IF applied.outcome IS NOT NULL THEN
      outcomes[n] := applied.outcome;
      costs[n] := coalesce(applied.amount, costs[n], 0);
      details[n] := coalesce(applied.details, CASE WHEN applied.outcome = 'insufficient_tokens' THEN
        '{"limit": "balance"}'::jsonb END);
      ids[n] := coalesce(applied.id, ids[n]);
      user_ids[n] := coalesce(user_ids[n], applied.user_id);
      features[n] := coalesce(applied.feature, features[n]);
      price_versions[n] := coalesce(applied.price_version, price_versions[n]);
      befores[n] := coalesce(applied.balance_before, befores[n]);
      times[n] := coalesce(applied.created_at, moment);
      is_replay[n] := coalesce(applied.is_replay, false);
      IF operations[n] = 'capture' AND applied.outcome = 'success' THEN
        is_use[n] := true;
        reservation_ids[n] := (requests[n] ->> 'reservationId')::uuid;
        held_units[n] := applied.held_units;
        sequences[n] := token.ledger_sequence + 1;
        from_purchased[n] := applied.from_purchased;
      END IF;
      entry := applied.entry;
      IF entry.id IS NOT NULL THEN
        entry.user_id := user_ids[n];
        entry.feature_used := features[n];
        entry.event_id := event_ids[n];
        entry.idempotency_key := idempotency_keys[n];
        entry.metadata := coalesce(metadata[n], '{}') || entry.metadata;
        entries := entries || entry;
      END IF;
      held := applied.reservation;
      IF operations[n] = 'reserve' THEN
        begun_holds := begun_holds || held;
      ELSIF held.reservation_id IS NOT NULL THEN
        changed_holds := changed_holds || held;
        changed_ids := changed_ids || held.reservation_id;
      END IF;
      refund := applied.refund;
      IF refund.refund_id IS NOT NULL THEN
        refunds := refunds || refund;
        changed_ids := changed_ids || refund.transaction_id;
      END IF;
      unwritten_organizations := unwritten_organizations || organization_ids[n];
      token := applied.token;
      IF operations[n] IN ('top_up', 'adjust', 'reset') AND applied.outcome = 'success' AND NOT is_replay[n]
        -- That a balance is what an upstream says it is changes nothing.
        AND (operations[n] <> 'adjust' OR costs[n] <> 0)
      THEN
        PERFORM tollgate.record_change(organization_ids[n], 'balance.' || operations[n], types[n],
          jsonb_build_object('balance', befores[n]),
          jsonb_strip_nulls(jsonb_build_object('balance', token.balance, 'amount', costs[n], 'transactionId', ids[n],
            'reason', requests[n] ->> 'reason', 'paymentId', requests[n] ->> 'paymentId')),
          requests[n] -> 'actor');
      END IF;
    END IF;

    available := coalesce(token.balance - token.reserved, 0);
    afters[n] := coalesce(applied.balance_after, token.balance, 0);
    availables[n] := coalesce(applied.available, available);
    states[n] := tollgate.balance_state(available, coalesce(token.total_allocated, 0), kind);
    -- Without periods it is a top-up that begins anew what is announced.
    IF token.refresh_date IS NULL AND outcomes[n] = 'success' AND operations[n] IN ('top_up', 'adjust')
      AND NOT is_replay[n]
    THEN
      token.announced := least(token.announced, tollgate.state_level(states[n]));
    END IF;
    IF token.organization_id IS NOT NULL AND outcomes[n] = 'success' THEN
      IF tollgate.state_level(states[n]) > token.announced OR available < token.request_below THEN
        token := tollgate.announce(token);
      END IF;
      tokens[slot] := token;
      let_go[slot] := operations[n] NOT IN ('deduct', 'reserve', 'extend');
    END IF;
  END LOOP;

  admitted := set_config('tollgate.organizations', whole_batch, true);
  IF cardinality(unwritten_organizations) > 0 THEN
    PERFORM tollgate.write_movements(entries, begun_holds, changed_holds, refunds);
  END IF;
  PERFORM tollgate.write_balances(tokens);
END
$$;

ALTER FUNCTION tollgate.decide_in_order(organization_ids uuid[], INOUT user_ids uuid[], membership_required boolean[], INOUT features text[], units bigint[], idempotency_keys text[], event_ids text[], metadata jsonb[], INOUT ids uuid[], requests jsonb[], has_known_keys boolean, OUT types text[], OUT costs bigint[], OUT price_versions integer[], OUT outcomes text[], OUT befores bigint[], OUT afters bigint[], OUT availables bigint[], OUT sequences bigint[], OUT states text[], OUT from_purchased bigint[], OUT reservation_ids uuid[], OUT held_units jsonb[], OUT details jsonb[], OUT is_use boolean[], OUT times timestamp with time zone[], OUT is_replay boolean[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.decide_in_order(organization_ids uuid[], INOUT user_ids uuid[], membership_required boolean[], INOUT features text[], units bigint[], idempotency_keys text[], event_ids text[], metadata jsonb[], INOUT ids uuid[], requests jsonb[], has_known_keys boolean, OUT types text[], OUT costs bigint[], OUT price_versions integer[], OUT outcomes text[], OUT befores bigint[], OUT afters bigint[], OUT availables bigint[], OUT sequences bigint[], OUT states text[], OUT from_purchased bigint[], OUT reservation_ids uuid[], OUT held_units jsonb[], OUT details jsonb[], OUT is_use boolean[], OUT times timestamp with time zone[], OUT is_replay boolean[]) IS 'Decides the items of a batch one after the other: looks up what they name, locks their balances, and grants, refuses, replays. Writes all but uses, refusals and keys, which it returns: is_use marks the items that are uses.';

CREATE FUNCTION tollgate.deduct(organization_id uuid, user_id uuid, feature text, units bigint DEFAULT 1, idempotency_key text DEFAULT NULL::text, metadata jsonb DEFAULT '{}'::jsonb) RETURNS TABLE(status text, transaction_id uuid, token_type text, feature_used text, cost bigint, balance_before bigint, balance_after bigint, available bigint, state text, created_at timestamp with time zone, replayed boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  answer CONSTANT tollgate.settlement := tollgate.settle_one(
    deduct.organization_id, deduct.user_id, feature, units, idempotency_key, metadata, NULL);
BEGIN
  status := answer.outcome;
  transaction_id := answer.transaction_id;
  token_type := answer.token_type;
  feature_used := deduct.feature;
  cost := answer.cost;
  balance_before := answer.balance_before;
  balance_after := answer.balance_after;
  available := answer.available;
  state := answer.state;
  created_at := answer.created_at;
  replayed := answer.replayed;
  RETURN NEXT;
END
$$;

ALTER FUNCTION tollgate.deduct(organization_id uuid, user_id uuid, feature text, units bigint, idempotency_key text, metadata jsonb) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.deduct(organization_id uuid, user_id uuid, feature text, units bigint, idempotency_key text, metadata jsonb) IS 'Spends units × the feature''s price, or refuses: a batch of one for tollgate.settle. status is success or a refusal: insufficient_tokens, critical_balance, not_on_plan, organization_suspended, refilling or limit_reached; what is no refusal is raised as TG400 invalid argument, TG401 no user, TG403 another organization, TG404 unknown organization, TG421 unknown feature, TG422 amount out of range or units that do not fit the price, TG423 key used for another request.';

CREATE FUNCTION tollgate.delete_alert(alert_id uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  owner uuid;
BEGIN
  SELECT rule.organization_id INTO owner FROM tollgate.read_alerts(delete_alert.alert_id, NULL, NULL, 1) AS rule;
  PERFORM tollgate.admit_organizations(ARRAY[owner]);
  DELETE FROM tollgate.alerts AS rule
  WHERE rule.organization_id = owner AND rule.alert_id = delete_alert.alert_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no such rule.' USING ERRCODE = 'TG404';
  END IF;
  PERFORM tollgate.end_deliveries(owner, delete_alert.alert_id, 'The rule was deleted.');
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.delete_alert(alert_id uuid) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.delete_alert(alert_id uuid) IS 'Deletes a rule. Where it is raised, the next look at that balance says that it has ended, a minute behind the raise at the earliest. Raises TG404 for an unknown one.';

CREATE FUNCTION tollgate.delete_attribute(organization_id uuid, attribute_id uuid, user_id uuid DEFAULT NULL::uuid, membership_required boolean DEFAULT false) RETURNS tollgate.content_decision
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  caller CONSTANT record := tollgate.identify_caller(delete_attribute.organization_id, delete_attribute.user_id);
  settings tollgate.content_budgets;
  gone tollgate.content_attributes;
  decision tollgate.content_decision;
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[caller.organization_id]);
  decision.outcome := tollgate.may_change(caller.organization_id, caller.user_id,
    caller.membership_required OR coalesce(delete_attribute.membership_required, true));
  IF decision.outcome <> 'success' THEN
    PERFORM tollgate.admit_organizations('{}');
    RETURN decision;
  END IF;

  settings := tollgate.lock_content_budget(caller.organization_id);
  settings.stored_bytes := tollgate.stored_content_bytes(settings);
  DELETE FROM tollgate.content_attributes AS kept
  WHERE kept.organization_id = caller.organization_id AND kept.attribute_id = delete_attribute.attribute_id
  RETURNING kept.* INTO gone;
  IF NOT FOUND THEN
    decision.outcome := 'unknown_attribute';
  ELSE
    decision.tokens := gone.tokens;
    decision.is_active := false;
    decision.budget := tollgate.content_budget_tokens(settings.level, settings.budget_tokens);
    decision.used := settings.active_tokens;
    decision.used_after := decision.used - CASE WHEN gone.active THEN gone.tokens ELSE 0 END;
    decision := tollgate.judge_content(caller.organization_id, false, '{}', decision);
    settings.active_tokens := decision.used_after;
    settings.attribute_count := settings.attribute_count - 1;
    settings.stored_bytes :=
      settings.stored_bytes - tollgate.content_bytes(gone.instructions, gone.examples, gone.signals);
    PERFORM tollgate.write_content_budget(settings);
  END IF;
  PERFORM tollgate.admit_organizations('{}');
  RETURN decision;
END
$$;

ALTER FUNCTION tollgate.delete_attribute(organization_id uuid, attribute_id uuid, user_id uuid, membership_required boolean) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.delete_attribute(organization_id uuid, attribute_id uuid, user_id uuid, membership_required boolean) IS 'Deletes an attribute; the tokens of an active one are free again. Raises TG401 and TG403 as tollgate.identify_caller().';

CREATE FUNCTION tollgate.delete_cache(organization_id uuid, cache_name text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  owner CONSTANT uuid := coalesce(delete_cache.organization_id, '00000000-0000-0000-0000-000000000000');
  existed boolean;
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[owner]);
  IF delete_cache.organization_id IS NOT NULL
    AND NOT EXISTS (SELECT FROM public.organizations AS known WHERE known.id = owner)
  THEN
    RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
  END IF;
  DELETE FROM tollgate.caches AS configured
  WHERE configured.organization_id = owner AND configured.cache_name = delete_cache.cache_name;
  existed := FOUND;
  IF existed THEN
    DELETE FROM tollgate.cache_entries AS known
    WHERE known.organization_id = owner AND known.cache_name = delete_cache.cache_name;
  END IF;
  PERFORM tollgate.admit_organizations('{}');
  RETURN existed;
END
$$;

ALTER FUNCTION tollgate.delete_cache(organization_id uuid, cache_name text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.delete_cache(organization_id uuid, cache_name text) IS 'Deletes a decision cache of an organization with its values, or with NULL the one for all, whose values nobody finds any more. What was counted stays, so that a cache made again has no new quota for the day. Returns whether it existed. Raises TG404 for an unknown organization.';

CREATE FUNCTION tollgate.delete_webhook(webhook_id uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  owner CONSTANT uuid := tollgate.admit_webhook(delete_webhook.webhook_id);
BEGIN
  DELETE FROM tollgate.webhooks AS hook
  WHERE hook.organization_id = owner AND hook.webhook_id = delete_webhook.webhook_id;
  DELETE FROM tollgate.deliveries AS held
  WHERE held.organization_id = owner AND held.receiver_id = delete_webhook.webhook_id;
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.delete_webhook(webhook_id uuid) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.delete_webhook(webhook_id uuid) IS 'Deletes a webhook and its deliveries. Raises TG404 for an unknown one.';

CREATE FUNCTION tollgate.describe_organizations(organization_ids uuid[]) RETURNS TABLE(organization_id uuid, name text, plan text, next_plan text, next_plan_from timestamp with time zone, status text, suspended_for text, created_at timestamp with time zone, users bigint, token_type text, balance bigint, reserved bigint, available bigint, allocated bigint, used bigint, purchased bigint, refresh_date timestamp with time zone, state text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
BEGIN
  PERFORM tollgate.admit_organizations(organization_ids);
  RETURN QUERY
  SELECT
    known.id,
    known.name,
    CASE WHEN waiting.is_over THEN known.next_plan ELSE known.plan END,
    CASE WHEN NOT waiting.is_over THEN known.next_plan END,
    CASE WHEN NOT waiting.is_over THEN known.next_plan_from END,
    known.status,
    CASE WHEN known.status = 'suspended' THEN CASE WHEN known.payment_hold THEN 'payment' ELSE 'administrator' END END,
    known.created_at,
    (SELECT count(*) FROM public.user_profiles AS membership WHERE membership.organization_id = known.id),
    current.token_type,
    current.balance,
    current.reserved,
    current.balance - current.reserved,
    current.total_allocated,
    current.total_used,
    current.purchased,
    current.refresh_date,
    tollgate.balance_state(current.balance - current.reserved, current.total_allocated, kind)
  FROM unnest(organization_ids) WITH ORDINALITY AS named (organization_id, n)
    JOIN public.organizations AS known ON known.id = named.organization_id
    CROSS JOIN LATERAL (SELECT coalesce(known.next_plan_from <= tollgate.moment(), false) AS is_over) AS waiting
    LEFT JOIN tollgate.current_balances AS current ON current.organization_id = known.id
    LEFT JOIN tollgate.token_types AS kind ON kind.token_type = current.token_type
  ORDER BY named.n, current.token_type;
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.describe_organizations(organization_ids uuid[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.describe_organizations(organization_ids uuid[]) IS 'Organizations in this order with their plan, how many users they have, and their balances as of now: a row for each balance, or one without for none. Unknown ones are left out.';

CREATE FUNCTION tollgate.dispatch_events(row_limit integer, with_email boolean) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  queued record;
  dispatched integer;
BEGIN
  IF (row_limit BETWEEN 1 AND 10000) IS NOT TRUE THEN
    RAISE EXCEPTION 'At a time 1 to 10000 events are dispatched.' USING ERRCODE = 'TG400';
  END IF;
  SELECT * INTO queued FROM tollgate.find_queued_events(row_limit);
  IF queued.event_ids IS NULL THEN
    RETURN 0;
  END IF;
  PERFORM tollgate.admit_organizations(queued.organization_ids || '00000000-0000-0000-0000-000000000000'::uuid);
  -- Nobody deletes one, or makes it inactive, before it has what it gets.
  PERFORM
  FROM tollgate.webhooks AS hook
  ORDER BY hook.organization_id, hook.webhook_id
  FOR SHARE;
  -- Taken and delivered to the queue of each receiver at one stroke: an event is lost by nobody's death, and found by one.
  WITH taken AS (
    DELETE FROM tollgate.event_queue AS waiting
    WHERE (waiting.organization_id, waiting.event_id) IN (
      SELECT locked.organization_id, locked.event_id
      FROM tollgate.event_queue AS locked
        JOIN unnest(queued.organization_ids, queued.event_ids) AS oldest (organization_id, event_id)
          ON oldest.organization_id = locked.organization_id AND oldest.event_id = locked.event_id
      FOR UPDATE OF locked SKIP LOCKED
    )
    RETURNING waiting.organization_id, waiting.event_id
  ),
  event AS (
    SELECT written.*
    FROM taken
      JOIN tollgate.events AS written
        ON written.organization_id = taken.organization_id AND written.event_id = taken.event_id
  ),
  receiver AS (
    SELECT hook.organization_id, 'webhook' AS channel, hook.webhook_id AS receiver_id, NULL::text AS address,
      event.organization_id AS event_organization_id, event.event_id
    FROM event
      JOIN tollgate.webhooks AS hook ON hook.organization_id IN (event.organization_id, '00000000-0000-0000-0000-000000000000')
    WHERE hook.active
      AND CASE event.kind
        WHEN 'webhook_test' THEN hook.webhook_id = (event.payload ->> 'webhookId')::uuid
        ELSE hook.events = '{}' OR tollgate.event_type(event.kind) = ANY (hook.events)
      END
    UNION ALL
    SELECT rule.organization_id, 'email', rule.alert_id, address, event.organization_id, event.event_id
    FROM event
      JOIN tollgate.alerts AS rule
        ON rule.organization_id IN (event.organization_id, '00000000-0000-0000-0000-000000000000')
        AND rule.alert_id = (event.payload ->> 'alertId')::uuid
      CROSS JOIN LATERAL (SELECT DISTINCT unnest(rule.email)) AS listed (address)
    WHERE dispatch_events.with_email AND event.kind IN ('alert_raised', 'alert_recovered')
  ),
  delivery AS (
    INSERT INTO tollgate.deliveries (organization_id, delivery_id, channel, receiver_id, address, event_organization_id,
      event_id, next_attempt_at, created_at)
    SELECT receiver.organization_id, tollgate.time_ordered_id(), receiver.channel, receiver.receiver_id, receiver.address,
      receiver.event_organization_id, receiver.event_id, tollgate.moment(), tollgate.moment()
    FROM receiver
  )
  SELECT count(*)::integer INTO dispatched FROM taken;
  PERFORM tollgate.admit_organizations('{}');
  RETURN dispatched;
END
$$;

ALTER FUNCTION tollgate.dispatch_events(row_limit integer, with_email boolean) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.dispatch_events(row_limit integer, with_email boolean) IS 'Looks for the receivers of at most row_limit events that wait, the oldest first: webhooks, and with_email the addresses of the rule that an alert is of. Returns how many events that were. Any number may do so at once.';

CREATE FUNCTION tollgate.drop_ended_authorizations(batch_limit integer DEFAULT 1000) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  dropped integer;
BEGIN
  IF (batch_limit BETWEEN 1 AND 10000) IS NOT TRUE THEN
    RAISE EXCEPTION 'At a time 1 to 10000 authorizations are dropped.' USING ERRCODE = 'TG400';
  END IF;
  PERFORM tollgate.admit_organizations(tollgate.find_ended_authorizations(batch_limit));
  DELETE FROM tollgate.credential_authorizations AS under_way
  WHERE under_way.ends_at <= tollgate.moment();
  GET DIAGNOSTICS dropped = ROW_COUNT;
  PERFORM tollgate.admit_organizations('{}');
  RETURN dropped;
END
$$;

ALTER FUNCTION tollgate.drop_ended_authorizations(batch_limit integer) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.drop_ended_authorizations(batch_limit integer) IS 'Drops authorizations that nobody came back from in time, of the organizations that the oldest batch_limit of them belong to, and returns how many those were. Servers do this each hour.';

CREATE FUNCTION tollgate.drop_ended_deliveries(batch_limit integer DEFAULT 1000) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  ended_by CONSTANT timestamptz := tollgate.moment() - interval '30 days';
  dropped integer;
BEGIN
  IF (batch_limit BETWEEN 1 AND 10000) IS NOT TRUE THEN
    RAISE EXCEPTION 'At a time 1 to 10000 deliveries are dropped.' USING ERRCODE = 'TG400';
  END IF;
  PERFORM tollgate.admit_organizations(tollgate.find_ended_deliveries(ended_by, batch_limit));
  DELETE FROM tollgate.deliveries AS held
  WHERE (held.organization_id, held.delivery_id) IN (
    SELECT ended.organization_id, ended.delivery_id
    FROM tollgate.deliveries AS ended
    WHERE ended.status <> 'pending' AND ended.finished_at <= ended_by
    ORDER BY ended.finished_at
    LIMIT batch_limit
    FOR UPDATE SKIP LOCKED
  );
  GET DIAGNOSTICS dropped = ROW_COUNT;
  PERFORM tollgate.admit_organizations('{}');
  RETURN dropped;
END
$$;

ALTER FUNCTION tollgate.drop_ended_deliveries(batch_limit integer) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.drop_ended_deliveries(batch_limit integer) IS 'Drops at most batch_limit deliveries that ended 30 days ago, and returns how many. Servers do this each hour.';

CREATE FUNCTION tollgate.drop_expired_partitions() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    SET lock_timeout TO '100ms'
    AS $$
DECLARE
  expired regclass;
  dropped integer := 0;
BEGIN
  FOR expired IN
    SELECT child.oid::regclass
    FROM pg_inherits
      JOIN pg_class AS child ON child.oid = inhrelid
    WHERE inhparent = 'tollgate.idempotency_keys'::regclass
      AND child.relname < 'idempotency_keys_' || to_char(now() - interval '2 weeks', 'IYYY_IW')
  LOOP
    -- Dropping needs the table to itself. While somebody reads it for long it stays, and settlement does not queue up.
    BEGIN
      EXECUTE format('DROP TABLE %s', expired);
      dropped := dropped + 1;
    EXCEPTION
      WHEN lock_not_available THEN RETURN dropped;
    END;
  END LOOP;
  RETURN dropped;
END
$$;

ALTER FUNCTION tollgate.drop_expired_partitions() OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.drop_expired_partitions() IS 'Drops idempotency keys of three weeks ago and before, and returns how many partitions that were. Gives up at once where somebody uses the table.';

CREATE FUNCTION tollgate.due_in_turn(line_id uuid, due_by timestamp with time zone, row_limit integer) RETURNS TABLE(organization_id uuid, delivery_id uuid, next_attempt_at timestamp with time zone, place bigint)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  line CONSTANT uuid := due_in_turn.line_id;
  first_id CONSTANT uuid := '00000000-0000-0000-0000-000000000000'::uuid;
  last_id CONSTANT uuid := 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid;
  -- Whose event was told last: whoever is behind it in the order of ids is next, and then whoever is first.
  told_id uuid;
  reached_id uuid;
  reached_at timestamptz;
  next_ids uuid[];
  due_count bigint;
BEGIN
  IF row_limit <= 0 THEN
    RETURN;
  END IF;
  SELECT held.event_organization_id
  INTO told_id
  FROM tollgate.deliveries AS held
  WHERE held.line_id = line AND held.attempted_at IS NOT NULL
  ORDER BY held.attempted_at DESC, held.event_organization_id DESC
  LIMIT 1;
  told_id := coalesce(told_id, last_id);
  -- Of few, all are looked at.
  SELECT count(*), array_agg(DISTINCT due.event_organization_id)
  INTO due_count, next_ids
  FROM (
    SELECT held.event_organization_id
    FROM tollgate.deliveries AS held
    WHERE held.line_id = line AND held.status = 'pending' AND held.next_attempt_at <= due_by
    ORDER BY held.next_attempt_at
    LIMIT 100
  ) AS due;
  IF due_count = 100 THEN
    -- Of many, one of each organization, until there are enough: whoever has thousands waiting costs no more than others.
    next_ids := '{}';
    FOR lap IN 1..2 LOOP
      reached_id := CASE lap WHEN 1 THEN told_id ELSE first_id END;
      reached_at := CASE lap WHEN 1 THEN timestamptz 'infinity' ELSE '-infinity' END;
      WHILE cardinality(next_ids) < row_limit LOOP
        SELECT held.event_organization_id, held.next_attempt_at
        INTO reached_id, reached_at
        FROM tollgate.deliveries AS held
        WHERE held.line_id = line
          AND held.status = 'pending'
          AND (held.event_organization_id, held.next_attempt_at) > (reached_id, reached_at)
          AND held.event_organization_id <= CASE lap WHEN 1 THEN last_id ELSE told_id END
        ORDER BY held.event_organization_id, held.next_attempt_at
        LIMIT 1;
        EXIT WHEN NOT FOUND;
        IF reached_at <= due_by THEN
          next_ids := next_ids || reached_id;
        END IF;
        reached_at := 'infinity';
      END LOOP;
    END LOOP;
  END IF;
  RETURN QUERY
  SELECT waiting.organization_id, waiting.delivery_id, waiting.next_attempt_at,
    row_number() OVER (ORDER BY waiting.turn, turns.id <= told_id, turns.id)
  FROM unnest(next_ids) AS turns (id)
    CROSS JOIN LATERAL (
      SELECT held.organization_id, held.delivery_id, held.next_attempt_at,
        -- ROWS: or it would read all that are due since the same moment.
        row_number() OVER (ORDER BY held.next_attempt_at ROWS UNBOUNDED PRECEDING) AS turn
      FROM tollgate.deliveries AS held
      WHERE held.line_id = line
        AND held.status = 'pending'
        AND held.event_organization_id = turns.id
        AND held.next_attempt_at <= due_by
      ORDER BY held.next_attempt_at
      LIMIT row_limit
    ) AS waiting
  ORDER BY waiting.turn, turns.id <= told_id, turns.id
  LIMIT row_limit;
END
$$;

ALTER FUNCTION tollgate.due_in_turn(line_id uuid, due_by timestamp with time zone, row_limit integer) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.due_in_turn(line_id uuid, due_by timestamp with time zone, row_limit integer) IS 'Deliveries of a line (deliveries.line_id) that are due, at most row_limit: one of each organization whose events they are, beginning behind the one whose event was last attempted, in the order of ids, then a second one of each. place counts them. For tollgate.find_due_deliveries(), whose owner sees all organizations.';

CREATE TABLE tollgate.pack_uses (
    organization_id uuid NOT NULL,
    pack_id uuid NOT NULL,
    token_type text NOT NULL,
    sequence_after bigint NOT NULL,
    sequence_to bigint NOT NULL,
    amount bigint NOT NULL,
    expired boolean NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT "a pack's use is of 1 token or more" CHECK ((amount > 0))
);

ALTER TABLE ONLY tollgate.pack_uses FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.pack_uses OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.pack_uses IS 'How packs were used up: tokens of a pack that the movements after sequence_after, up to sequence_to, took.';

COMMENT ON COLUMN tollgate.pack_uses.amount IS 'Tokens.';

CREATE FUNCTION tollgate.due_movements(token public.ai_tokens, at timestamp with time zone, OUT current public.ai_tokens, OUT entries tollgate.ledger_entries[], OUT pack_uses tollgate.pack_uses[], OUT expired_reservations tollgate.reservations[], OUT began_period boolean) RETURNS record
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  policy record;
  kind CONSTANT tollgate.token_types := (
    SELECT known FROM tollgate.token_types AS known WHERE known.token_type = token.token_type);
  packs tollgate.token_packs[];
  pack tollgate.token_packs;
  holds tollgate.reservations[];
  request tollgate.auto_top_ups;
  next_pack integer := 1;
  next_hold integer := 1;
  reached timestamptz;
  pack_at timestamptz;
  hold_at timestamptz;
  -- Whether more is held than is there, which only a change by hand can do.
  is_short CONSTANT boolean := token.balance - token.reserved < -token.overdraft;
  stretch_end timestamptz;
  period_end timestamptz;
  periods integer;
  moved bigint;
  gained numeric;
BEGIN
  current := token;
  entries := '{}';
  pack_uses := '{}';
  expired_reservations := '{}';
  began_period := false;

  IF token.balance <> token.ledger_balance THEN
    entries := entries || tollgate.movement(current, 'adjustment', token.balance - token.ledger_balance, 'by_hand');
    current.ledger_balance := current.balance;
    current.ledger_sequence := current.ledger_sequence + 1;
  END IF;
  current.purchased := greatest(0, least(current.purchased, current.balance));

  IF token.due_at <= at OR is_short THEN
    packs := ARRAY(
      SELECT open
      FROM tollgate.token_packs AS open
      WHERE open.organization_id = token.organization_id AND open.token_type = token.token_type AND open.remaining > 0
      ORDER BY open.expires_at, open.pack_id);
    holds := ARRAY(
      SELECT open
      FROM tollgate.reservations AS open
      WHERE open.organization_id = token.organization_id AND open.token_type = token.token_type AND open.status = 'open'
      ORDER BY open.expires_at, open.reservation_id);
  END IF;

  -- Nobody can have what was taken away by hand: it is let go, what ends first before the others.
  WHILE current.balance - current.reserved < -current.overdraft AND next_hold <= cardinality(holds) LOOP
    entries := entries || tollgate.movement(current, 'release', 0, 'by_hand', (holds[next_hold]).reservation_id,
      (holds[next_hold]).amount);
    current.reserved := greatest(0, current.reserved - (holds[next_hold]).amount);
    current.ledger_sequence := current.ledger_sequence + 1;
    expired_reservations := expired_reservations || holds[next_hold];
    next_hold := next_hold + 1;
  END LOOP;

  LOOP
    hold_at := (holds[next_hold]).expires_at;
    pack_at := (packs[next_pack]).expires_at;
    reached := greatest(reached, least(at, hold_at, pack_at, current.refresh_date));
    SELECT * INTO policy FROM tollgate.allocation_at(token.organization_id, token.token_type, reached);

    -- A bucket has refilled until then.
    IF (policy.allocation).refill_tokens IS NOT NULL AND current.refilled_at IS NOT NULL THEN
      gained := div(
        (extract(epoch FROM reached - current.refilled_at) * 1000000)::numeric * (policy.allocation).refill_tokens,
        (policy.allocation).refill_seconds * 1000000::numeric);
      moved := greatest(0, least(gained, (policy.allocation).tokens - (current.balance - current.purchased)))::bigint;
      IF moved > 0 THEN
        entries := entries || tollgate.movement(current, 'allocation', moved, 'refill');
        current.balance := current.balance + moved;
        current.ledger_balance := current.balance;
        current.ledger_sequence := current.ledger_sequence + 1;
      END IF;
      IF current.balance - current.purchased >= (policy.allocation).tokens THEN
        -- A full bucket does not save up. It begins anew what is announced.
        current.refilled_at := reached;
        current.announced := least(current.announced, tollgate.state_level(
          tollgate.balance_state(current.balance - current.reserved, current.total_allocated, kind)));
      ELSE
        -- The rest of a token that is on its way stays on its way.
        current.refilled_at := current.refilled_at + ceil(
          gained * (policy.allocation).refill_seconds * 1000000 / (policy.allocation).refill_tokens)::double precision
          * interval '1 microsecond';
      END IF;
      IF moved > 0 AND next_pack > 1 THEN
        next_pack := 1;
        CONTINUE;
      END IF;
    END IF;

    EXIT WHEN least(hold_at, pack_at, current.refresh_date) IS NULL
      OR least(hold_at, pack_at, current.refresh_date) > at;

    IF hold_at = least(hold_at, pack_at, current.refresh_date) THEN
      entries := entries || tollgate.movement(current, 'release', 0, 'expired', (holds[next_hold]).reservation_id,
        (holds[next_hold]).amount);
      current.reserved := greatest(0, current.reserved - (holds[next_hold]).amount);
      current.ledger_sequence := current.ledger_sequence + 1;
      expired_reservations := expired_reservations || holds[next_hold];
      next_hold := next_hold + 1;
      -- Packs whose time was over may go now as far as it was held.
      next_pack := 1;

    ELSIF pack_at = least(pack_at, current.refresh_date) THEN
      -- What was spent so far is of the packs that expire first.
      SELECT used.packs, pack_uses || used.uses
      INTO packs, pack_uses
      FROM tollgate.use_packs(current, packs) AS used;
      current.purchased_sequence := current.ledger_sequence;
      pack := packs[next_pack];
      -- What is held stays until it is let go.
      moved := least(pack.remaining, greatest(0, current.balance - current.reserved));
      IF moved > 0 THEN
        entries := entries || tollgate.movement(current, 'expiry', -moved, 'expired', pack.pack_id);
        current.ledger_sequence := current.ledger_sequence + 1;
        pack_uses := pack_uses || ROW(token.organization_id, pack.pack_id, token.token_type,
          current.ledger_sequence - 1, current.ledger_sequence, moved, true, at)::tollgate.pack_uses;
        pack.remaining := pack.remaining - moved;
        packs[next_pack] := pack;
        current.balance := current.balance - moved;
        current.ledger_balance := current.balance;
        current.purchased := greatest(0, current.purchased - moved);
        current.purchased_sequence := current.ledger_sequence;
      END IF;
      next_pack := next_pack + 1;

    ELSE
      -- As many periods as end before something else happens are one movement.
      stretch_end := greatest(current.refresh_date, least(at, hold_at, pack_at, policy.next_plan_from));
      period_end := tollgate.period_end(coalesce((policy.allocation).period, 'days'),
        coalesce((policy.allocation).period_days, 30), current.refresh_date,
        CASE WHEN (policy.allocation).anchored THEN current.period_anchor END, policy.time_zone, stretch_end);
      periods := coalesce(tollgate.periods_between(coalesce((policy.allocation).period, 'days'),
        coalesce((policy.allocation).period_days, 30), current.refresh_date, CASE WHEN (policy.allocation).anchored THEN current.period_anchor END, policy.time_zone,
        current.refresh_date, period_end), 1);
      moved := tollgate.balance_after_reset(current, coalesce((policy.allocation).tokens, 0),
        coalesce((policy.allocation).rollover_cap, 0), coalesce((policy.allocation).overdraft, current.overdraft),
        periods) - current.balance;
      entries := entries || tollgate.movement(current, 'reset', moved, 'period_ended', NULL, NULL,
        jsonb_build_object('periodEnd', current.refresh_date, 'periods', periods, 'nextPeriodEnd', period_end));
      current.balance := current.balance + moved;
      current.ledger_balance := current.balance;
      current.ledger_sequence := current.ledger_sequence + 1;
      current.total_allocated := coalesce((policy.allocation).tokens, 0);
      current.total_used := 0;
      current.overdraft := coalesce((policy.allocation).overdraft, current.overdraft);
      current.refresh_date := period_end;
      IF (policy.allocation).refill_tokens IS NOT NULL THEN
        current.refilled_at := coalesce(current.refilled_at, reached);
      END IF;
      current.announced := tollgate.state_level(
        tollgate.balance_state(current.balance - current.reserved, current.total_allocated, kind));
      began_period := true;
      next_pack := 1;
    END IF;
  END LOOP;

  IF token.due_at <= at OR began_period THEN
    -- An automatic top-up may be requested again once it has cooled off, and as often as before in a new period.
    SELECT *
    INTO request
    FROM tollgate.auto_top_ups AS configured
    WHERE configured.organization_id = token.organization_id AND configured.token_type = token.token_type;
    IF began_period THEN
      request.requested_count := 0;
    END IF;
    IF request.requested_count < request.period_maximum
      AND (request.requested_at + make_interval(secs => request.cool_off_seconds) <= at) IS NOT FALSE
    THEN
      current.request_below := request.below;
    END IF;
  END IF;
  IF (policy.allocation).refill_tokens IS NOT NULL AND current.refilled_at IS NOT NULL THEN
    current.due_at := '-infinity';
  ELSIF token.due_at <= at THEN
    current.due_at := least(
      -- A pack that could not expire, because it is held, is due until it can.
      (SELECT min(open.expires_at) FROM unnest(packs) AS open WHERE open.remaining > 0),
      (holds[next_hold]).expires_at,
      CASE WHEN current.request_below IS NULL AND request.requested_count < request.period_maximum THEN
        request.requested_at + make_interval(secs => request.cool_off_seconds)
      END);
  ELSIF began_period AND current.request_below IS NULL AND request.requested_count < request.period_maximum THEN
    current.due_at := least(current.due_at, request.requested_at + make_interval(secs => request.cool_off_seconds));
  END IF;
END
$$;

ALTER FUNCTION tollgate.due_movements(token public.ai_tokens, at timestamp with time zone, OUT current public.ai_tokens, OUT entries tollgate.ledger_entries[], OUT pack_uses tollgate.pack_uses[], OUT expired_reservations tollgate.reservations[], OUT began_period boolean) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.due_movements(token public.ai_tokens, at timestamp with time zone, OUT current public.ai_tokens, OUT entries tollgate.ledger_entries[], OUT pack_uses tollgate.pack_uses[], OUT expired_reservations tollgate.reservations[], OUT began_period boolean) IS 'A balance as of a time, and the movements that lead there from its row: a change by hand, expired reservations and packs, resets, a refill. Arithmetic, not a counter: however late and by however many it is applied, each happens once.';

CREATE FUNCTION tollgate.effective_role() RETURNS name
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  RETURN coalesce(nullif(current_setting('role'), 'none')::name, session_user);
END
$$;

ALTER FUNCTION tollgate.effective_role() OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.effective_role() IS 'The role that the caller acts as, also inside SECURITY DEFINER functions: what SET ROLE chose, or the login.';

CREATE FUNCTION tollgate.end_deliveries(organization_id uuid, receiver_id uuid, reason text) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  UPDATE tollgate.deliveries AS held
  SET status = 'dead',
    next_attempt_at = NULL,
    finished_at = tollgate.moment(),
    last_error = end_deliveries.reason
  WHERE held.organization_id = end_deliveries.organization_id
    AND held.receiver_id = end_deliveries.receiver_id
    AND held.status = 'pending'
$$;

ALTER FUNCTION tollgate.end_deliveries(organization_id uuid, receiver_id uuid, reason text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.end_deliveries(organization_id uuid, receiver_id uuid, reason text) IS 'What waits for a receiver that is not asked any more is dead. The caller has admitted itself to the organization.';

CREATE FUNCTION tollgate.end_refresh(organization_id uuid, provider text, lease_id uuid, version bigint, reconsent boolean, retry_milliseconds bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  tenant CONSTANT uuid := end_refresh.organization_id;
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[tenant]);
  UPDATE tollgate.credentials AS held
  SET state = CASE WHEN end_refresh.reconsent THEN 'reconsent_required' ELSE held.state END,
    lease_ends_at = NULL,
    retry_at = tollgate.moment() + end_refresh.retry_milliseconds * interval '1 millisecond'
  WHERE held.organization_id = tenant
    AND held.provider = end_refresh.provider
    AND held.lease_id = end_refresh.lease_id
    AND held.version = end_refresh.version;
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.end_refresh(organization_id uuid, provider text, lease_id uuid, version bigint, reconsent boolean, retry_milliseconds bigint) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.end_refresh(organization_id uuid, provider text, lease_id uuid, version bigint, reconsent boolean, retry_milliseconds bigint) IS 'Gives a lease back without new tokens: because the provider wants consent again, or is not to be asked for so long. Does nothing where the lease is another''s by now.';

CREATE FUNCTION tollgate.ensure_partitions() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $$
DECLARE
  wanted record;
  made integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(hash_record_extended(ROW('partitions'::text), 0));
  FOR wanted IN
    SELECT parent::regclass, format('%s_%s', name, to_char(month, 'YYYY_MM')) AS partition,
      month::timestamptz::text AS first, (month + interval '1 month')::timestamptz::text AS beyond
    FROM (VALUES
        ('public.ai_token_usage_log', 'ai_token_usage_log'),
        ('tollgate.ledger_entries', 'ledger_entries')
      ) AS monthly (parent, name),
      generate_series(
        date_trunc('month', tollgate.moment()), tollgate.moment() + interval '35 days', interval '1 month') AS month
    UNION ALL
    SELECT 'tollgate.idempotency_keys'::regclass, 'idempotency_keys_' || to_char(week, 'IYYY_IW'),
      week::date::text, (week::date + 7)::text
    FROM generate_series(
      date_trunc('week', tollgate.moment()), tollgate.moment() + interval '35 days', interval '1 week') AS week
  LOOP
    CONTINUE WHEN to_regclass('tollgate.' || wanted.partition) IS NOT NULL;
    -- Attaching locks the parent less than CREATE TABLE … PARTITION OF, which would wait for every query on it.
    EXECUTE format('CREATE TABLE tollgate.%I (LIKE %s INCLUDING DEFAULTS INCLUDING CONSTRAINTS)',
      wanted.partition, wanted.parent);
    EXECUTE format('ALTER TABLE tollgate.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', wanted.partition);
    EXECUTE format('ALTER TABLE %s ATTACH PARTITION tollgate.%I FOR VALUES FROM (%L) TO (%L)',
      wanted.parent, wanted.partition, wanted.first, wanted.beyond);
    made := made + 1;
  END LOOP;

  RETURN made;
END
$$;

ALTER FUNCTION tollgate.ensure_partitions() OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.ensure_partitions() IS 'Makes the partitions for the next 35 days and returns how many it made. Safe to call at any time, by any number at once.';

CREATE FUNCTION tollgate.estimate_plans(organization_id uuid, from_day date, to_day date) RETURNS json
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
  periods CONSTANT integer := ceil((to_day - from_day) / 30.0)::integer;
  present_plan text;
  estimates json;
BEGIN
  IF (to_day > from_day AND to_day - from_day <= 400) IS NOT TRUE THEN
    RAISE EXCEPTION 'An estimate is of 1 to 400 days.' USING ERRCODE = 'TG400';
  END IF;
  PERFORM tollgate.admit_organizations(ARRAY[estimate_plans.organization_id]);
  SELECT known.plan
  INTO present_plan
  FROM public.organizations AS known
  WHERE known.id = estimate_plans.organization_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
  END IF;

  WITH used AS MATERIALIZED (
    SELECT counted.token_type, counted.day, sum(counted.tokens) AS tokens
    FROM (
      SELECT kept.token_type, kept.day, kept.tokens
      FROM tollgate.usage_days AS kept
      WHERE kept.organization_id = estimate_plans.organization_id
        AND kept.day >= from_day
        AND kept.day < to_day
      UNION ALL
      SELECT given.token_type, given.day, -given.refunded
      FROM tollgate.balance_days AS given
      WHERE given.organization_id = estimate_plans.organization_id
        AND given.day >= from_day
        AND given.day < to_day
      UNION ALL
      SELECT tail.token_type, tail.hour::date, tail.tokens - tail.refunded
      FROM tollgate.unrolled_sums(ARRAY[estimate_plans.organization_id]) AS tail
      WHERE (tail.uses > 0 OR tail.refunded > 0)
        AND tail.hour >= from_day::timestamptz
        AND tail.hour < to_day::timestamptz
    ) AS counted
    GROUP BY counted.token_type, counted.day
  ),
  -- What each plan would have had for what was used in each of its own periods.
  of_period AS (
    SELECT offered.plan, used.token_type, sum(used.tokens) AS used,
      coalesce(allocation.tokens, 0)
        + coalesce(floor(30 * 86400.0 / allocation.refill_seconds) * allocation.refill_tokens, 0) AS allocated
    FROM tollgate.plans AS offered
      CROSS JOIN used
      LEFT JOIN tollgate.plan_allocations AS allocation
        ON allocation.plan = offered.plan AND allocation.token_type = used.token_type
      CROSS JOIN LATERAL (
        SELECT CASE
          WHEN allocation.refill_tokens IS NOT NULL THEN (used.day - from_day) / 30
          WHEN allocation.period = 'never' THEN 0
          WHEN allocation.period = 'day' THEN used.day - from_day
          WHEN allocation.period IN ('month', 'quarter')
            THEN date_trunc(allocation.period, used.day::timestamp)::date - date '2000-01-01'
          ELSE (used.day - from_day) / coalesce(allocation.period_days, 30)
        END AS period
      ) AS slice
    GROUP BY offered.plan, used.token_type, slice.period, allocation.tokens, allocation.refill_tokens,
      allocation.refill_seconds
  ),
  missing AS MATERIALIZED (
    SELECT of_period.plan, of_period.token_type,
      least(sum(greatest(0, of_period.used - of_period.allocated)), 1000000000000000000)::bigint AS tokens
    FROM of_period
    GROUP BY of_period.plan, of_period.token_type
    HAVING sum(greatest(0, of_period.used - of_period.allocated)) > 0
  ),
  priced AS (
    SELECT missing.plan, missing.token_type, missing.tokens, bought.packs, bought.amount_minor
    FROM missing
      LEFT JOIN tollgate.plan_prices AS price ON price.plan = missing.plan
      LEFT JOIN LATERAL tollgate.cheapest_packs(missing.tokens,
        coalesce(price.currency, (SELECT min(sold.currency) FROM tollgate.pack_prices AS sold))) AS bought
        ON true
  )
  SELECT json_agg(json_build_object(
    'plan', offered.plan,
    'current', offered.plan IS NOT DISTINCT FROM present_plan,
    'monthlyPrice', CASE WHEN price.plan IS NOT NULL THEN
      json_build_object('amountMinor', price.amount_minor, 'currency', price.currency)
    END,
    'packs', coalesce(bought.packs, '[]'),
    'total', CASE WHEN price.plan IS NOT NULL THEN json_build_object(
      'amountMinor', price.amount_minor * periods + coalesce(bought.amount_minor, 0), 'currency', price.currency)
    END,
    'unaffordable', coalesce(bought.unaffordable, '{}')
  ) ORDER BY price.amount_minor, offered.plan)
  INTO estimates
  FROM tollgate.plans AS offered
    LEFT JOIN tollgate.plan_prices AS price ON price.plan = offered.plan
    LEFT JOIN (
      SELECT
        priced.plan,
        json_agg(json_build_object('tokenType', priced.token_type, 'missing', priced.tokens, 'packs', priced.packs,
            'amountMinor', priced.amount_minor) ORDER BY priced.token_type) FILTER (WHERE priced.packs IS NOT NULL) AS packs,
        sum(priced.amount_minor) AS amount_minor,
        json_object_agg(priced.token_type, priced.tokens ORDER BY priced.token_type) FILTER (WHERE priced.packs IS NULL)
          AS unaffordable
      FROM priced
      GROUP BY priced.plan
    ) AS bought ON bought.plan = offered.plan;
  PERFORM tollgate.admit_organizations('{}');
  RETURN coalesce(estimates, '[]');
END
$$;

ALTER FUNCTION tollgate.estimate_plans(organization_id uuid, from_day date, to_day date) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.estimate_plans(organization_id uuid, from_day date, to_day date) IS 'What an organization''s uses from from_day on and before to_day (UTC) would have cost on each plan, as JSON: for every 30 days, or a part of them, the plan''s price, and packs for what was used, less what was refunded, in each of an allocation''s own periods beyond it: a bucket''s is 30 days with what they refill, and nothing rolls over. Raises TG400 for fewer than 1 or more than 400 days, TG404 for an unknown organization.';

CREATE FUNCTION tollgate.evaluate_alerts(row_limit integer DEFAULT 1000) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  IF (row_limit BETWEEN 1 AND 10000) IS NOT TRUE THEN
    RAISE EXCEPTION 'At a time 1 to 10000 organizations are looked at.' USING ERRCODE = 'TG400';
  END IF;
  -- Where there are no rules, nothing is locked or written.
  IF tollgate.find_watched_organizations('00000000-0000-0000-0000-000000000000', 1) IS NULL THEN
    RETURN 0;
  END IF;
  RETURN tollgate.walk_alerts('balances', row_limit) + tollgate.walk_alerts('rates', greatest(1, row_limit / 10));
END
$$;

ALTER FUNCTION tollgate.evaluate_alerts(row_limit integer) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.evaluate_alerts(row_limit integer) IS 'Holds the balances of the next row_limit organizations that rules are about against them, and returns how many events that gave. What rules about rates need is looked at once a minute. Servers call it each second; any number may.';

CREATE FUNCTION tollgate.event_type(kind text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT CASE kind
    WHEN 'threshold_crossed' THEN 'balance.threshold_crossed'
    WHEN 'top_up_requested' THEN 'balance.top_up_requested'
    WHEN 'limit_exceeded' THEN 'limit.exceeded'
    WHEN 'plan_changed' THEN 'organization.plan_changed'
    WHEN 'organization_suspended' THEN 'organization.suspended'
    WHEN 'organization_resumed' THEN 'organization.resumed'
    WHEN 'content_threshold_crossed' THEN 'content.threshold_crossed'
    WHEN 'content_deactivated' THEN 'content.deactivated'
    WHEN 'content_reset' THEN 'content.reset'
    WHEN 'alert_raised' THEN 'alert.raised'
    WHEN 'alert_recovered' THEN 'alert.recovered'
    WHEN 'webhook_test' THEN 'webhook.test'
    ELSE 'event.' || kind
  END
$$;

ALTER FUNCTION tollgate.event_type(kind text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.event_type(kind text) IS 'What receivers know a kind of event as: names separated by full stops, as Standard Webhooks has them.';

CREATE FUNCTION tollgate.evict_entries(cache tollgate.caches, organization_id uuid, kept_hash bytea) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  surplus CONSTANT bigint := (
    SELECT count(*)
    FROM tollgate.cache_entries AS known
    WHERE known.organization_id = evict_entries.organization_id
      AND known.cache_name = (evict_entries.cache).cache_name
      AND known.value IS NOT NULL
  ) - (evict_entries.cache).maximum_entries;
BEGIN
  IF surplus <= 0 THEN
    RETURN;
  END IF;
  -- Once: in a join they might be looked for again and again, and more would leave.
  WITH leaving AS MATERIALIZED (
    SELECT used.key_hash
    FROM tollgate.cache_entries AS used
    WHERE used.organization_id = evict_entries.organization_id
      AND used.cache_name = (evict_entries.cache).cache_name
      AND used.value IS NOT NULL
      AND used.key_hash <> evict_entries.kept_hash
    -- What has ended is of no use to anybody.
    ORDER BY used.ends_at > tollgate.moment(), used.last_used_at, used.key_hash
    LIMIT surplus
    -- What is being used at this moment is not the least recently used.
    FOR UPDATE SKIP LOCKED
  )
  DELETE FROM tollgate.cache_entries AS known
  USING leaving
  WHERE known.organization_id = evict_entries.organization_id
    AND known.cache_name = (evict_entries.cache).cache_name
    AND known.key_hash = leaving.key_hash;
END
$$;

ALTER FUNCTION tollgate.evict_entries(cache tollgate.caches, organization_id uuid, kept_hash bytea) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.evict_entries(cache tollgate.caches, organization_id uuid, kept_hash bytea) IS 'Deletes values of a cache beyond its maximum, those that have ended first and then the least recently used, but never the one with kept_hash. Exact for who stores one at a time, as tollgate.store_in_cache and tollgate.set_cache do.';

CREATE FUNCTION tollgate.extend(organization_id uuid, reservation_id uuid, ttl_seconds integer, idempotency_key text DEFAULT NULL::text) RETURNS tollgate.settlement
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  RETURN tollgate.settle_one(extend.organization_id, NULL, NULL, NULL, idempotency_key, '{}',
    jsonb_build_object('operation', 'extend', 'reservationId', extend.reservation_id,
      'ttlSeconds', extend.ttl_seconds));
END
$$;

ALTER FUNCTION tollgate.extend(organization_id uuid, reservation_id uuid, ttl_seconds integer, idempotency_key text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.extend(organization_id uuid, reservation_id uuid, ttl_seconds integer, idempotency_key text) IS 'Lets a reservation end 1 to 86400 seconds from now. Raised are TG404 unknown reservation, TG409 finished or expired.';

CREATE FUNCTION tollgate.fall_back(cache tollgate.caches, reason text, retry_after_seconds bigint) RETURNS tollgate.cache_answer
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  answer tollgate.cache_answer;
BEGIN
  answer.outcome := 'fallback';
  answer.value := (fall_back.cache).fallback;
  answer.reason := fall_back.reason;
  answer.retry_after_seconds := fall_back.retry_after_seconds;
  RETURN answer;
END
$$;

ALTER FUNCTION tollgate.fall_back(cache tollgate.caches, reason text, retry_after_seconds bigint) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.fall_back(cache tollgate.caches, reason text, retry_after_seconds bigint) IS 'What is answered in place of a call: the cache''s fallback, why, and the seconds until a call may be granted (NULL: waiting does not help).';

CREATE FUNCTION tollgate.feature_is_limited(feature text, token_type text) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
  SELECT EXISTS (
    SELECT
    FROM tollgate.limits AS bound
    WHERE bound.is_enabled
      AND (bound.feature IS NULL OR bound.feature = feature_is_limited.feature)
      AND (bound.token_type IS NULL OR bound.token_type = feature_is_limited.token_type)
  )
$$;

ALTER FUNCTION tollgate.feature_is_limited(feature text, token_type text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.feature_is_limited(feature text, token_type text) IS 'Whether a limit that is enabled can apply to a feature paid in these tokens: what features.is_limited keeps.';

CREATE FUNCTION tollgate.find_behind(organization_limit integer) RETURNS uuid[]
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT coalesce(array_agg(behind.organization_id ORDER BY behind.waits_since), '{}')
  FROM (
    SELECT known.organization_id, min(known.waits_since) AS waits_since
    FROM (
      (
        SELECT rolled.organization_id, rolled.rolled_at AS waits_since
        FROM tollgate.rolled_organizations AS rolled
        WHERE rolled.is_behind
        ORDER BY rolled.rolled_at
        LIMIT organization_limit
      )
      UNION ALL
      (
        -- A forecast changes by time alone: once a day it is worked out anew.
        SELECT forecast.organization_id, greatest(forecast.forecast_at, date_trunc('day', tollgate.moment(), 'UTC'))
        FROM tollgate.rolled_balances AS forecast
        WHERE forecast.runs_out_at IS NOT NULL
          -- The later ones are of a clock that went ahead, and was put back.
          AND (forecast.forecast_at < date_trunc('day', tollgate.moment(), 'UTC')
            OR forecast.forecast_at > tollgate.moment())
        ORDER BY forecast.forecast_at
        LIMIT organization_limit
      )
    ) AS known
    GROUP BY known.organization_id
  ) AS behind
$$;

ALTER FUNCTION tollgate.find_behind(organization_limit integer) OWNER TO tollgate_reporter;

COMMENT ON FUNCTION tollgate.find_behind(organization_limit integer) IS 'Organizations that may have something that is not rolled up, those that waited longest before the others, and those whose forecast is from another day.';

CREATE FUNCTION tollgate.find_charges(organization_ids uuid[], requests jsonb[]) RETURNS tollgate.refundable[]
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  RETURN ARRAY(
    -- Materialized for the same reason as in tollgate.look_up_items().
    WITH named AS MATERIALIZED (
      SELECT item.n, item.organization_id, (item.request ->> 'transactionId')::uuid AS transaction_id
      FROM unnest(organization_ids, requests) WITH ORDINALITY AS item (organization_id, request, n)
    )
    SELECT (
      SELECT ROW(charge.id, charge.feature_used, charge.tokens_deducted, charge.from_purchased, refunded.amount,
        refunded.to_purchased)::tollgate.refundable
      FROM public.ai_token_usage_log AS charge
        CROSS JOIN LATERAL (
          SELECT coalesce(sum(earlier.amount), 0)::bigint AS amount,
            coalesce(sum(earlier.to_purchased), 0)::bigint AS to_purchased
          FROM tollgate.refunds AS earlier
          WHERE earlier.organization_id = named.organization_id AND earlier.transaction_id = named.transaction_id
        ) AS refunded
      WHERE charge.organization_id = named.organization_id AND charge.id = named.transaction_id
      LIMIT 1
    )
    FROM named
    ORDER BY named.n
  );
END
$$;

ALTER FUNCTION tollgate.find_charges(organization_ids uuid[], requests jsonb[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.find_charges(organization_ids uuid[], requests jsonb[]) IS 'The charge that each item of a batch wants back, and what was given back of it, NULL for an item that names none.';

CREATE FUNCTION tollgate.find_due_balances(batch_limit integer, everywhere boolean, OUT organization_ids uuid[], OUT token_types text[], OUT replanned_ids uuid[]) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  due_by CONSTANT timestamptz := tollgate.moment();
BEGIN
  -- Some of the oldest and not the oldest: sweepers at the same time take different ones, and one that cannot be
  -- brought up to date is not in everybody's way.
  SELECT array_agg(due.organization_id), array_agg(due.token_type)
  INTO organization_ids, token_types
  FROM (
    SELECT found.organization_id, found.token_type
    FROM (
      (
        -- A bucket is always due (-infinity), and brought up to date when somebody looks.
        SELECT token.organization_id, token.token_type
        FROM public.ai_tokens AS token
        WHERE least(token.refresh_date, token.due_at) <= due_by AND token.due_at IS DISTINCT FROM '-infinity'
        ORDER BY least(token.refresh_date, token.due_at)
        LIMIT batch_limit * 8
      )
      UNION
      (
        SELECT held.organization_id, held.token_type
        FROM tollgate.reservations AS held
        WHERE held.status = 'open' AND held.expires_at <= due_by
        LIMIT batch_limit * 8
      )
      UNION
      (
        SELECT token.organization_id, token.token_type
        FROM public.ai_tokens AS token
        WHERE everywhere AND token.balance <> token.ledger_balance
        LIMIT batch_limit * 8
      )
    ) AS found
    ORDER BY random()
    LIMIT batch_limit
  ) AS due;

  SELECT array_agg(due.id)
  INTO replanned_ids
  FROM (
    SELECT organization.id
    FROM public.organizations AS organization
    WHERE organization.next_plan_from <= due_by
    ORDER BY organization.next_plan_from
    LIMIT batch_limit
  ) AS due;
END
$$;

ALTER FUNCTION tollgate.find_due_balances(batch_limit integer, everywhere boolean, OUT organization_ids uuid[], OUT token_types text[], OUT replanned_ids uuid[]) OWNER TO tollgate_sweeper;

COMMENT ON FUNCTION tollgate.find_due_balances(batch_limit integer, everywhere boolean, OUT organization_ids uuid[], OUT token_types text[], OUT replanned_ids uuid[]) IS 'The keys of balances, of any organizations, that have something due; with everywhere also of those changed by hand, which reads them all. And organizations whose next plan has come.';

CREATE FUNCTION tollgate.find_due_deliveries(due_by timestamp with time zone, healthy_limit integer, failing_limit integer, email_limit integer, busy uuid[]) RETURNS TABLE(organization_id uuid, delivery_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  -- Attempts that are under way, of each organization's receivers.
  WITH under_way AS (
    SELECT hook.organization_id, hook.failing_since IS NOT NULL AS is_failing, count(*) AS attempts
    FROM unnest(busy) AS attempt (webhook_id)
      JOIN tollgate.webhooks AS hook ON hook.webhook_id = attempt.webhook_id
    GROUP BY hook.organization_id, is_failing
  ),
  due AS (
    -- Some of each receiver: whoever has thousands waiting is not in the way of others.
    SELECT hook.organization_id, hook.failing_since IS NOT NULL AS is_failing, hook.last_attempt_at, waiting.*
    FROM tollgate.webhooks AS hook
      CROSS JOIN LATERAL (
        SELECT pending.delivery_id, pending.next_attempt_at,
          -- ROWS: or it would read all that are due since the same moment.
          row_number() OVER (ORDER BY pending.next_attempt_at ROWS UNBOUNDED PRECEDING) AS place
        FROM tollgate.deliveries AS pending
        WHERE pending.organization_id = hook.organization_id
          AND pending.receiver_id = hook.webhook_id
          AND pending.status = 'pending'
          AND pending.next_attempt_at <= due_by
        ORDER BY pending.next_attempt_at
        LIMIT CASE WHEN hook.failing_since IS NULL THEN 4 ELSE 1 END
      ) AS waiting
    WHERE hook.active
      AND hook.webhook_id <> ALL (busy)
      AND hook.organization_id <> '00000000-0000-0000-0000-000000000000'
    UNION ALL
    SELECT hook.organization_id, hook.failing_since IS NOT NULL, hook.last_attempt_at, waiting.delivery_id,
      waiting.next_attempt_at, waiting.place
    FROM tollgate.webhooks AS hook
      CROSS JOIN LATERAL tollgate.due_in_turn(hook.webhook_id, due_by, CASE WHEN hook.failing_since IS NULL THEN 4 ELSE 1 END)
        AS waiting
    WHERE hook.active
      AND hook.webhook_id <> ALL (busy)
      AND hook.organization_id = '00000000-0000-0000-0000-000000000000'
  ),
  -- How many attempts of its organization come first. Within one, its receivers take turns, and whoever has waited
  -- longest begins: not how much waits for a receiver decides, nor how many receivers one has, or how slow they are.
  queued AS (
    SELECT due.*,
      coalesce(under_way.attempts, 0)
        + row_number() OVER (
          PARTITION BY due.organization_id, due.is_failing
          ORDER BY due.place, due.last_attempt_at NULLS FIRST, due.next_attempt_at
        ) AS turn
    FROM due
      LEFT JOIN under_way
        ON under_way.organization_id = due.organization_id AND under_way.is_failing = due.is_failing
  )
  (
    SELECT queued.organization_id, queued.delivery_id
    FROM queued
    WHERE NOT queued.is_failing
    ORDER BY queued.turn, queued.last_attempt_at NULLS FIRST, queued.next_attempt_at
    LIMIT healthy_limit
  )
  UNION ALL
  (
    SELECT queued.organization_id, queued.delivery_id
    FROM queued
    WHERE queued.is_failing
    ORDER BY queued.turn, queued.last_attempt_at NULLS FIRST, queued.next_attempt_at
    LIMIT failing_limit
  )
  UNION ALL
  (
    SELECT waiting.organization_id, waiting.delivery_id
    FROM tollgate.due_in_turn('00000000-0000-0000-0000-000000000000', due_by, email_limit) AS waiting
  )
$$;

ALTER FUNCTION tollgate.find_due_deliveries(due_by timestamp with time zone, healthy_limit integer, failing_limit integer, email_limit integer, busy uuid[]) OWNER TO tollgate_reporter;

COMMENT ON FUNCTION tollgate.find_due_deliveries(due_by timestamp with time zone, healthy_limit integer, failing_limit integer, email_limit integer, busy uuid[]) IS 'Deliveries that are due: of webhooks whose last attempt succeeded, of those that fail, and by email, so many of each; none of the receivers that are busy, who are named once for each attempt under way. Organizations that have few attempts under way come first, then receivers that have waited long. In email, and of a webhook for all, the organizations whose events they are take turns.';

CREATE FUNCTION tollgate.find_ended_authorizations(batch_limit integer) RETURNS uuid[]
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT array_agg(ended.organization_id)
  FROM (
    SELECT under_way.organization_id
    FROM tollgate.credential_authorizations AS under_way
    WHERE under_way.ends_at <= tollgate.moment()
    ORDER BY under_way.ends_at
    LIMIT batch_limit
  ) AS ended
$$;

ALTER FUNCTION tollgate.find_ended_authorizations(batch_limit integer) OWNER TO tollgate_sweeper;

COMMENT ON FUNCTION tollgate.find_ended_authorizations(batch_limit integer) IS 'Organizations that have authorizations under way which have ended, each as often as it has some, of the oldest so many.';

CREATE FUNCTION tollgate.find_ended_deliveries(ended_by timestamp with time zone, row_limit integer) RETURNS uuid[]
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT array_agg(DISTINCT ended.organization_id)
  FROM (
    SELECT held.organization_id
    FROM tollgate.deliveries AS held
    WHERE held.status <> 'pending' AND held.finished_at <= ended_by
    ORDER BY held.finished_at
    LIMIT row_limit
  ) AS ended
$$;

ALTER FUNCTION tollgate.find_ended_deliveries(ended_by timestamp with time zone, row_limit integer) OWNER TO tollgate_reporter;

COMMENT ON FUNCTION tollgate.find_ended_deliveries(ended_by timestamp with time zone, row_limit integer) IS 'The organizations of the oldest deliveries that ended by then; NULL: there are none.';

CREATE FUNCTION tollgate.find_ended_entries(batch_limit integer) RETURNS uuid[]
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT array_agg(DISTINCT ended.organization_id)
  FROM (
    SELECT known.organization_id
    FROM tollgate.cache_entries AS known
    WHERE known.ends_at <= tollgate.moment()
    ORDER BY known.ends_at
    LIMIT batch_limit
  ) AS ended
$$;

ALTER FUNCTION tollgate.find_ended_entries(batch_limit integer) OWNER TO tollgate_sweeper;

COMMENT ON FUNCTION tollgate.find_ended_entries(batch_limit integer) IS 'The organizations of at most batch_limit entries of decision caches that have ended, the oldest; NULL: none has.';

CREATE FUNCTION tollgate.find_holds(organization_ids uuid[], requests jsonb[]) RETURNS tollgate.reservations[]
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  RETURN ARRAY(
    -- Materialized for the same reason as in tollgate.look_up_items().
    WITH named AS MATERIALIZED (
      SELECT item.n, item.organization_id, (item.request ->> 'reservationId')::uuid AS reservation_id
      FROM unnest(organization_ids, requests) WITH ORDINALITY AS item (organization_id, request, n)
    )
    SELECT (
      SELECT held
      FROM tollgate.reservations AS held
      WHERE held.organization_id = named.organization_id AND held.reservation_id = named.reservation_id
    )
    FROM named
    ORDER BY named.n
  );
END
$$;

ALTER FUNCTION tollgate.find_holds(organization_ids uuid[], requests jsonb[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.find_holds(organization_ids uuid[], requests jsonb[]) IS 'The reservation that each item of a batch names, NULL for an item that names none.';

CREATE FUNCTION tollgate.find_keys(key_ids uuid[]) RETURNS TABLE(key_id uuid, organization_id uuid, digest bytea, scopes text[], milliseconds_left bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  moment CONSTANT timestamptz := tollgate.moment();
BEGIN
  PERFORM tollgate.admit_keys(key_ids);
  RETURN QUERY
  SELECT
    known.key_id,
    nullif(known.organization_id, tollgate.owner_of_key(NULL)),
    known.digest,
    known.scopes,
    floor(extract(epoch FROM least(known.expires_at, known.grace_ends_at) - moment) * 1000)::bigint
  FROM tollgate.api_keys AS known
  WHERE known.key_id = ANY (key_ids)
    AND known.revoked_at IS NULL
    AND (least(known.expires_at, known.grace_ends_at) > moment) IS NOT FALSE;
  PERFORM tollgate.admit_keys('{}');
END
$$;

ALTER FUNCTION tollgate.find_keys(key_ids uuid[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.find_keys(key_ids uuid[]) IS 'What the server needs to verify API keys, of those that are valid now: digest, organization (NULL: the service), scopes, and for how many milliseconds more (NULL: no end). A key without a row is unknown, revoked, expired or replaced: which of them, nobody is told.';

CREATE FUNCTION tollgate.find_organizations(search text DEFAULT NULL::text, plan text DEFAULT NULL::text, status text DEFAULT NULL::text, near_limit boolean DEFAULT false, sort text DEFAULT 'created'::text, behind_id uuid DEFAULT NULL::uuid, behind_key text DEFAULT NULL::text, row_limit integer DEFAULT 50) RETURNS TABLE(found_id uuid, sort_key text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    AS $_$
#variable_conflict use_column
DECLARE
  -- How an id begins, written with hyphens or without. A name may begin so, too, but not with all of an id.
  digits CONSTANT text := CASE
    WHEN find_organizations.search ~* '^[0-9a-f]{4}[0-9a-f-]*$' AND length(replace(search, '-', '')) <= 32
      THEN replace(search, '-', '')
  END;
  first_id CONSTANT uuid := rpad(digits, 32, '0')::uuid;
  last_id CONSTANT uuid := rpad(digits, 32, 'f')::uuid;
  prefix CONSTANT text := CASE WHEN length(digits) = 32 THEN NULL ELSE lower(find_organizations.search) END;
  -- Microseconds since 1970.
  last_created_at CONSTANT timestamptz := CASE
    WHEN sort NOT IN ('name', 'used', 'available') THEN
      'epoch'::timestamptz + behind_key::bigint * interval '1 microsecond'
  END;
BEGIN
  IF sort IN ('used', 'available') THEN
    -- No index has sums: every balance is read.
    RETURN QUERY
    WITH standing AS (
      SELECT token.organization_id,
        CASE
          WHEN sort = 'used' THEN sum(token.total_used)
          -- Those that have the least left come first.
          ELSE -sum(token.balance - token.reserved)
        END AS rank,
        bool_or(near_limit AND token.total_allocated > 0
          AND tollgate.balance_state(token.balance - token.reserved, token.total_allocated, kind)
            IN ('critical', 'exhausted')) AS is_near_limit
      FROM public.ai_tokens AS token
        JOIN tollgate.token_types AS kind ON kind.token_type = token.token_type
      GROUP BY token.organization_id
    ),
    listed AS (
      SELECT known.id, coalesce(standing.rank, 0) AS rank
      FROM public.organizations AS known
        LEFT JOIN standing ON standing.organization_id = known.id
      WHERE (find_organizations.search IS NULL
          OR known.id BETWEEN first_id AND last_id
          OR lower(known.name) COLLATE "C" >= prefix AND lower(known.name) COLLATE "C" < prefix || chr(1114111))
        AND (find_organizations.plan IS NULL OR known.plan = find_organizations.plan)
        AND (find_organizations.status IS NULL OR known.status = find_organizations.status)
        AND (NOT near_limit OR standing.is_near_limit)
    )
    SELECT listed.id, listed.rank::text
    FROM listed
    WHERE behind_id IS NULL OR (listed.rank, listed.id) < (behind_key::numeric, behind_id)
    ORDER BY listed.rank DESC, listed.id DESC
    LIMIT row_limit;
    RETURN;
  END IF;

  RETURN QUERY
  SELECT known.id,
    CASE
      WHEN sort = 'name' THEN lower(known.name)
      ELSE (extract(epoch FROM known.created_at) * 1000000)::bigint::text
    END
  FROM public.organizations AS known
  WHERE (find_organizations.search IS NULL
      OR known.id BETWEEN first_id AND last_id
      OR lower(known.name) COLLATE "C" >= prefix AND lower(known.name) COLLATE "C" < prefix || chr(1114111))
    AND (find_organizations.plan IS NULL OR known.plan = find_organizations.plan)
    AND (find_organizations.status IS NULL OR known.status = find_organizations.status)
    AND (behind_id IS NULL
      OR sort = 'name' AND (lower(known.name) COLLATE "C", known.id) > (behind_key COLLATE "C", behind_id)
      OR sort <> 'name' AND (known.created_at, known.id) < (last_created_at, behind_id))
    AND (NOT near_limit OR EXISTS (
      SELECT
      FROM public.ai_tokens AS token
        JOIN tollgate.token_types AS kind ON kind.token_type = token.token_type
      WHERE token.organization_id = known.id
        AND token.total_allocated > 0
        AND tollgate.balance_state(token.balance - token.reserved, token.total_allocated, kind)
          IN ('critical', 'exhausted')
    ))
  ORDER BY
    CASE WHEN sort = 'name' THEN lower(known.name) COLLATE "C" END,
    CASE WHEN sort = 'name' THEN known.id END,
    CASE WHEN sort <> 'name' THEN known.created_at END DESC,
    CASE WHEN sort <> 'name' THEN known.id END DESC
  LIMIT row_limit;
END
$_$;

ALTER FUNCTION tollgate.find_organizations(search text, plan text, status text, near_limit boolean, sort text, behind_id uuid, behind_key text, row_limit integer) OWNER TO tollgate_reporter;

COMMENT ON FUNCTION tollgate.find_organizations(search text, plan text, status text, near_limit boolean, sort text, behind_id uuid, behind_key text, row_limit integer) IS 'The ids of a page of all organizations, with what each is sorted by. search: how the name or, with four digits or more, the id begins, in any case; near_limit: only those with a balance on a plan that is critical or exhausted; sort: created (newest first), name, used (most first) or available (least first). Those that come behind one with behind_id that had behind_key for its sort_key, whatever became of it. used, available and near_limit go by the balances as last booked.';

CREATE FUNCTION tollgate.find_policies(organization_ids uuid[], token_types text[], slots integer[]) RETURNS TABLE(slot integer, kind tollgate.token_types, allocation tollgate.plan_allocations, is_planned boolean)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  moment CONSTANT timestamptz := tollgate.moment();
BEGIN
  RETURN QUERY
  WITH named AS MATERIALIZED (
    SELECT DISTINCT item.slot, item.organization_id, item.token_type
    FROM unnest(organization_ids, token_types, slots) AS item (organization_id, token_type, slot)
    WHERE item.slot IS NOT NULL
  )
  SELECT named.slot, known, given,
    EXISTS (SELECT FROM tollgate.plan_allocations AS any_plan WHERE any_plan.token_type = named.token_type)
  FROM named
    JOIN tollgate.token_types AS known ON known.token_type = named.token_type
    LEFT JOIN public.organizations AS organization ON organization.id = named.organization_id
    LEFT JOIN tollgate.plan_allocations AS given
      ON given.token_type = named.token_type
      AND given.plan =
        CASE WHEN organization.next_plan_from <= moment THEN organization.next_plan ELSE organization.plan END;
END
$$;

ALTER FUNCTION tollgate.find_policies(organization_ids uuid[], token_types text[], slots integer[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.find_policies(organization_ids uuid[], token_types text[], slots integer[]) IS 'By slot of a batch: the kind of the balance''s tokens, what its organization''s plan allocates of them now (NULL: nothing), and whether any plan does.';

CREATE FUNCTION tollgate.find_queued_events(row_limit integer, OUT organization_ids uuid[], OUT event_ids uuid[]) RETURNS record
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT array_agg(oldest.organization_id), array_agg(oldest.event_id)
  FROM (
    SELECT waiting.organization_id, waiting.event_id
    FROM tollgate.event_queue AS waiting
    ORDER BY waiting.event_id
    LIMIT row_limit
  ) AS oldest
$$;

ALTER FUNCTION tollgate.find_queued_events(row_limit integer, OUT organization_ids uuid[], OUT event_ids uuid[]) OWNER TO tollgate_reporter;

COMMENT ON FUNCTION tollgate.find_queued_events(row_limit integer, OUT organization_ids uuid[], OUT event_ids uuid[]) IS 'The oldest events, of any organizations, that no receivers were looked for yet; NULL: there are none.';

CREATE FUNCTION tollgate.find_refused_credentials(provider text) RETURNS uuid[]
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT array_agg(refused.organization_id)
  FROM tollgate.credentials AS refused
  WHERE refused.provider = find_refused_credentials.provider
    AND refused.state = 'reconsent_required'
$$;

ALTER FUNCTION tollgate.find_refused_credentials(provider text) OWNER TO tollgate_sweeper;

COMMENT ON FUNCTION tollgate.find_refused_credentials(provider text) IS 'Organizations whose refresh token this provider has refused for good; NULL: none.';

CREATE FUNCTION tollgate.find_unrolled(from_organization uuid, OUT organization_ids uuid[], OUT to_organization uuid, OUT parents regclass[], OUT months date[], OUT next_blocks bigint[], OUT seen_blocks bigint[], OUT has_more boolean) RETURNS record
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    SET jit TO 'off'
    AS $_$
DECLARE
  -- Pages of 8 KiB. PostgreSQL extends a table by up to 512 at once, which fill in any order.
  overlap CONSTANT bigint := 512::bigint;
  at_once CONSTANT bigint := 4096::bigint;
  balances_at_once CONSTANT integer := 20000;
  everywhere CONSTANT boolean := from_organization = '00000000-0000-0000-0000-000000000000';
  partition record;
  first_block bigint;
  end_block bigint;
  found uuid[];
BEGIN
  organization_ids := '{}';
  parents := '{}';
  months := '{}';
  next_blocks := '{}';
  seen_blocks := '{}';
  has_more := false;
  IF from_organization IS NOT NULL THEN
    organization_ids := ARRAY(
      SELECT DISTINCT token.organization_id
      FROM (
        SELECT known.organization_id, known.token_type, known.ledger_sequence
        FROM public.ai_tokens AS known
        WHERE known.organization_id >= from_organization
        ORDER BY known.organization_id, known.token_type
        LIMIT balances_at_once
      ) AS token
        LEFT JOIN tollgate.rolled_balances AS rolled
          ON rolled.organization_id = token.organization_id AND rolled.token_type = token.token_type
      WHERE token.ledger_sequence > coalesce(rolled.sequence, 0));
    -- The last one may have more balances: the next look begins with it.
    SELECT known.organization_id
    INTO to_organization
    FROM public.ai_tokens AS known
    WHERE known.organization_id >= from_organization
    ORDER BY known.organization_id, known.token_type
    OFFSET balances_at_once - 1
    LIMIT 1;
  END IF;
  FOR partition IN
    SELECT known.*, place.next_block, place.seen_blocks
    FROM (
      SELECT
        child.oid, inhparent::regclass AS parent,
        to_date(right(child.relname, 7), 'YYYY_MM') AS month,
        pg_relation_size(child.oid) / current_setting('block_size')::bigint AS blocks
      FROM pg_inherits
        JOIN pg_class AS child ON child.oid = inhrelid
      WHERE inhparent IN ('public.ai_token_usage_log'::regclass, 'tollgate.ledger_entries'::regclass)
        AND child.relname ~ '_[0-9]{4}_[0-9]{2}$'
    ) AS known
      LEFT JOIN tollgate.rollup_places AS place ON place.parent = known.parent AND place.month = known.month
    WHERE known.blocks > 0
      AND (known.blocks <> coalesce(place.seen_blocks, 0)
        OR coalesce(place.next_block, 0) < known.blocks - overlap
        OR everywhere AND known.parent = 'tollgate.ledger_entries'::regclass
        OR known.month = date_trunc('month', tollgate.moment())::date)
  LOOP
    -- After a restore a table may be shorter than it was.
    first_block := CASE
      WHEN everywhere AND partition.parent = 'tollgate.ledger_entries'::regclass
        OR coalesce(partition.next_block, 0) > partition.blocks
      THEN 0
      ELSE greatest(0, coalesce(partition.next_block, 0))
    END;
    end_block := least(partition.blocks, first_block + at_once);
    -- Left out is who is known to be behind, and whoever was rolled up since its last row, but for transactions that may
    -- have been under way then.
    EXECUTE format(
      'SELECT array_agg(written.organization_id)
      FROM (
        SELECT page.organization_id, max(page.created_at) AS created_at
        FROM %s AS page
        WHERE page.created_at >= %L AND page.created_at < %L AND page.ctid >= %L AND page.ctid < %L
        GROUP BY page.organization_id
      ) AS written
        LEFT JOIN tollgate.rolled_organizations AS rolled ON rolled.organization_id = written.organization_id
      WHERE rolled.is_behind IS NOT TRUE
        AND (%L OR (written.created_at < rolled.looked_from - interval ''10 seconds'' AND rolled.looked_from <= %L) IS NOT TRUE)',
      partition.parent, partition.month::timestamptz, (partition.month + interval '1 month')::timestamptz,
      format('(%s,0)', first_block),
      -- More pages than there are: what is added meanwhile is no worse.
      format('(%s,0)', end_block + CASE WHEN end_block = partition.blocks THEN overlap ELSE 0 END),
      everywhere, tollgate.moment())
    INTO found;
    organization_ids := organization_ids || found;
    parents := parents || partition.parent;
    months := months || partition.month;
    next_blocks := next_blocks
      || CASE WHEN end_block = partition.blocks THEN greatest(0, end_block - overlap) ELSE end_block END;
    seen_blocks := seen_blocks || partition.blocks;
    has_more := has_more OR end_block < partition.blocks;
  END LOOP;
END
$_$;

ALTER FUNCTION tollgate.find_unrolled(from_organization uuid, OUT organization_ids uuid[], OUT to_organization uuid, OUT parents regclass[], OUT months date[], OUT next_blocks bigint[], OUT seen_blocks bigint[], OUT has_more boolean) OWNER TO tollgate_reporter;

COMMENT ON FUNCTION tollgate.find_unrolled(from_organization uuid, OUT organization_ids uuid[], OUT to_organization uuid, OUT parents regclass[], OUT months date[], OUT next_blocks bigint[], OUT seen_blocks bigint[], OUT has_more boolean) IS 'Organizations that have rows in pages of the ledger that nobody has looked through yet, some of them rolled up already; and how far it has looked now. With from_organization also those from this one on whose chain goes further than what is rolled up, which is looked at for 20000 balances at a time: up to to_organization, NULL after the last. From the nil UUID on, the ledger''s other movements and refusals are looked through anew.';

CREATE FUNCTION tollgate.find_users(organization_id uuid DEFAULT NULL::uuid, search text DEFAULT NULL::text, behind_id uuid DEFAULT NULL::uuid, behind_created_at timestamp with time zone DEFAULT NULL::timestamp with time zone, row_limit integer DEFAULT 50) RETURNS TABLE(user_id uuid, organization_id_of_user uuid, email text, role text, created_at timestamp with time zone)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    AS $_$
#variable_conflict use_column
DECLARE
  searched_id CONSTANT uuid := CASE
    WHEN find_users.search ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN search::uuid
  END;
  prefix CONSTANT text := CASE WHEN searched_id IS NULL THEN lower(find_users.search) END;
BEGIN
  IF find_users.organization_id IS NOT NULL
    AND NOT EXISTS (SELECT FROM public.organizations AS known WHERE known.id = find_users.organization_id)
  THEN
    RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
  END IF;
  RETURN QUERY
  SELECT known.id, known.organization_id, known.email, known.role, known.created_at
  FROM public.user_profiles AS known
  WHERE (find_users.organization_id IS NULL OR known.organization_id = find_users.organization_id)
    AND (searched_id IS NULL OR known.id = searched_id)
    AND (prefix IS NULL
      OR lower(known.email) COLLATE "C" >= prefix AND lower(known.email) COLLATE "C" < prefix || chr(1114111))
    AND (behind_id IS NULL OR (known.created_at, known.id) < (behind_created_at, behind_id))
  ORDER BY known.created_at DESC, known.id DESC
  LIMIT row_limit;
END
$_$;

ALTER FUNCTION tollgate.find_users(organization_id uuid, search text, behind_id uuid, behind_created_at timestamp with time zone, row_limit integer) OWNER TO tollgate_reporter;

COMMENT ON FUNCTION tollgate.find_users(organization_id uuid, search text, behind_id uuid, behind_created_at timestamp with time zone, row_limit integer) IS 'A page of the users of all organizations or of one, the newest first; those that come behind one with behind_id that was made at behind_created_at, whether it is still there or not. search: the id, or how the email begins, in any case. Raises TG404 for an unknown organization.';

CREATE FUNCTION tollgate.find_watched_organizations(behind_id uuid, row_limit integer) RETURNS uuid[]
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT array_agg(watched.id)
  FROM (
    SELECT found.id
    FROM (
      (
        SELECT organization.id
        FROM public.organizations AS organization
        WHERE organization.id > behind_id
          AND EXISTS (
            SELECT
            FROM tollgate.alerts AS rule
            WHERE rule.organization_id = '00000000-0000-0000-0000-000000000000' AND rule.active
          )
        ORDER BY organization.id
        LIMIT row_limit
      )
      UNION
      (
        SELECT DISTINCT rule.organization_id
        FROM tollgate.alerts AS rule
        WHERE rule.organization_id > behind_id AND rule.active
        ORDER BY rule.organization_id
        LIMIT row_limit
      )
      UNION
      (
        SELECT DISTINCT raised.organization_id
        FROM tollgate.alert_states AS raised
        WHERE raised.organization_id > behind_id AND raised.is_raised
        ORDER BY raised.organization_id
        LIMIT row_limit
      )
    ) AS found
    WHERE found.id > '00000000-0000-0000-0000-000000000000'
    ORDER BY found.id
    LIMIT row_limit
  ) AS watched
$$;

ALTER FUNCTION tollgate.find_watched_organizations(behind_id uuid, row_limit integer) OWNER TO tollgate_reporter;

COMMENT ON FUNCTION tollgate.find_watched_organizations(behind_id uuid, row_limit integer) IS 'The next organizations, in the order of their ids, that a rule is about or for which an alert is raised; NULL: there is none behind this one.';

CREATE FUNCTION tollgate.fingerprint(user_id uuid, feature text, units bigint, event_id text, metadata jsonb, request jsonb) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  -- The metadata as text: jsonb's own hash is the same for {}, [] and NULL. No members are none, however
  -- that is said, and whoever asks, it is the same request.
  SELECT pg_catalog.hash_record_extended(
    ROW(coalesce((request - 'actor')::text, 'deduct'), user_id, feature, units, event_id, nullif(metadata, '{}')::text), 0)
$$;

ALTER FUNCTION tollgate.fingerprint(user_id uuid, feature text, units bigint, event_id text, metadata jsonb, request jsonb) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.fingerprint(user_id uuid, feature text, units bigint, event_id text, metadata jsonb, request jsonb) IS 'What tells one request from another under the same idempotency key. A request that is not NULL says what is asked for besides a plain deduction.';

CREATE FUNCTION tollgate.finish_delivery(organization_id uuid, delivery_id uuid, lease_id uuid, is_delivered boolean, is_gone boolean, status integer, error text, milliseconds bigint, retry_milliseconds bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  owner CONSTANT uuid := finish_delivery.organization_id;
  at CONSTANT timestamptz := tollgate.moment();
  is_pending boolean :=
    NOT finish_delivery.is_delivered AND NOT finish_delivery.is_gone AND finish_delivery.retry_milliseconds IS NOT NULL;
  channel text;
  receiver uuid;
  is_active boolean;
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[owner]);
  SELECT held.channel, held.receiver_id
  INTO channel, receiver
  FROM tollgate.deliveries AS held
  WHERE held.organization_id = owner AND held.delivery_id = finish_delivery.delivery_id;
  -- Webhooks are locked before their deliveries, wherever both are.
  SELECT hook.active
  INTO is_active
  FROM tollgate.webhooks AS hook
  WHERE hook.organization_id = owner AND hook.webhook_id = receiver
  FOR UPDATE;
  is_pending := is_pending AND (channel = 'email' OR is_active IS TRUE);
  UPDATE tollgate.deliveries AS held
  SET status = CASE WHEN finish_delivery.is_delivered THEN 'delivered' WHEN is_pending THEN 'pending' ELSE 'dead' END,
    next_attempt_at = CASE WHEN is_pending THEN at + finish_delivery.retry_milliseconds * interval '1 millisecond' END,
    finished_at = CASE WHEN NOT is_pending THEN at END,
    last_status = finish_delivery.status,
    last_error = left(finish_delivery.error, 500),
    history = (
      SELECT jsonb_agg(attempt.entry ORDER BY attempt.number)
      FROM jsonb_array_elements(held.history || jsonb_build_object('at', tollgate.rfc3339(at),
        'status', finish_delivery.status, 'error', left(finish_delivery.error, 500),
        'milliseconds', finish_delivery.milliseconds)) WITH ORDINALITY AS attempt (entry, number)
      WHERE attempt.number > jsonb_array_length(held.history) - 19
    )
  WHERE held.organization_id = owner
    AND held.delivery_id = finish_delivery.delivery_id
    AND held.lease_id = finish_delivery.lease_id
    AND held.status = 'pending';
  IF NOT FOUND THEN
    receiver := NULL;
  ELSE
    UPDATE tollgate.webhooks AS hook
    SET failures = CASE WHEN finish_delivery.is_delivered THEN 0 ELSE hook.failures + 1 END,
      failing_since = CASE WHEN NOT finish_delivery.is_delivered THEN coalesce(hook.failing_since, at) END,
      last_attempt_at = at,
      last_delivery_at = CASE WHEN finish_delivery.is_delivered THEN at ELSE hook.last_delivery_at END
    WHERE hook.organization_id = owner AND hook.webhook_id = receiver;
    IF finish_delivery.is_gone THEN
      UPDATE tollgate.webhooks AS hook
      SET active = false,
        disabled_reason = 'gone'
      WHERE hook.organization_id = owner AND hook.webhook_id = receiver;
      PERFORM tollgate.end_deliveries(owner, receiver, 'The receiver is gone.');
    END IF;
  END IF;
  PERFORM tollgate.admit_organizations('{}');
  RETURN receiver IS NOT NULL;
END
$$;

ALTER FUNCTION tollgate.finish_delivery(organization_id uuid, delivery_id uuid, lease_id uuid, is_delivered boolean, is_gone boolean, status integer, error text, milliseconds bigint, retry_milliseconds bigint) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.finish_delivery(organization_id uuid, delivery_id uuid, lease_id uuid, is_delivered boolean, is_gone boolean, status integer, error text, milliseconds bigint, retry_milliseconds bigint) IS 'Notes what became of an attempt: delivered, to be tried again after retry_milliseconds, or with NULL dead. A receiver that is gone becomes inactive. Returns false, and does nothing, where the lease is another''s by now.';

CREATE FUNCTION tollgate.first_id_at(at timestamp with time zone) RETURNS uuid
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  -- Without a time zone: such a function can become a part of the statements that call it.
  SELECT (
    lpad(to_hex(greatest(0, floor(extract(epoch FROM at AT TIME ZONE 'UTC') * 1000))::bigint), 12, '0')
    || repeat('0', 20)
  )::uuid
$$;

ALTER FUNCTION tollgate.first_id_at(at timestamp with time zone) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.first_id_at(at timestamp with time zone) IS 'What every UUID of version 7 made at this time or later is greater than. An id is made when its request arrives, and by another clock than created_at: readers who bound ids allow a minute.';

CREATE FUNCTION tollgate.give_back_limits(organization_id uuid, user_id uuid, feature text, token_type text, cost bigint, taken_at timestamp with time zone, uses bigint DEFAULT 1) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
BEGIN
  UPDATE tollgate.limit_uses AS kept
  SET used = greatest(0,
    kept.used - CASE bound.counts WHEN 'tokens' THEN give_back_limits.cost ELSE give_back_limits.uses END)
  FROM tollgate.applicable_limits(
    give_back_limits.organization_id, give_back_limits.user_id, give_back_limits.feature, give_back_limits.token_type)
    AS bound
  WHERE kept.organization_id = give_back_limits.organization_id
    AND kept.limit_name = bound.limit_name
    AND kept.subject = bound.subject
    AND bound.counts IN ('tokens', 'uses')
    AND bound.window_kind <> 'spacing'
    -- Taken in the window that is open still.
    AND kept.window_start = bound.window_start
    AND give_back_limits.taken_at >= kept.window_start;
END
$$;

ALTER FUNCTION tollgate.give_back_limits(organization_id uuid, user_id uuid, feature text, token_type text, cost bigint, taken_at timestamp with time zone, uses bigint) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.give_back_limits(organization_id uuid, user_id uuid, feature text, token_type text, cost bigint, taken_at timestamp with time zone, uses bigint) IS 'Undoes what tollgate.take_limits counted at a time for a charge that did not happen, in windows that are still the same. uses is 0 where it happened, but cost less. Spacing stays: somebody did ask. Call tollgate.lock_limits in an earlier statement.';

CREATE FUNCTION tollgate.give_up_lease(organization_id uuid, user_id uuid, membership_required boolean, cache_name text, lease_id uuid, OUT outcome text, OUT was_open boolean) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  lease_end timestamptz;
BEGIN
  was_open := false;
  PERFORM tollgate.admit_organizations(ARRAY[give_up_lease.organization_id]);
  outcome := tollgate.may_change(give_up_lease.organization_id, give_up_lease.user_id, give_up_lease.membership_required);
  IF outcome = 'success' THEN
    DELETE FROM tollgate.cache_entries AS known
    WHERE known.organization_id = give_up_lease.organization_id
      AND known.cache_name = give_up_lease.cache_name
      AND known.lease_id = give_up_lease.lease_id
      AND known.value IS NULL
    RETURNING known.ends_at INTO lease_end;
    IF lease_end IS NOT NULL THEN
      was_open := lease_end > tollgate.moment();
      PERFORM pg_notify('tollgate_leases', give_up_lease.lease_id::text);
    ELSIF tollgate.lease_outcome(give_up_lease.organization_id, give_up_lease.cache_name, give_up_lease.lease_id)
      = 'unknown_lease'
    THEN
      outcome := 'unknown_lease';
    END IF;
  END IF;
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.give_up_lease(organization_id uuid, user_id uuid, membership_required boolean, cache_name text, lease_id uuid, OUT outcome text, OUT was_open boolean) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.give_up_lease(organization_id uuid, user_id uuid, membership_required boolean, cache_name text, lease_id uuid, OUT outcome text, OUT was_open boolean) IS 'Ends a lease without a value, so that one of those who wait gets a call of its own; the charge stays. outcome: success, also for one that is over (was_open is false), unknown_lease, forbidden or unknown_organization.';

CREATE FUNCTION tollgate.grant_call(organization_id uuid, user_id uuid, membership_required boolean, cache tollgate.caches, key_hash bytea, lease_id uuid, idempotency_key text) RETURNS tollgate.cache_answer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  today CONSTANT record := tollgate.local_day(grant_call.organization_id);
  wanted_day CONSTANT date := today.day;
  quota_now CONSTANT bigint := (grant_call.cache).daily_quota;
  calls_now bigint;
  settled tollgate.settlement;
BEGIN
  INSERT INTO tollgate.cache_days (organization_id, cache_name, day)
  VALUES (grant_call.organization_id, (grant_call.cache).cache_name, wanted_day)
  ON CONFLICT ON CONSTRAINT "a cache counts a day once" DO NOTHING;
  IF FOUND THEN
    DELETE FROM tollgate.cache_days AS counted
    WHERE counted.organization_id = grant_call.organization_id
      AND counted.cache_name = (grant_call.cache).cache_name
      AND counted.day < wanted_day - 90;
  END IF;
  UPDATE tollgate.cache_days AS counted
  SET calls = counted.calls + 1,
    quota = greatest(counted.quota, quota_now)
  WHERE counted.organization_id = grant_call.organization_id
    AND counted.cache_name = (grant_call.cache).cache_name
    AND counted.day = wanted_day
    AND counted.calls < quota_now
  RETURNING counted.calls INTO calls_now;
  IF calls_now IS NULL THEN
    RETURN tollgate.fall_back(grant_call.cache, 'quota_reached', CASE WHEN quota_now > 0 THEN today.seconds_left END);
  END IF;

  settled := tollgate.settle_call(grant_call.organization_id, grant_call.user_id, grant_call.membership_required,
    grant_call.cache, grant_call.key_hash, grant_call.lease_id, grant_call.idempotency_key, quota_now - calls_now,
    tollgate.moment() + make_interval(secs => (grant_call.cache).lease_seconds));
  IF settled.outcome = 'success' AND NOT settled.replayed THEN
    RETURN tollgate.answer_of_call(grant_call.cache, settled);
  END IF;
  UPDATE tollgate.cache_days AS counted
  SET calls = counted.calls - 1
  WHERE counted.organization_id = grant_call.organization_id
    AND counted.cache_name = (grant_call.cache).cache_name
    AND counted.day = wanted_day;
  RETURN tollgate.answer_of_call(grant_call.cache, settled);
END
$$;

ALTER FUNCTION tollgate.grant_call(organization_id uuid, user_id uuid, membership_required boolean, cache tollgate.caches, key_hash bytea, lease_id uuid, idempotency_key text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.grant_call(organization_id uuid, user_id uuid, membership_required boolean, cache tollgate.caches, key_hash bytea, lease_id uuid, idempotency_key text) IS 'Counts a call in the day and charges it: a miss; or answers with the fallback when the quota is gone or settlement refuses. The caller has taken the lease, and lets it go again unless it gets a miss with this lease.';

CREATE FUNCTION tollgate.grant_missing_balances(organization_ids uuid[]) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  WITH granted AS (
    INSERT INTO public.ai_tokens
      (organization_id, token_type, balance, ledger_balance, ledger_sequence, total_allocated, refresh_date, overdraft,
       announced, period_anchor, refilled_at, due_at)
    SELECT organization.id, allocation.token_type, allocation.tokens, allocation.tokens, 1, allocation.tokens,
      tollgate.period_end(allocation.period, allocation.period_days, NULL,
        CASE WHEN allocation.anchored THEN tollgate.moment() END, organization.time_zone, tollgate.moment()),
      allocation.overdraft,
      tollgate.state_level(tollgate.balance_state(allocation.tokens, allocation.tokens, kind)),
      tollgate.moment(),
      CASE WHEN allocation.refill_tokens IS NOT NULL THEN tollgate.moment() END,
      CASE WHEN allocation.refill_tokens IS NOT NULL THEN '-infinity'::timestamptz END
    FROM public.organizations AS organization
      JOIN tollgate.plan_allocations AS allocation
        ON allocation.plan = CASE
          WHEN organization.next_plan_from <= tollgate.moment() THEN organization.next_plan
          ELSE organization.plan
        END
      JOIN tollgate.token_types AS kind ON kind.token_type = allocation.token_type
    WHERE organization.id = ANY (organization_ids)
    ORDER BY organization.id, allocation.token_type
    ON CONFLICT (organization_id, token_type) DO NOTHING
    RETURNING organization_id, token_type, balance
  )
  INSERT INTO tollgate.ledger_entries
    (id, organization_id, token_type, kind, amount, balance_before, balance_after, sequence, reason, created_at)
  SELECT tollgate.time_ordered_id(), organization_id, token_type, 'allocation', balance, 0, balance, 1, 'plan',
    tollgate.moment()
  FROM granted
$$;

ALTER FUNCTION tollgate.grant_missing_balances(organization_ids uuid[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.grant_missing_balances(organization_ids uuid[]) IS 'Gives organizations the balances that their plan has and they lack, each with its allocation in the ledger. The caller has admitted itself to them.';

CREATE FUNCTION tollgate.identify_caller(INOUT organization_id uuid, INOUT user_id uuid, OUT membership_required boolean) RETURNS record
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  claimed_user uuid;
BEGIN
  membership_required := NOT tollgate.caller_is_trusted();
  IF membership_required THEN
    -- Who may run SQL may have set it: nothing of it is inherited.
    PERFORM set_config('tollgate.user_id', '', true);
    claimed_user := tollgate.current_user_id();
    IF claimed_user IS NULL THEN
      RAISE EXCEPTION 'The request names no user.' USING ERRCODE = 'TG401',
        HINT = 'Set request.jwt.claims to the claims of a user, with "sub".';
    END IF;
    IF user_id <> claimed_user THEN
      RAISE EXCEPTION 'A user acts for nobody else.' USING ERRCODE = 'TG403';
    END IF;
    user_id := claimed_user;
    organization_id := coalesce(organization_id, tollgate.organization_of(claimed_user));
  END IF;
END
$$;

ALTER FUNCTION tollgate.identify_caller(INOUT organization_id uuid, INOUT user_id uuid, OUT membership_required boolean) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.identify_caller(INOUT organization_id uuid, INOUT user_id uuid, OUT membership_required boolean) IS 'Who a call from psql or an RPC acts for: a trusted caller for whomever it names, everybody else for the user in the claims, who must then be a member of the organization. Raises TG401 and TG403.';

CREATE FUNCTION tollgate.injected_moment() RETURNS timestamp with time zone
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  IF pg_has_role(session_user, 'tollgate_owner', 'MEMBER') THEN
    RETURN current_setting('tollgate.clock')::timestamptz;
  END IF;
  RETURN now();
END
$$;

ALTER FUNCTION tollgate.injected_moment() OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.injected_moment() IS 'The setting tollgate.clock, for who logged in as an administrator (a member of tollgate_owner): rehearsals and tests let time pass with it. For everybody else it means nothing.';

CREATE FUNCTION tollgate.instant_of_local(local timestamp without time zone, time_zone text) RETURNS timestamp with time zone
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  -- Of a time that exists twice PostgreSQL takes the second, of one that does not exist what the clock shows instead.
  instant CONSTANT timestamptz := local AT TIME ZONE time_zone;
  day_before CONSTANT timestamptz := instant - interval '24 hours';
  first_instant CONSTANT timestamptz :=
    (local - (day_before AT TIME ZONE time_zone - day_before AT TIME ZONE 'UTC')) AT TIME ZONE 'UTC';
BEGIN
  IF first_instant < instant AND first_instant AT TIME ZONE time_zone = local THEN
    RETURN first_instant;
  END IF;
  RETURN instant;
END
$$;

ALTER FUNCTION tollgate.instant_of_local(local timestamp without time zone, time_zone text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.instant_of_local(local timestamp without time zone, time_zone text) IS 'When clocks of a time zone first show this time. One that the clocks skip is counted by the offset before.';

CREATE FUNCTION tollgate.is_irregular(id uuid, created_at timestamp with time zone) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  -- Without a time zone, as tollgate.first_id_at().
  SELECT id >= tollgate.first_id_at((created_at AT TIME ZONE 'UTC' + interval '1 hour') AT TIME ZONE 'UTC')
$$;

ALTER FUNCTION tollgate.is_irregular(id uuid, created_at timestamp with time zone) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.is_irregular(id uuid, created_at timestamp with time zone) IS 'Whether an id is of a time far behind its row''s: such a row is not looked for by its id, tollgate.late_entries names it.';

CREATE FUNCTION tollgate.is_known_key(organization_id uuid, idempotency_key text) RETURNS boolean
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT EXISTS (
    SELECT
    FROM tollgate.idempotency_keys AS kept
    WHERE kept.organization_id = is_known_key.organization_id
      AND kept.key = is_known_key.idempotency_key COLLATE "C"
      AND kept.week IN (
        date_trunc('week', tollgate.moment() AT TIME ZONE 'UTC')::date - 7,
        date_trunc('week', tollgate.moment() AT TIME ZONE 'UTC')::date,
        date_trunc('week', clock_timestamp() AT TIME ZONE 'UTC')::date)
  )
$$;

ALTER FUNCTION tollgate.is_known_key(organization_id uuid, idempotency_key text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.is_known_key(organization_id uuid, idempotency_key text) IS 'Whether something was settled under an idempotency key. Volatile, to see what was committed a moment ago. The caller has admitted itself to the organization.';

CREATE FUNCTION tollgate.is_planned(token_type text) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
  SELECT EXISTS (SELECT FROM tollgate.plan_allocations AS allocation WHERE allocation.token_type = is_planned.token_type)
$$;

ALTER FUNCTION tollgate.is_planned(token_type text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.is_planned(token_type text) IS 'Whether any plan has tokens of this type: then a plan without them does not have what they pay for.';

CREATE FUNCTION tollgate.is_trusted_counter(schema_name text, function_name text) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT EXISTS (
    SELECT
    FROM pg_proc AS routine
      JOIN pg_namespace AS namespace ON namespace.oid = routine.pronamespace
      JOIN pg_roles AS owner ON owner.oid = routine.proowner
    WHERE namespace.nspname = is_trusted_counter.schema_name
      AND routine.proname = is_trusted_counter.function_name
      AND routine.prokind = 'f'
      AND routine.pronargs = 1
      AND routine.proargtypes[0] = 'text'::regtype
      AND routine.prorettype IN ('integer'::regtype, 'bigint'::regtype)
      AND NOT routine.proretset
      -- The same text has as many tokens tomorrow.
      AND routine.provolatile = 'i'
      AND NOT routine.prosecdef
      AND (owner.rolsuper OR owner.oid = to_regrole('tollgate_owner'))
  )
$$;

ALTER FUNCTION tollgate.is_trusted_counter(schema_name text, function_name text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.is_trusted_counter(schema_name text, function_name text) IS 'Whether there is such a function of one text that may count tokens: immutable, answering an integer or a bigint, and owned by tollgate_owner or a superuser. It runs with the owner''s rights, so that whoever can replace it can do everything that Tollgate can.';

CREATE FUNCTION tollgate.judge_content(organization_id uuid, adds_content boolean, changed uuid[], INOUT decision tollgate.content_decision) RETURNS tollgate.content_decision
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  decision.fits := NOT adds_content OR decision.used_after <= decision.budget;
  decision.outcome := CASE WHEN decision.fits THEN 'success' ELSE 'budget_exceeded' END;
  decision.message := tollgate.content_message(decision.fits, decision.used_after, decision.budget);
  decision.deactivate := CASE
    WHEN decision.fits THEN '[]'
    ELSE tollgate.content_to_deactivate(
      judge_content.organization_id, decision.used_after - decision.budget, judge_content.changed)
  END;
  decision.is_replay := false;
END
$$;

ALTER FUNCTION tollgate.judge_content(organization_id uuid, adds_content boolean, changed uuid[], INOUT decision tollgate.content_decision) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.judge_content(organization_id uuid, adds_content boolean, changed uuid[], INOUT decision tollgate.content_decision) IS 'Whether a change fits into the budget, once used, used_after, budget and tokens are worked out. What activates nothing and makes nothing active longer is always granted, also over the budget. The caller has admitted itself.';

CREATE FUNCTION tollgate.keep_price() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  IF TG_OP = 'INSERT'
    OR (NEW.feature, NEW.price_version) IS DISTINCT FROM (OLD.feature, OLD.price_version)
  THEN
    INSERT INTO tollgate.prices (feature, price_version, token_type, cost, rates, valid_from)
    VALUES (NEW.feature, NEW.price_version, NEW.token_type, NEW.cost, NEW.rates, tollgate.moment());
  END IF;
  RETURN NULL;
END
$$;

ALTER FUNCTION tollgate.keep_price() OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.keep_price() IS 'Trigger: writes each new price of a feature to tollgate.prices.';

CREATE FUNCTION tollgate.keep_vault_key(key_id text, sealed bytea) RETURNS bytea
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  kept bytea;
BEGIN
  INSERT INTO tollgate.vault_keys (key_id, sealed)
  VALUES (keep_vault_key.key_id, keep_vault_key.sealed)
  ON CONFLICT ON CONSTRAINT "a vault key's id has one row" DO NOTHING;
  SELECT known.sealed
  INTO STRICT kept
  FROM tollgate.vault_keys AS known
  WHERE known.key_id = keep_vault_key.key_id;
  RETURN kept;
END
$$;

ALTER FUNCTION tollgate.keep_vault_key(key_id text, sealed bytea) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.keep_vault_key(key_id text, sealed bytea) IS 'Keeps a known value sealed under a vault key, unless one is kept under that id, and returns the one that is kept.';

CREATE FUNCTION tollgate.learn_customer(organization_id uuid, customer_id text, event_id text) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  waiting tollgate.payment_events;
  result text;
BEGIN
  IF tollgate.organization_of_customer(learn_customer.customer_id) IS NOT NULL THEN
    RETURN false;
  END IF;
  PERFORM tollgate.admit_organizations(ARRAY[learn_customer.organization_id]);
  INSERT INTO tollgate.payment_customers (organization_id, customer_id, event_id, created_at)
  VALUES (learn_customer.organization_id, learn_customer.customer_id, learn_customer.event_id, tollgate.moment());
  -- What came before anybody knew whose it was.
  FOR waiting IN
    SELECT *
    FROM tollgate.payment_events AS known
    WHERE known.customer_id = learn_customer.customer_id
      AND known.outcome IN ('unknown_customer', 'unknown_organization')
      -- Who is being told has not written yet what becomes of it.
      AND known.event_id IS DISTINCT FROM learn_customer.event_id
    ORDER BY known.happened_at, known.event_id
    FOR UPDATE
  LOOP
    result := tollgate.apply_payment_event(waiting);
    UPDATE tollgate.payment_events AS known
    SET outcome = result
    WHERE known.event_id = waiting.event_id;
  END LOOP;
  RETURN true;
END
$$;

ALTER FUNCTION tollgate.learn_customer(organization_id uuid, customer_id text, event_id text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.learn_customer(organization_id uuid, customer_id text, event_id text) IS 'Makes a customer that is nobody''s an organization''s, and does what its events say that waited for that. False: it is somebody''s already. The caller holds the customer''s lock and is admitted to it.';

CREATE FUNCTION tollgate.lease_outcome(organization_id uuid, cache_name text, lease_id uuid) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT CASE
    WHEN EXISTS (
      SELECT
      FROM public.ai_token_usage_log AS charge
      WHERE charge.organization_id = lease_outcome.organization_id
        AND charge.id = lease_outcome.lease_id
        AND charge.metadata ->> 'cache' = lease_outcome.cache_name
    ) THEN 'lease_over'
    ELSE 'unknown_lease'
  END
$$;

ALTER FUNCTION tollgate.lease_outcome(organization_id uuid, cache_name text, lease_id uuid) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.lease_outcome(organization_id uuid, cache_name text, lease_id uuid) IS 'Of a lease that no entry has: lease_over, by its charge, or unknown_lease. The caller has admitted itself to the organization.';

CREATE FUNCTION tollgate.least_used_content(organization_id uuid, excess bigint, spared uuid[]) RETURNS TABLE(attribute_id uuid, tokens bigint)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT ranked.attribute_id, ranked.tokens
  FROM (
    SELECT
      item.attribute_id,
      item.tokens,
      sum(item.tokens) OVER in_order - item.tokens AS freed_before,
      sum(item.tokens) OVER () AS freed_at_most
    FROM tollgate.content_attributes AS item
    WHERE item.organization_id = least_used_content.organization_id
      AND item.active
      AND item.tokens > 0
      AND item.attribute_id <> ALL (least_used_content.spared)
    WINDOW in_order AS (ORDER BY item.uses, item.last_used_at NULLS FIRST, item.tokens DESC, item.attribute_id)
  ) AS ranked
  WHERE ranked.freed_before < least_used_content.excess
    AND ranked.freed_at_most >= least_used_content.excess
  ORDER BY ranked.freed_before
$$;

ALTER FUNCTION tollgate.least_used_content(organization_id uuid, excess bigint, spared uuid[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.least_used_content(organization_id uuid, excess bigint, spared uuid[]) IS 'Which active attributes to deactivate to free so many tokens: least used first; of those used as often the one unused for longest, then the largest, then the one with the smallest id. No rows where all of them together, but for the spared ones, would not be enough. The caller has admitted itself.';

CREATE FUNCTION tollgate.limits_looked_at(organization_id uuid, user_id uuid, feature text, token_type text, balance bigint, bound_by text) RETURNS TABLE(name text, maximum bigint, has_bound boolean)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  WITH known AS (
    SELECT 1 AS place, 'balance' AS name, balance AS maximum
    UNION ALL
    SELECT 2, applicable.limit_name, applicable.maximum
    FROM tollgate.applicable_limits(organization_id, user_id, feature, token_type) AS applicable
  )
  SELECT looked_at.name, looked_at.maximum, looked_at.name IS NOT DISTINCT FROM bound_by
  FROM (
    SELECT known.*
    FROM known
    UNION ALL
    -- No limit of tollgate.limits, or none any more.
    SELECT 3, bound_by, NULL
    WHERE bound_by IS NOT NULL
      AND NOT EXISTS (
        SELECT
        FROM known
        WHERE known.name = bound_by
      )
  ) AS looked_at
  ORDER BY looked_at.place, looked_at.name
$$;

ALTER FUNCTION tollgate.limits_looked_at(organization_id uuid, user_id uuid, feature text, token_type text, balance bigint, bound_by text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.limits_looked_at(organization_id uuid, user_id uuid, feature text, token_type text, balance bigint, bound_by text) IS 'What bounds a charge of this feature: the balance, and each limit as it is configured now; has_bound marks the one that a refusal was for. The caller has admitted itself to the organization.';

CREATE FUNCTION tollgate.local_day(organization_id uuid, OUT day date, OUT seconds_left bigint) RETURNS record
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT
    today.day,
    greatest(
      ceil(extract(epoch FROM tollgate.instant_of_local(today.day + time '24:00', zone.name) - clock.at))::bigint, 1)
  FROM tollgate.moment() AS clock (at)
    JOIN public.organizations AS organization ON organization.id = local_day.organization_id
    CROSS JOIN LATERAL tollgate.usable_time_zone(organization.time_zone) AS zone (name)
    CROSS JOIN LATERAL (SELECT (clock.at AT TIME ZONE zone.name)::date AS day) AS today
$$;

ALTER FUNCTION tollgate.local_day(organization_id uuid, OUT day date, OUT seconds_left bigint) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.local_day(organization_id uuid, OUT day date, OUT seconds_left bigint) IS 'Which day it is in an organization''s time zone, and the whole seconds until the next, rounded up. The caller has admitted itself to the organization.';

CREATE FUNCTION tollgate.lock_balances(organization_ids uuid[], token_types text[], slots integer[], counts_in_limits boolean) RETURNS public.ai_tokens[]
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  tokens public.ai_tokens[];
  token public.ai_tokens;
  due_slots integer[] := '{}'::integer[];
  locks_limits boolean := counts_in_limits;
  found record;
BEGIN
  -- Every transaction locks in key order, which is what keeps several servers from deadlocking.
  FOR found IN
    SELECT named.slot, locked AS token
    FROM (
      SELECT DISTINCT organization_id, token_type, slot
      FROM unnest(organization_ids, token_types, slots) AS named (organization_id, token_type, slot)
      WHERE slot IS NOT NULL
    ) AS named
      JOIN public.ai_tokens AS locked USING (organization_id, token_type)
    ORDER BY locked.organization_id, locked.token_type
    FOR NO KEY UPDATE OF locked
  LOOP
    token := found.token;
    -- Written by hand it may be more than there is.
    token.purchased := greatest(0, least(token.purchased, token.balance));
    tokens[found.slot] := token;
    IF token.balance <> token.ledger_balance OR token.refresh_date <= tollgate.moment()
      OR token.due_at <= tollgate.moment()
    THEN
      due_slots := due_slots || found.slot;
      locks_limits := locks_limits OR token.reserved > 0;
    END IF;
  END LOOP;
  -- First all balances, then all limits: what expires gives back what limits have counted.
  IF locks_limits THEN
    PERFORM tollgate.lock_limits(organization_ids);
  END IF;
  FOR number IN 1..cardinality(due_slots) LOOP
    tokens[due_slots[number]] := tollgate.apply_due(tokens[due_slots[number]]);
  END LOOP;
  RETURN tokens;
END
$$;

ALTER FUNCTION tollgate.lock_balances(organization_ids uuid[], token_types text[], slots integer[], counts_in_limits boolean) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.lock_balances(organization_ids uuid[], token_types text[], slots integer[], counts_in_limits boolean) IS 'Locks the balances that items of a batch name, and the limits where the batch or what is due counts in them, and books what is due. Returns each at its slot, as it then has to be written.';

CREATE FUNCTION tollgate.lock_content_budget(organization_id uuid) RETURNS tollgate.content_budgets
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '1s'
    AS $$
DECLARE
  settings tollgate.content_budgets;
BEGIN
  FOR attempt IN 1..2 LOOP
    SELECT kept.*
    INTO settings
    FROM tollgate.content_budgets AS kept
    WHERE kept.organization_id = lock_content_budget.organization_id
    FOR NO KEY UPDATE;
    EXIT WHEN FOUND;
    INSERT INTO tollgate.content_budgets (organization_id, created_at, updated_at)
    VALUES (lock_content_budget.organization_id, tollgate.moment(), tollgate.moment())
    ON CONFLICT ON CONSTRAINT "an organization has one content budget" DO NOTHING;
  END LOOP;
  RETURN settings;
END
$$;

ALTER FUNCTION tollgate.lock_content_budget(organization_id uuid) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.lock_content_budget(organization_id uuid) IS 'The row of an organization''s content budget, made where there is none, and locked: whoever changes what is active has it first, so that each sees the sum that the one before left. Waits for a second at the most. The caller has admitted itself.';

CREATE FUNCTION tollgate.lock_customer(customer_id text) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT pg_advisory_xact_lock(hashtextextended('tollgate.customer:' || customer_id, 0))
  WHERE customer_id IS NOT NULL
$$;

ALTER FUNCTION tollgate.lock_customer(customer_id text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.lock_customer(customer_id text) IS 'Lets one transaction at a time work for a customer of the payment provider. Taken before any row is locked.';

CREATE FUNCTION tollgate.lock_keys(organization_ids uuid[]) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT pg_advisory_xact_lock(locked.lock_number)
  FROM (
    SELECT DISTINCT hash_record_extended(ROW('idempotency'::text, organization_id), 0) AS lock_number
    FROM unnest(organization_ids) AS organization_id
    ORDER BY lock_number
  ) AS locked
$$;

ALTER FUNCTION tollgate.lock_keys(organization_ids uuid[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.lock_keys(organization_ids uuid[]) IS 'Lets one transaction at a time settle idempotency keys of these organizations.';

CREATE FUNCTION tollgate.lock_limits(organization_ids uuid[]) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT pg_advisory_xact_lock(locked.lock_number)
  FROM (
    SELECT DISTINCT hash_record_extended(ROW('limits'::text, organization_id), 0) AS lock_number
    FROM unnest(organization_ids) AS organization_id
    WHERE organization_id IS NOT NULL
      AND EXISTS (
        SELECT
        FROM tollgate.limits AS bound
        WHERE bound.is_enabled
      )
    ORDER BY lock_number
  ) AS locked
$$;

ALTER FUNCTION tollgate.lock_limits(organization_ids uuid[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.lock_limits(organization_ids uuid[]) IS 'Lets one transaction at a time count in the limits of these organizations, if any limit is enabled. Limits are looked at by a later statement, which then sees what the others have counted.';

CREATE FUNCTION tollgate.look_for_sums(organization_ids uuid[], margin interval, row_limit bigint) RETURNS tollgate.unrolled_sum[]
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_sort TO 'off'
    SET "TimeZone" TO 'UTC'
    SET jit TO 'off'
    AS $$
DECLARE
  nobody CONSTANT uuid := '00000000-0000-0000-0000-000000000000'::uuid;
  last_of_all CONSTANT uuid := 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid;
BEGIN
  RETURN (
    WITH part AS MATERIALIZED (
      SELECT
        of_chain.organization_id,
        array_agg(of_chain.token_type) AS token_types,
        array_agg(of_chain.to_sequence) AS to_sequences,
        CASE WHEN margin IS NOT NULL THEN (max(ARRAY[of_chain.last_id]))[1] END AS last_id,
        tollgate.time_of_id(CASE
          WHEN margin IS NOT NULL THEN (max(ARRAY[of_chain.last_id]))[1]
          ELSE (min(ARRAY[of_chain.first_id]))[1]
        END) AS goes_on_at
      FROM tollgate.unrolled_parts(organization_ids, margin, row_limit) AS of_chain
      GROUP BY of_chain.organization_id
    ),
    organization AS MATERIALIZED (
      SELECT
        reaching.*,
        tollgate.first_id_at(reaching.reaches) AS reach_id,
        CASE
          WHEN reaching.last_id IS NULL THEN last_of_all
          ELSE greatest(reaching.last_id, tollgate.first_id_at(reaching.goes_on_at + margin))
        END AS to_id
      FROM (
        SELECT
          start.organization_id, start.before_id, start.from_id, start.from_time, part.token_types, part.to_sequences,
          part.last_id, part.goes_on_at,
          part.organization_id IS NOT NULL AS is_cut,
          greatest(start.rolled_before, CASE
            WHEN part.organization_id IS NULL THEN start.settled_at
            -- Rows without a place in a chain wait until all the others are rolled up.
            WHEN margin IS NULL THEN '-infinity'
            ELSE least(start.settled_at, part.goes_on_at)
          END) AS reaches
        FROM tollgate.unrolled_starts(organization_ids, margin) AS start
          LEFT JOIN part ON part.organization_id = start.organization_id
      ) AS reaching
    ),
    found AS (
      SELECT organization.organization_id, organization.reach_id, false AS is_late, entry.*
      FROM organization
        CROSS JOIN LATERAL tollgate.unrolled_rows(
          organization.organization_id, organization.before_id, organization.from_id, organization.to_id,
          organization.from_time) AS entry
      WHERE CASE
        WHEN NOT organization.is_cut THEN true
        WHEN entry.sequence IS NULL THEN entry.id <= organization.last_id
        ELSE entry.sequence <= organization.to_sequences[array_position(organization.token_types, entry.token_type)]
      END
      UNION ALL
      SELECT organization.organization_id, NULL, true, late.id, entry.token_type, NULL, late.created_at, entry.user_id,
        entry.feature_used, entry.is_use, entry.kind, CASE WHEN entry.is_use THEN entry.required ELSE 0 END, NULL, NULL
      FROM organization
        JOIN tollgate.late_entries AS late ON late.organization_id = organization.organization_id
        JOIN tollgate.ledger AS entry
          ON entry.organization_id = late.organization_id
          AND entry.id = late.id
          AND entry.created_at = late.created_at
          AND entry.sequence IS NULL
      WHERE late.id < organization.before_id OR tollgate.is_irregular(late.id, late.created_at)
    ),
    summed AS (
      SELECT
        found.organization_id, found.token_type, date_trunc('hour', found.created_at) AS hour,
        coalesce(found.feature_used, '') AS feature_used, coalesce(found.user_id, nobody) AS user_id,
        found.sequence IS NULL AND NOT found.is_late AND found.id >= found.reach_id AS is_pending,
        count(*) AS entries,
        count(*) FILTER (WHERE found.is_use) AS uses,
        sum(found.tokens)::bigint AS tokens,
        count(*) FILTER (WHERE found.kind = 'refusal') AS refusals,
        (sum(found.change) FILTER (WHERE found.sequence IS NOT NULL))::bigint AS change,
        coalesce(sum(found.change) FILTER (WHERE found.kind = 'refund'), 0)::bigint AS refunded,
        min(found.created_at) FILTER (WHERE found.is_use AND found.sequence IS NOT NULL) AS first_used_at,
        max(ARRAY[found.sequence, found.balance]) FILTER (WHERE found.sequence IS NOT NULL) AS last_movement
      FROM found
      GROUP BY 1, 2, 3, 4, 5, 6, found.sequence IS NULL
    )
    SELECT array_agg(ROW(
      summed.organization_id, summed.token_type, summed.hour, summed.feature_used, summed.user_id, summed.is_pending,
      summed.entries, summed.uses, summed.tokens, summed.refusals, summed.change, summed.refunded, summed.first_used_at,
      summed.last_movement[1], summed.last_movement[2], organization.reaches, organization.is_cut,
      organization.goes_on_at)::tollgate.unrolled_sum)
    FROM summed
      JOIN organization ON organization.organization_id = summed.organization_id
  );
END
$$;

ALTER FUNCTION tollgate.look_for_sums(organization_ids uuid[], margin interval, row_limit bigint) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.look_for_sums(organization_ids uuid[], margin interval, row_limit bigint) IS 'Sums of what is not rolled up, as far as ids lead to it: tollgate.unrolled_sums() sees whether they do.';

CREATE FUNCTION tollgate.look_in_cache(organization_id uuid, cache tollgate.caches, key_hash bytea) RETURNS tollgate.cache_answer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  moment CONSTANT timestamptz := tollgate.moment();
  entry tollgate.cache_entries;
  answer tollgate.cache_answer;
BEGIN
  SELECT known.*
  INTO entry
  FROM tollgate.cache_entries AS known
  WHERE known.organization_id = look_in_cache.organization_id
    AND known.cache_name = (look_in_cache.cache).cache_name
    AND known.key_hash = look_in_cache.key_hash
    AND known.ends_at > moment;
  IF entry.value IS NOT NULL THEN
    answer.outcome := 'hit';
    answer.value := entry.value;
    IF entry.last_used_at < moment - interval '1 minute' THEN
      -- Whoever has the row locked uses it, too: a hit waits for nobody.
      UPDATE tollgate.cache_entries AS known
      SET last_used_at = moment
      FROM (
        SELECT used.organization_id, used.cache_name, used.key_hash
        FROM tollgate.cache_entries AS used
        WHERE used.organization_id = entry.organization_id
          AND used.cache_name = entry.cache_name
          AND used.key_hash = entry.key_hash
        FOR NO KEY UPDATE SKIP LOCKED
      ) AS used
      WHERE known.organization_id = used.organization_id
        AND known.cache_name = used.cache_name
        AND known.key_hash = used.key_hash;
    END IF;
  ELSIF entry.lease_id IS NOT NULL THEN
    answer.outcome := 'wait';
    answer.lease_id := entry.lease_id;
    answer.lease_milliseconds := greatest(ceil(extract(epoch FROM entry.ends_at - moment) * 1000)::bigint, 1);
    answer.wait_seconds := (look_in_cache.cache).wait_seconds;
  END IF;
  RETURN answer;
END
$$;

ALTER FUNCTION tollgate.look_in_cache(organization_id uuid, cache tollgate.caches, key_hash bytea) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.look_in_cache(organization_id uuid, cache tollgate.caches, key_hash bytea) IS 'A hit, a wait for somebody''s lease, or no outcome where nothing is known under the key. Notes the use of a value, to the minute.';

CREATE FUNCTION tollgate.look_up_items(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[], requests jsonb[]) RETURNS TABLE(n integer, organization_id uuid, operation text, token_type text, cost bigint, price_version integer, is_limited boolean, verdict text, slot integer)
    LANGUAGE sql STABLE
    AS $$
  -- Materialized, so that ids are columns of it: under row-level security a condition that contains a cast of another
  -- relation's column is no index condition.
  WITH asked AS MATERIALIZED (
    SELECT
      item.*,
      item.request -> 'units' AS dimensions,
      coalesce(item.request ->> 'operation', 'deduct') AS operation,
      coalesce(item.request ->> 'operation', 'deduct') IN ('deduct', 'reserve') AS is_spending,
      (item.request ->> 'transactionId')::uuid AS transaction_id,
      (item.request ->> 'reservationId')::uuid AS reservation_id,
      (item.request ->> 'ttlSeconds')::numeric AS ttl_seconds
    FROM unnest(organization_ids, user_ids, membership_required, features, units, requests)
      WITH ORDINALITY
      AS item (organization_id, user_id, membership_required, feature, units, request, n)
  )
  SELECT
    known.n::integer,
    known.organization_id,
    known.operation,
    -- Who may not ask is not told of what tokens the charge or reservation is.
    CASE WHEN known.is_admitted THEN known.token_type END,
    CASE WHEN known.verdict IS NULL OR known.verdict = 'organization_suspended' THEN known.cost END,
    known.price_version,
    coalesce(known.is_limited, false),
    known.verdict,
    CASE WHEN known.has_balance THEN (first_value(known.n) OVER items_of_balance)::integer END
  FROM (
    SELECT
      priced.*,
      priced.is_admitted AND priced.organization_exists AND priced.token_type IS NOT NULL AS has_balance,
      CASE
        WHEN NOT priced.is_admitted THEN
          CASE WHEN priced.is_member THEN 'not_permitted' ELSE 'forbidden' END
        WHEN NOT priced.organization_exists THEN 'unknown_organization'
        WHEN priced.token_type IS NULL THEN
          CASE
            WHEN priced.operation = 'refund' THEN 'unknown_transaction'
            WHEN priced.operation IN ('capture', 'release', 'extend') THEN 'unknown_reservation'
            WHEN priced.feature IS NULL THEN 'unknown_token_type'
            ELSE 'unknown_feature'
          END
        WHEN priced.is_spending AND NOT priced.is_priced THEN 'invalid_units'
        WHEN priced.is_spending AND priced.cost IS NULL
          OR priced.operation = 'reserve' AND priced.ttl_seconds NOT BETWEEN 1 AND 86400
        THEN 'amount_out_of_range'
        WHEN priced.is_spending AND priced.status = 'suspended' THEN 'organization_suspended'
      END AS verdict
    FROM (
      SELECT
        asked.*,
        offered.price_version,
        -- Without a feature it is what the limits say of the token type.
        coalesce(offered.is_limited,
          asked.is_spending AND tollgate.feature_is_limited(NULL, asked.request ->> 'tokenType')) AS is_limited,
        organization.status,
        organization.id IS NOT NULL AS organization_exists,
        membership.id IS NOT NULL AS is_member,
        membership.role <> 'viewer' IS TRUE OR NOT coalesce(asked.membership_required, true) AS is_admitted,
        offered.feature IS NULL OR tollgate.units_fit(offered, asked.units, asked.dimensions) AS is_priced,
        CASE
          WHEN asked.is_spending AND asked.feature IS NOT NULL THEN offered.token_type
          WHEN asked.operation = 'refund' THEN (
            SELECT charge.token_type
            FROM public.ai_token_usage_log AS charge
            WHERE charge.organization_id = asked.organization_id AND charge.id = asked.transaction_id
            LIMIT 1
          )
          WHEN asked.operation IN ('capture', 'release', 'extend') THEN (
            SELECT held.token_type
            FROM tollgate.reservations AS held
            WHERE held.organization_id = asked.organization_id
              AND held.reservation_id = asked.reservation_id
          )
          ELSE (
            SELECT kind.token_type
            FROM tollgate.token_types AS kind
            WHERE kind.token_type = asked.request ->> 'tokenType'
          )
        END AS token_type,
        CASE
          WHEN asked.is_spending AND asked.feature IS NOT NULL THEN
            tollgate.price_of(offered, asked.units, asked.dimensions)
          WHEN asked.is_spending AND (asked.request ->> 'amount')::numeric BETWEEN 1 AND 1000000000000000 THEN
            (asked.request ->> 'amount')::bigint
        END AS cost
      FROM asked
        LEFT JOIN tollgate.features AS offered ON offered.feature = asked.feature
        LEFT JOIN public.organizations AS organization ON organization.id = asked.organization_id
        LEFT JOIN public.user_profiles AS membership
          ON membership.organization_id = asked.organization_id AND membership.id = asked.user_id
    ) AS priced
  ) AS known
  WINDOW items_of_balance AS (PARTITION BY known.has_balance, known.organization_id, known.token_type ORDER BY known.n)
$$;

ALTER FUNCTION tollgate.look_up_items(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[], requests jsonb[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.look_up_items(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[], requests jsonb[]) IS 'What each item of a batch names: its price, its balance''s slot (the number of the first item with this balance), and why it can be refused without looking at the balance (verdict, an outcome).';

CREATE FUNCTION tollgate.make_missing_balances(organization_ids uuid[], token_types text[], operations text[], costs bigint[], slots integer[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  without_balance uuid[];
BEGIN
  SELECT array_agg(DISTINCT named.organization_id)
  INTO without_balance
  FROM unnest(organization_ids, token_types, slots) AS named (organization_id, token_type, slot)
  WHERE named.slot IS NOT NULL
    AND NOT EXISTS (
      SELECT
      FROM public.ai_tokens AS token
      WHERE token.organization_id = named.organization_id AND token.token_type = named.token_type
    );
  IF without_balance IS NULL THEN
    RETURN;
  END IF;
  PERFORM tollgate.grant_missing_balances(without_balance);
  -- Tokens that no plan has can be bought, and given by hand. Where they are free of charge a reservation holds none.
  INSERT INTO public.ai_tokens (organization_id, token_type, announced, period_anchor)
  SELECT DISTINCT named.organization_id, named.token_type, 3, tollgate.moment()
  FROM unnest(organization_ids, token_types, operations, costs, slots)
    AS named (organization_id, token_type, operation, cost, slot)
  WHERE named.slot IS NOT NULL
    AND (named.operation IN ('top_up', 'adjust', 'reset') OR named.operation = 'reserve' AND named.cost = 0)
  ORDER BY named.organization_id, named.token_type
  ON CONFLICT (organization_id, token_type) DO NOTHING;
END
$$;

ALTER FUNCTION tollgate.make_missing_balances(organization_ids uuid[], token_types text[], operations text[], costs bigint[], slots integer[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.make_missing_balances(organization_ids uuid[], token_types text[], operations text[], costs bigint[], slots integer[]) IS 'Makes the balances that items of a batch name and that are not there: with what the plan allocates, or empty where something is about to be added, held for nothing or reset.';

CREATE FUNCTION tollgate.make_user(organization_id uuid, email text, id uuid, role text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  IF role IN ('viewer', 'member') IS NOT TRUE THEN
    RAISE EXCEPTION 'A user is a viewer or a member.' USING ERRCODE = 'TG400';
  END IF;
  IF email !~ '[^[:space:][:cntrl:]]' THEN
    RAISE EXCEPTION 'An email has a visible character.' USING ERRCODE = 'TG400', HINT = 'Leave it out.';
  END IF;
  PERFORM tollgate.admit_organizations(ARRAY[make_user.organization_id]);
  -- No key can say that a user is in one organization only, because keys begin with organization_id.
  PERFORM pg_advisory_xact_lock(hash_record_extended(ROW('user'::text, make_user.id), 0));
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'Users are made in transactions that see what others commit.'
      USING ERRCODE = 'invalid_transaction_state', HINT = 'Use READ COMMITTED.';
  END IF;
  PERFORM set_config('tollgate.user_id', make_user.id::text, true);
  IF EXISTS (SELECT FROM public.user_profiles AS known WHERE known.id = make_user.id) THEN
    RAISE EXCEPTION 'This user belongs to an organization already.' USING ERRCODE = 'TG409';
  END IF;
  PERFORM set_config('tollgate.user_id', '', true);
  IF NOT EXISTS (SELECT FROM public.organizations AS known WHERE known.id = make_user.organization_id) THEN
    RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
  END IF;
  INSERT INTO public.user_profiles (id, organization_id, email, role)
  VALUES (make_user.id, make_user.organization_id, make_user.email, make_user.role);
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.make_user(organization_id uuid, email text, id uuid, role text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.make_user(organization_id uuid, email text, id uuid, role text) IS 'Makes a user a member of an organization, with a role. For tollgate.create_user() and tollgate.add_user(), which say what it raises.';

CREATE FUNCTION tollgate.mark_limited_feature() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  -- Of a limit and a feature that two transactions make at once, the later sees the other.
  PERFORM pg_advisory_xact_lock(hash_record_extended(ROW('limited features'::text), 0));
  new.is_limited := tollgate.feature_is_limited(new.feature, new.token_type);
  RETURN new;
END
$$;

ALTER FUNCTION tollgate.mark_limited_feature() OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.mark_limited_feature() IS 'Before a feature is made or is paid in other tokens: sets is_limited, whatever the statement says.';

CREATE FUNCTION tollgate.mark_limited_features() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hash_record_extended(ROW('limited features'::text), 0));
  UPDATE tollgate.features AS marked
  SET is_limited = NOT marked.is_limited
  WHERE marked.is_limited <> tollgate.feature_is_limited(marked.feature, marked.token_type);
  RETURN NULL;
END
$$;

ALTER FUNCTION tollgate.mark_limited_features() OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.mark_limited_features() IS 'After a change of tollgate.limits: keeps features.is_limited, by which settlement knows what no limit can bind.';

CREATE FUNCTION tollgate.may_change(organization_id uuid, user_id uuid, membership_required boolean) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT CASE
    WHEN readable.outcome = 'success' AND coalesce(may_change.membership_required, true) AND EXISTS (
      SELECT
      FROM public.user_profiles AS membership
      WHERE membership.organization_id = may_change.organization_id AND membership.id = may_change.user_id
        AND membership.role = 'viewer'
    ) THEN 'not_permitted'
    ELSE readable.outcome
  END
  FROM tollgate.may_read(organization_id, user_id, membership_required) AS readable (outcome)
$$;

ALTER FUNCTION tollgate.may_change(organization_id uuid, user_id uuid, membership_required boolean) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.may_change(organization_id uuid, user_id uuid, membership_required boolean) IS 'success, forbidden, not_permitted or unknown_organization: whether this user may change or use up something of that organization. The caller has admitted itself to it.';

CREATE FUNCTION tollgate.may_read(organization_id uuid, user_id uuid, membership_required boolean) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT CASE
    WHEN coalesce(may_read.membership_required, true) AND NOT EXISTS (
      SELECT
      FROM public.user_profiles AS membership
      WHERE membership.organization_id = may_read.organization_id AND membership.id = may_read.user_id
    ) THEN 'forbidden'
    WHEN NOT EXISTS (
      SELECT
      FROM public.organizations AS organization
      WHERE organization.id = may_read.organization_id
    ) THEN 'unknown_organization'
    ELSE 'success'
  END
$$;

ALTER FUNCTION tollgate.may_read(organization_id uuid, user_id uuid, membership_required boolean) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.may_read(organization_id uuid, user_id uuid, membership_required boolean) IS 'success, forbidden or unknown_organization: whether this user may read of that organization. The caller has admitted itself to it.';

CREATE FUNCTION tollgate.measure_alerts(organization_ids uuid[], conditions text[]) RETURNS TABLE(organization_id uuid, alert_id uuid, condition text, token_type text, threshold bigint, available bigint, allocated bigint, value bigint, holds boolean)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  WITH rule AS MATERIALIZED (
    SELECT known.*
    FROM tollgate.alerts AS known
    WHERE known.active
      AND known.condition = ANY (conditions)
      AND (known.organization_id = '00000000-0000-0000-0000-000000000000' OR known.organization_id = ANY (organization_ids))
  ),
  token AS MATERIALIZED (
    SELECT known AS row, (least(known.refresh_date, known.due_at) <= tollgate.moment()) IS TRUE AS is_due
    FROM public.ai_tokens AS known
    WHERE known.organization_id = ANY (organization_ids)
  ),
  current AS (
    SELECT (token.row).*
    FROM token
    WHERE NOT token.is_due
    UNION ALL
    -- As tollgate.current_balances has it: what has fallen due counts, whether or not it is booked.
    SELECT (due.current).*
    FROM token
      CROSS JOIN LATERAL tollgate.due_movements(token.row, tollgate.moment()) AS due
    WHERE token.is_due
  ),
  balance AS MATERIALIZED (
    SELECT current.organization_id, current.token_type, current.balance - current.reserved AS available,
      current.total_allocated AS allocated,
      -- Nobody is told that tokens run out which a plan does not have.
      current.total_allocated > 0 OR current.balance <> 0 OR current.total_used > 0 OR EXISTS (
        SELECT
        FROM tollgate.token_packs AS pack
        WHERE pack.organization_id = current.organization_id AND pack.token_type = current.token_type
      ) AS is_there
    FROM current
  ),
  rate AS MATERIALIZED (
    SELECT watched.organization_id, wanted.condition, used.token_type, used.tokens_per_hour
    FROM unnest(organization_ids) AS watched (organization_id)
      CROSS JOIN (VALUES ('tokens_per_hour_above', 1), ('runs_out_within_hours', 24)) AS wanted (condition, hours)
      CROSS JOIN LATERAL tollgate.usage_rates(watched.organization_id, wanted.hours) AS used
    WHERE EXISTS (
      SELECT
      FROM rule
      WHERE rule.condition = wanted.condition AND rule.organization_id IN (watched.organization_id, '00000000-0000-0000-0000-000000000000')
    )
  ),
  measured AS (
    SELECT balance.organization_id, rule.alert_id, rule.condition, balance.token_type, rule.threshold,
      balance.available, balance.allocated, coalesce(rate.tokens_per_hour, 0) AS tokens_per_hour
    FROM balance
      JOIN rule
        ON rule.organization_id IN (balance.organization_id, '00000000-0000-0000-0000-000000000000')
        AND (rule.token_type = balance.token_type) IS NOT FALSE
      LEFT JOIN rate
        ON rate.organization_id = balance.organization_id
        AND rate.token_type = balance.token_type
        AND rate.condition = rule.condition
    WHERE balance.is_there
  )
  SELECT measured.organization_id, measured.alert_id, measured.condition, measured.token_type, measured.threshold,
    measured.available, measured.allocated,
    CASE measured.condition
      WHEN 'available_below' THEN measured.available
      WHEN 'percent_left_below' THEN floor(measured.available * 100.0 / nullif(measured.allocated, 0))
      WHEN 'runs_out_within_hours' THEN
        CASE
          WHEN measured.tokens_per_hour > 0
            THEN floor(least(greatest(measured.available, 0) / measured.tokens_per_hour, 1000000))
        END
      ELSE round(measured.tokens_per_hour)
    END::bigint,
    CASE measured.condition
      WHEN 'available_below' THEN measured.available < measured.threshold
      WHEN 'percent_left_below' THEN
        measured.allocated > 0 AND measured.available * 100.0 < measured.allocated::numeric * measured.threshold
      WHEN 'runs_out_within_hours' THEN
        measured.tokens_per_hour > 0 AND measured.available <= measured.tokens_per_hour * measured.threshold
      ELSE measured.tokens_per_hour > measured.threshold
    END
  FROM measured
$$;

ALTER FUNCTION tollgate.measure_alerts(organization_ids uuid[], conditions text[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.measure_alerts(organization_ids uuid[], conditions text[]) IS 'Each rule with one of these conditions held against each balance of these organizations that it is about: the value, in the unit of the threshold, and whether the condition holds. The caller has admitted itself to them and to the nil UUID.';

CREATE FUNCTION tollgate.moment() RETURNS timestamp with time zone
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  SELECT CASE
    WHEN pg_catalog.current_setting('tollgate.clock', true) <> '' THEN tollgate.injected_moment()
    ELSE now()
  END
$$;

ALTER FUNCTION tollgate.moment() OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.moment() IS 'The time by which everything is decided: the transaction''s start by the database''s clock, unless an administrator has injected another.';

CREATE FUNCTION tollgate.move_balances_to_plan(organization_id uuid, plan_before text, plan_after text, earlier tollgate.ledger_entries[]) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  WITH compared AS (
    SELECT
      token.organization_id, token.token_type, token.balance, token.purchased, token.reserved, token.total_allocated,
      token.ledger_sequence, token.refresh_date, token.period_anchor, token.refilled_at, token.due_at, token.announced,
      kind,
      coalesce(before.tokens, 0) AS tokens_before,
      coalesce(after.tokens, 0) AS tokens_after,
      coalesce(after.overdraft, 0) AS overdraft,
      after.refill_tokens IS NOT NULL AS is_bucket,
      after.refill_tokens IS NOT NULL AND before.refill_tokens IS NULL AS becomes_bucket,
      coalesce(after.anchored AND before.anchored IS NOT TRUE, false) AS becomes_anchored,
      CASE WHEN after.plan IS NOT NULL AND token.refresh_date IS NULL THEN
        tollgate.period_end(after.period, after.period_days, NULL,
          CASE WHEN after.anchored THEN tollgate.moment() END, organization.time_zone, tollgate.moment())
      END AS first_period_end,
      coalesce(period.was_granted, false) AS was_granted,
      period.has_changed,
      coalesce(period.began_with, token.total_allocated) AS began_with
    FROM public.ai_tokens AS token
      JOIN public.organizations AS organization ON organization.id = token.organization_id
      JOIN tollgate.token_types AS kind ON kind.token_type = token.token_type
      LEFT JOIN tollgate.plan_allocations AS before
        ON before.plan = plan_before AND before.token_type = token.token_type
      LEFT JOIN tollgate.plan_allocations AS after
        ON after.plan = plan_after AND after.token_type = token.token_type
      CROSS JOIN LATERAL (
        SELECT
          count(*) > 0 AS has_changed,
          bool_or(entry.reason = 'plan_upgrade' AND entry.metadata ->> 'plan' = plan_after) AS was_granted,
          (array_agg((entry.metadata ->> 'allocatedBefore')::bigint ORDER BY entry.sequence))[1] AS began_with
        FROM unnest(earlier) AS entry
        WHERE entry.token_type = token.token_type
          AND (entry.metadata ->> 'periodEnd')::timestamptz IS NOT DISTINCT FROM token.refresh_date
      ) AS period
    WHERE token.organization_id = move_balances_to_plan.organization_id
      AND (before.plan IS NOT NULL OR after.plan IS NOT NULL)
  ),
  decided AS (
    SELECT
      compared.*,
      tokens_after < tokens_before AS is_cut,
      -- In an upgrade each type is granted; where another type gets less only those that get more.
      tokens_after >= tokens_before
        AND (tokens_after > tokens_before OR difference.has_more AND NOT difference.has_less)
        -- Once a period: not where this plan was granted before, or the period began with as much.
        AND NOT was_granted
        AND (began_with < tokens_after
          OR began_with = tokens_after AND tokens_before = tokens_after AND NOT has_changed) AS is_granted
    FROM compared
      CROSS JOIN tollgate.plan_difference(plan_before, plan_after) AS difference
  ),
  worked_out AS (
    SELECT
      decided.*,
      CASE
        -- What is held stays, whatever the plan.
        WHEN is_cut THEN
          greatest(purchased + least(balance - purchased, tokens_after), least(balance, reserved))
        -- A bucket does not hold more than its capacity.
        WHEN is_granted AND is_bucket THEN greatest(balance, least(balance, purchased) + tokens_after)
        WHEN is_granted THEN balance + tokens_after
        ELSE balance
      END AS balance_after,
      CASE
        WHEN is_cut OR is_granted AND is_bucket THEN tokens_after
        WHEN is_granted THEN total_allocated + tokens_after
        -- Granted before, or the period began with it: these tokens belong to the plan, even if none are left.
        ELSE greatest(total_allocated, tokens_after)
      END AS allocated_after
    FROM decided
  ),
  moved AS (
    SELECT
      worked_out.*,
      (balance_after <> balance OR allocated_after <> total_allocated) AS is_movement
    FROM worked_out
  ),
  booked AS (
    INSERT INTO tollgate.ledger_entries
      (id, organization_id, token_type, kind, amount, balance_before, balance_after, sequence, reason, metadata,
       created_at)
    SELECT
      tollgate.time_ordered_id(), organization_id, token_type,
      CASE WHEN is_cut THEN 'adjustment' ELSE 'allocation' END,
      balance_after - balance, balance, balance_after, ledger_sequence + 1,
      CASE WHEN is_cut THEN 'plan_downgrade' ELSE 'plan_upgrade' END,
      jsonb_build_object('plan', plan_after, 'from', plan_before, 'periodEnd', coalesce(refresh_date, first_period_end),
        'allocatedBefore', total_allocated, 'allocatedAfter', allocated_after),
      tollgate.moment()
    FROM moved
    WHERE is_movement
    ORDER BY token_type
  )
  UPDATE public.ai_tokens AS token
  SET balance = moved.balance_after,
    ledger_balance = moved.balance_after,
    ledger_sequence = moved.ledger_sequence + moved.is_movement::integer,
    total_allocated = moved.allocated_after,
    purchased = greatest(0, least(moved.purchased, moved.balance_after)),
    overdraft = greatest(moved.overdraft, moved.reserved - moved.balance_after),
    -- Tokens that were granted make a new start: each level may be announced again.
    announced = CASE
      WHEN moved.is_granted THEN tollgate.state_level(
        tollgate.balance_state(moved.balance_after - moved.reserved, moved.allocated_after, moved.kind))
      ELSE moved.announced
    END,
    -- The present period ends when it would have ended. Anchored months count from there.
    refresh_date = coalesce(moved.refresh_date, moved.first_period_end),
    period_anchor = CASE
      WHEN moved.becomes_anchored THEN coalesce(moved.refresh_date, tollgate.moment())
      ELSE moved.period_anchor
    END,
    refilled_at = CASE WHEN moved.becomes_bucket THEN tollgate.moment() ELSE moved.refilled_at END,
    due_at = CASE WHEN moved.is_bucket THEN '-infinity' ELSE moved.due_at END,
    updated_at = now()
  FROM moved
  WHERE token.organization_id = moved.organization_id
    AND token.token_type = moved.token_type
$$;

ALTER FUNCTION tollgate.move_balances_to_plan(organization_id uuid, plan_before text, plan_after text, earlier tollgate.ledger_entries[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.move_balances_to_plan(organization_id uuid, plan_before text, plan_after text, earlier tollgate.ledger_entries[]) IS 'Grants or cuts the balances that either plan allocates. The caller has locked them and brought them up to date, and changes the organization''s plan.';

CREATE FUNCTION tollgate.move_seal() RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  UPDATE tollgate.rollup_seal AS seal
  SET settled_at = CASE WHEN next.is_settled THEN seal.announced_at ELSE seal.settled_at END,
    announced_at = CASE
      -- Five seconds for requests that are under way, so that hardly any of them is late.
      WHEN next.is_settled THEN greatest(seal.announced_at, tollgate.moment() - interval '5 seconds')
      ELSE seal.announced_at
    END,
    waits_for = CASE
      WHEN next.is_settled THEN NULL
      ELSE coalesce(seal.waits_for, pg_snapshot_xmax(pg_current_snapshot()))
    END
  FROM (
    SELECT pg_snapshot_xmin(pg_current_snapshot())
      >= coalesce(known.waits_for, pg_snapshot_xmax(pg_current_snapshot())) AS is_settled
    FROM tollgate.rollup_seal AS known
  ) AS next
$$;

ALTER FUNCTION tollgate.move_seal() OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.move_seal() IS 'Settles what was announced once all transactions know it, and announces anew. See docs/decisions/0026-roll-ups.md.';

CREATE FUNCTION tollgate.movement(token public.ai_tokens, kind text, amount bigint, reason text DEFAULT NULL::text, subject_id uuid DEFAULT NULL::uuid, required bigint DEFAULT NULL::bigint, metadata jsonb DEFAULT NULL::jsonb, id uuid DEFAULT NULL::uuid) RETURNS tollgate.ledger_entries
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  entry tollgate.ledger_entries;
BEGIN
  entry.id := coalesce(movement.id, tollgate.time_ordered_id());
  entry.organization_id := token.organization_id;
  entry.token_type := token.token_type;
  entry.kind := movement.kind;
  entry.amount := movement.amount;
  entry.balance_before := token.ledger_balance;
  entry.balance_after := token.ledger_balance + movement.amount;
  entry.sequence := token.ledger_sequence + 1;
  entry.reason := movement.reason;
  entry.subject_id := movement.subject_id;
  entry.required := movement.required;
  entry.metadata := coalesce(movement.metadata, '{}');
  entry.created_at := tollgate.moment();
  RETURN entry;
END
$$;

ALTER FUNCTION tollgate.movement(token public.ai_tokens, kind text, amount bigint, reason text, subject_id uuid, required bigint, metadata jsonb, id uuid) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.movement(token public.ai_tokens, kind text, amount bigint, reason text, subject_id uuid, required bigint, metadata jsonb, id uuid) IS 'The ledger''s next row of a balance that stands at ledger_balance: what moves it by this amount. Writes nothing.';

CREATE FUNCTION tollgate.named_organizations(organization_ids uuid[]) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  SELECT CASE
    WHEN cardinality(array_remove(organization_ids, organization_ids[1])) = 0 THEN organization_ids[1:1]
    ELSE organization_ids
  END::text
$$;

ALTER FUNCTION tollgate.named_organizations(organization_ids uuid[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.named_organizations(organization_ids uuid[]) IS 'The organizations of a batch, as the setting tollgate.organizations takes them. Every policy reads it again: it is short where a whole batch is of one organization.';

CREATE FUNCTION tollgate.note_late_entries(organization_ids uuid[], ids uuid[], is_wanted boolean[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  PERFORM pg_current_xact_id();
  INSERT INTO tollgate.late_entries (organization_id, id, created_at)
  SELECT written.organization_id, written.id, tollgate.moment()
  FROM unnest(organization_ids, ids, is_wanted) AS written (organization_id, id, is_wanted)
    CROSS JOIN tollgate.rollup_seal AS seal
  WHERE written.is_wanted
    AND (written.id < tollgate.first_id_at(seal.announced_at)
      OR tollgate.is_irregular(written.id, tollgate.moment())
      OR current_setting('transaction_isolation') <> 'read committed')
  ON CONFLICT DO NOTHING;
END
$$;

ALTER FUNCTION tollgate.note_late_entries(organization_ids uuid[], ids uuid[], is_wanted boolean[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.note_late_entries(organization_ids uuid[], ids uuid[], is_wanted boolean[]) IS 'Names those of the rows that this transaction writes now, at tollgate.moment(), which whoever rolls up would not find by their ids.';

CREATE FUNCTION tollgate.number_price() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  IF NEW.rates IS NOT NULL AND NOT tollgate.are_rates(NEW.rates) THEN
    RAISE EXCEPTION 'Rates are 1 to 16 dimensions, each a lower-case name with tokens and per.' USING ERRCODE = 'TG400',
      HINT = 'As {"input": {"tokens": 3, "per": 1000}}; tokens from 0 to 10^15, per 1, 1000 or 1000000.';
  END IF;
  IF TG_OP = 'UPDATE' AND NEW.feature = OLD.feature THEN
    NEW.price_version := OLD.price_version;
    IF (NEW.token_type, NEW.cost, NEW.rates) IS DISTINCT FROM (OLD.token_type, OLD.cost, OLD.rates) THEN
      NEW.price_version := OLD.price_version + 1;
    END IF;
  ELSE
    -- A name that was there before goes on counting: charges keep the numbers of its old prices.
    NEW.price_version := 1 + coalesce((
      SELECT max(known.price_version)
      FROM tollgate.prices AS known
      WHERE known.feature = NEW.feature
    ), 0);
  END IF;
  RETURN NEW;
END
$$;

ALTER FUNCTION tollgate.number_price() OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.number_price() IS 'Trigger: gives each new price of a feature the next version, whoever changes it and however. Raises TG400 for rates that are none.';

CREATE FUNCTION tollgate.organization_of(user_id uuid) RETURNS uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  found uuid;
BEGIN
  PERFORM set_config('tollgate.organizations', '', true);
  PERFORM set_config('tollgate.user_id', organization_of.user_id::text, true);
  SELECT (array_agg(profile.organization_id))[1]
  INTO found
  FROM public.user_profiles AS profile
  WHERE profile.id = organization_of.user_id
  HAVING count(*) = 1;
  PERFORM set_config('tollgate.user_id', '', true);
  RETURN found;
END
$$;

ALTER FUNCTION tollgate.organization_of(user_id uuid) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.organization_of(user_id uuid) IS 'The organization a user belongs to; NULL for an unknown user, and for one who is in two organizations.';

CREATE FUNCTION tollgate.organization_of_customer(customer_id text) RETURNS uuid
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT known.organization_id
  FROM tollgate.payment_customers AS known
  WHERE known.customer_id = organization_of_customer.customer_id
  LIMIT 1
$$;

ALTER FUNCTION tollgate.organization_of_customer(customer_id text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.organization_of_customer(customer_id text) IS 'Whose customer of the payment provider this is; NULL: nobody''s that is known. The caller is admitted to it (tollgate.admit_payments).';

CREATE FUNCTION tollgate.owes_invoices(organization_id uuid) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT EXISTS (
    SELECT
    FROM tollgate.payment_invoices AS invoice
    WHERE invoice.organization_id = owes_invoices.organization_id AND invoice.state = 'failed'
  )
$$;

ALTER FUNCTION tollgate.owes_invoices(organization_id uuid) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.owes_invoices(organization_id uuid) IS 'Whether payment of an invoice failed and nothing has settled it since. The caller is admitted to the organization.';

CREATE FUNCTION tollgate.owner_of_key(organization_id uuid) RETURNS uuid
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  SELECT coalesce(organization_id, '00000000-0000-0000-0000-000000000000'::uuid)
$$;

ALTER FUNCTION tollgate.owner_of_key(organization_id uuid) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.owner_of_key(organization_id uuid) IS 'What stands in tollgate.api_keys for an organization: its id, and the nil UUID for NULL, which is the service.';

CREATE FUNCTION tollgate.paying_packs(organization_id uuid, charge_id uuid) RETURNS TABLE(pack_id uuid, amount bigint, expires_at timestamp with time zone)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  WITH charge AS (
    SELECT
      uses.token_type, uses.sequence, uses.from_purchased,
      greatest(0, uses.remaining_balance) AS left_after,
      token.purchased_sequence
    FROM public.ai_token_usage_log AS uses
      JOIN public.ai_tokens AS token USING (organization_id, token_type)
    WHERE uses.organization_id = paying_packs.organization_id
      AND uses.id = charge_id
      AND uses.from_purchased > 0
  ),
  stretch AS (
    SELECT
      charge.token_type,
      charge.sequence AS sequence_from,
      gone.sequence_to
    FROM charge
      JOIN tollgate.pack_uses AS gone
        ON gone.organization_id = paying_packs.organization_id
          AND gone.token_type = charge.token_type
          AND gone.sequence_after < charge.sequence
          AND gone.sequence_to >= charge.sequence
          AND NOT gone.expired
    LIMIT 1
  ),
  -- What was left of the bought tokens at the end of a closed stretch: as much as its last taker left.
  ending AS (
    SELECT
      stretch.sequence_to,
      greatest(0, least(
        (
          SELECT taker.remaining_balance
          FROM public.ai_token_usage_log AS taker
          WHERE taker.organization_id = paying_packs.organization_id
            AND taker.token_type = stretch.token_type
            AND taker.from_purchased > 0
            AND taker.sequence BETWEEN stretch.sequence_from AND stretch.sequence_to
          ORDER BY taker.sequence DESC
          LIMIT 1
        ),
        (
          SELECT min(taker.balance_after)
          FROM tollgate.ledger_entries AS taker
          WHERE taker.organization_id = paying_packs.organization_id
            AND taker.token_type = stretch.token_type
            AND taker.kind = 'adjustment'
            AND taker.amount < 0
            AND taker.sequence BETWEEN stretch.sequence_from AND stretch.sequence_to
        ))) AS left_at_end
    FROM stretch
  ),
  row_of_tokens AS (
    SELECT gone.pack_id, gone.amount, pack.expires_at
    FROM ending
      JOIN charge ON true
      JOIN tollgate.pack_uses AS gone
        ON gone.organization_id = paying_packs.organization_id
          AND gone.token_type = charge.token_type
          AND gone.sequence_to = ending.sequence_to
          AND NOT gone.expired
      JOIN tollgate.token_packs AS pack
        ON pack.organization_id = gone.organization_id AND pack.pack_id = gone.pack_id
    UNION ALL
    SELECT pack.pack_id, pack.remaining, pack.expires_at
    FROM charge
      JOIN tollgate.token_packs AS pack
        ON pack.organization_id = paying_packs.organization_id
          AND pack.token_type = charge.token_type
          AND pack.remaining > 0
    WHERE charge.sequence > charge.purchased_sequence
  ),
  laid_out AS (
    SELECT
      row_of_tokens.pack_id, row_of_tokens.amount, row_of_tokens.expires_at,
      sum(row_of_tokens.amount) OVER (ORDER BY row_of_tokens.expires_at, row_of_tokens.pack_id) AS end_at,
      sum(row_of_tokens.amount) OVER () AS total
    FROM row_of_tokens
  ),
  placed AS (
    SELECT
      laid_out.*,
      charge.from_purchased,
      laid_out.total - (charge.left_after - coalesce(ending.left_at_end, 0)) - charge.from_purchased AS begins_at
    FROM laid_out
      CROSS JOIN charge
      LEFT JOIN ending ON true
  )
  SELECT placed.pack_id, taken.amount::bigint, placed.expires_at
  FROM placed
    CROSS JOIN LATERAL (
      SELECT
        least(placed.begins_at + placed.from_purchased, placed.end_at)
          - greatest(placed.begins_at, placed.end_at - placed.amount) AS amount
    ) AS taken
  WHERE taken.amount > 0
  ORDER BY placed.expires_at, placed.pack_id
$$;

ALTER FUNCTION tollgate.paying_packs(organization_id uuid, charge_id uuid) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.paying_packs(organization_id uuid, charge_id uuid) IS 'The packs that paid a charge, with the tokens that each gave; none for a charge that took no bought tokens. The caller has admitted itself to the organization.';

CREATE FUNCTION tollgate.payment_waits(outcome text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  SELECT outcome IN (
    'received', 'unknown_organization', 'unknown_customer', 'unknown_pack', 'price_mismatch', 'amount_out_of_range',
    'other_mode')
$$;

ALTER FUNCTION tollgate.payment_waits(outcome text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.payment_waits(outcome text) IS 'Whether an event with this outcome is looked at again when it is told again: somebody may have set meanwhile what it lacked.';

CREATE FUNCTION tollgate.period_at(period text, period_days integer, last_end timestamp with time zone, anchor timestamp with time zone, time_zone text, at timestamp with time zone, OUT number bigint, OUT ends_at timestamp with time zone) RETURNS record
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  seconds CONSTANT bigint := period_days * 86400::bigint;
  months CONSTANT integer := CASE period WHEN 'month' THEN 1 WHEN 'quarter' THEN 3 ELSE 0 END;
  zone text;
  local_time timestamp;
  local_origin timestamp := timestamp '2000-01-01';
BEGIN
  IF isfinite(at) IS NOT TRUE THEN
    RETURN;
  END IF;
  IF period = 'days' THEN
    number := greatest(-1, floor(extract(epoch FROM at - coalesce(last_end, at)) / seconds))::bigint;
    ends_at := coalesce(last_end, at) + make_interval(secs => seconds * (number + 1));
  ELSIF period IN ('day', 'month', 'quarter') THEN
    zone := tollgate.usable_time_zone(time_zone);
    local_time := at AT TIME ZONE zone;
    IF months > 0 AND isfinite(anchor) THEN
      local_origin := anchor AT TIME ZONE zone;
    END IF;
    -- A number that is not too large, whatever the clocks did last; the next one or two are tried.
    IF months > 0 THEN
      number := floor((
          (extract(year FROM local_time) - extract(year FROM local_origin)) * 12
            + extract(month FROM local_time) - extract(month FROM local_origin)
        ) / months)::bigint - 1;
    ELSE
      number := (local_time::date - local_origin::date)::bigint - 1;
    END IF;
    LOOP
      ends_at := tollgate.instant_of_local(
        local_origin + CASE
          WHEN months > 0 THEN make_interval(months => months * (number + 1)::integer)
          ELSE make_interval(days => (number + 1)::integer)
        END,
        zone);
      EXIT WHEN ends_at > at;
      number := number + 1;
    END LOOP;
  END IF;
END
$$;

ALTER FUNCTION tollgate.period_at(period text, period_days integer, last_end timestamp with time zone, anchor timestamp with time zone, time_zone text, at timestamp with time zone, OUT number bigint, OUT ends_at timestamp with time zone) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.period_at(period text, period_days integer, last_end timestamp with time zone, anchor timestamp with time zone, time_zone text, at timestamp with time zone, OUT number bigint, OUT ends_at timestamp with time zone) IS 'The period that holds a moment: its number, counted from last_end, the anchor or the calendar, and its end, which is later than the moment. A period of days that was given a later end by hand lasts until then. NULLs: no period ends.';

CREATE FUNCTION tollgate.period_end(period text, period_days integer, last_end timestamp with time zone, anchor timestamp with time zone, time_zone text, at timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT held.ends_at
  FROM tollgate.period_at(period, period_days, last_end, anchor, time_zone, at) AS held
$$;

ALTER FUNCTION tollgate.period_end(period text, period_days integer, last_end timestamp with time zone, anchor timestamp with time zone, time_zone text, at timestamp with time zone) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.period_end(period text, period_days integer, last_end timestamp with time zone, anchor timestamp with time zone, time_zone text, at timestamp with time zone) IS 'The end of the period that holds `at`, later than it. days: last_end + k × period_days × 24 hours, or `at` + that where there is no last_end; day, month, quarter: of the calendar in the time zone, months and quarters from the anchor if there is one; never: NULL. Arithmetic, not a counter: however late and by however many it is applied, a period ends once.';

CREATE FUNCTION tollgate.periods_between(period text, period_days integer, last_end timestamp with time zone, anchor timestamp with time zone, time_zone text, from_end timestamp with time zone, to_end timestamp with time zone) RETURNS integer
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT (later.number - earlier.number)::integer
  FROM tollgate.period_at(period, period_days, coalesce(last_end, from_end), anchor, time_zone, from_end) AS earlier,
    tollgate.period_at(period, period_days, coalesce(last_end, from_end), anchor, time_zone, to_end) AS later
$$;

ALTER FUNCTION tollgate.periods_between(period text, period_days integer, last_end timestamp with time zone, anchor timestamp with time zone, time_zone text, from_end timestamp with time zone, to_end timestamp with time zone) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.periods_between(period text, period_days integer, last_end timestamp with time zone, anchor timestamp with time zone, time_zone text, from_end timestamp with time zone, to_end timestamp with time zone) IS 'How many periods ended after from_end and no later than to_end; NULL where none ever does. A local day that a time zone skipped counts as one.';

CREATE FUNCTION tollgate.plan_difference(plan_before text, plan_after text, OUT has_more boolean, OUT has_less boolean) RETURNS record
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT
    coalesce(bool_or(coalesce(after.tokens, 0) > coalesce(before.tokens, 0)), false),
    coalesce(bool_or(coalesce(after.tokens, 0) < coalesce(before.tokens, 0)), false)
  FROM (SELECT token_type, tokens FROM tollgate.plan_allocations WHERE plan = plan_before) AS before
    FULL JOIN (SELECT token_type, tokens FROM tollgate.plan_allocations WHERE plan = plan_after) AS after
      USING (token_type)
$$;

ALTER FUNCTION tollgate.plan_difference(plan_before text, plan_after text, OUT has_more boolean, OUT has_less boolean) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.plan_difference(plan_before text, plan_after text, OUT has_more boolean, OUT has_less boolean) IS 'Whether a plan allocates more, and whether it allocates less than another (NULL: no plan) of some token type. More and no less is an upgrade. The length of periods does not count.';

CREATE FUNCTION tollgate.plan_title(organization_id uuid) RETURNS text
    LANGUAGE sql STABLE
    AS $$
  SELECT plan.title
  FROM public.organizations AS organization
    JOIN tollgate.plans AS plan
      ON plan.plan = CASE
        WHEN organization.next_plan_from <= tollgate.moment() THEN organization.next_plan
        ELSE organization.plan
      END
  WHERE organization.id = plan_title.organization_id
$$;

ALTER FUNCTION tollgate.plan_title(organization_id uuid) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.plan_title(organization_id uuid) IS 'The name of an organization''s plan as people read it; NULL without a plan.';

CREATE FUNCTION tollgate.present_actor(stated jsonb DEFAULT NULL::jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  setting CONSTANT jsonb := nullif(current_setting('tollgate.actor', true), '')::jsonb;
  -- Who may run SQL may have set it: only where the server logs in is it the server that has. A superuser is a member of
  -- every role without being granted any, and is not the server.
  is_server CONSTANT boolean := pg_has_role(session_user, 'tollgate_server', 'MEMBER')
    AND NOT (SELECT login.rolsuper FROM pg_roles AS login WHERE login.rolname = session_user);
  actor jsonb := CASE WHEN is_server THEN coalesce(stated, setting) END;
BEGIN
  -- A session of the database is who it logged in as, whatever it says.
  IF coalesce(actor ->> 'kind', 'database') = 'database' THEN
    actor := coalesce(actor, jsonb_strip_nulls(jsonb_build_object('hint', left(setting ->> 'hint', 255))))
      || jsonb_build_object('kind', 'database', 'id', session_user);
  END IF;
  RETURN actor;
END
$$;

ALTER FUNCTION tollgate.present_actor(stated jsonb) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.present_actor(stated jsonb) IS 'Who makes a change, as {"kind", "id", "requestId", "hint"}: whom the server states, for this change or in the transaction''s setting tollgate.actor, and otherwise the role that logged in. Of sessions in which the server does not log in nothing is believed, a superuser''s neither; their setting''s hint is kept, for what it is.';

CREATE TABLE tollgate.features (
    feature text NOT NULL,
    token_type text NOT NULL,
    cost bigint NOT NULL,
    price_version integer DEFAULT 1 NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    endpoint_type text,
    rates jsonb,
    is_limited boolean DEFAULT false NOT NULL,
    CONSTRAINT "a feature costs between 0 and 10^15 tokens" CHECK (((cost >= 0) AND (cost <= '1000000000000000'::bigint))),
    CONSTRAINT "a feature is a lower-case name" CHECK ((feature ~ '^[a-z][a-z0-9_]{0,62}$'::text)),
    CONSTRAINT "an endpoint is single, composite or batch" CHECK ((endpoint_type = ANY (ARRAY['single'::text, 'composite'::text, 'batch'::text]))),
    CONSTRAINT "rates are an object" CHECK ((jsonb_typeof(rates) = 'object'::text))
);

ALTER TABLE tollgate.features OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.features IS 'What tokens are spent on: features and actions with their price.';

COMMENT ON COLUMN tollgate.features.cost IS 'Tokens per unit; 0: works with an empty balance, and is recorded.';

COMMENT ON COLUMN tollgate.features.price_version IS 'Counts the prices this feature has had; a charge keeps the one it was made under.';

COMMENT ON COLUMN tollgate.features.rates IS 'A price with dimensions, as {"input": {"tokens": 3, "per": 1000}}: tokens for each 1, 1000 or 1000000 of a dimension; cost is not used then. NULL: cost is the price.';

COMMENT ON COLUMN tollgate.features.is_limited IS 'Whether a limit of tollgate.limits may bind it; kept by that table''s trigger.';

CREATE FUNCTION tollgate.price_of(feature tollgate.features, units bigint, dimensions jsonb) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    AS $$
DECLARE
  millionths numeric;
BEGIN
  IF NOT tollgate.units_fit(feature, units, dimensions) THEN
    RETURN NULL;
  END IF;
  IF feature.rates IS NULL THEN
    RETURN CASE WHEN units BETWEEN 1 AND 1000000000000000 / greatest(feature.cost, 1) THEN units * feature.cost END;
  END IF;
  -- Every `per` divides a million: the sum is exact, and rounded once.
  SELECT sum(asked.amount::text::numeric * (rate.rate ->> 'tokens')::numeric * (1000000 / (rate.rate ->> 'per')::integer))
  INTO millionths
  FROM jsonb_each(dimensions) AS asked (dimension, amount)
    CROSS JOIN LATERAL (SELECT feature.rates -> asked.dimension AS rate) AS rate;
  RETURN CASE WHEN millionths <= 1000000000000000000000 THEN div(millionths + 999999, 1000000)::bigint END;
END
$$;

ALTER FUNCTION tollgate.price_of(feature tollgate.features, units bigint, dimensions jsonb) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.price_of(feature tollgate.features, units bigint, dimensions jsonb) IS 'Tokens that units of a feature cost, rounded up once over the sum of all dimensions. NULL for more than 10^15 tokens, for units that are not from 1 to 10^15, and where tollgate.units_fit is false.';

CREATE FUNCTION tollgate.raise_unless_decided(outcome text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  IF outcome = 'success' OR outcome = ANY (tollgate.recorded_refusals()) THEN
    RETURN;
  END IF;
  CASE outcome
    WHEN 'forbidden' THEN
      RAISE EXCEPTION 'The user does not belong to this organization.' USING ERRCODE = 'TG403';
    WHEN 'not_permitted' THEN
      RAISE EXCEPTION 'The user may look, but moves no tokens.' USING ERRCODE = 'TG403',
        HINT = 'See user_profiles.role.';
    WHEN 'unknown_organization' THEN
      RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
    WHEN 'unknown_transaction' THEN
      RAISE EXCEPTION 'There is no such charge.' USING ERRCODE = 'TG404';
    WHEN 'unknown_reservation' THEN
      RAISE EXCEPTION 'There is no such reservation.' USING ERRCODE = 'TG404';
    WHEN 'unknown_feature' THEN
      RAISE EXCEPTION 'There is no such feature.' USING ERRCODE = 'TG421', HINT = 'See tollgate.features.';
    WHEN 'unknown_token_type' THEN
      RAISE EXCEPTION 'There is no such token type.' USING ERRCODE = 'TG421', HINT = 'See tollgate.token_types.';
    WHEN 'amount_out_of_range' THEN
      RAISE EXCEPTION 'units and cost are between 1 and 10^15.' USING ERRCODE = 'TG422';
    WHEN 'invalid_units' THEN
      RAISE EXCEPTION 'These units do not fit the feature''s price.' USING ERRCODE = 'TG422',
        HINT = 'See tollgate.features.rates.';
    WHEN 'refund_exceeds_charge' THEN
      RAISE EXCEPTION 'More than is left of the charge.' USING ERRCODE = 'TG422';
    WHEN 'idempotency_key_reused' THEN
      RAISE EXCEPTION 'This idempotency key was used for another request.' USING ERRCODE = 'TG423';
    WHEN 'already_refunded' THEN
      RAISE EXCEPTION 'Nothing is left of this charge.' USING ERRCODE = 'TG409';
    WHEN 'reservation_closed' THEN
      RAISE EXCEPTION 'This reservation is finished or has expired.' USING ERRCODE = 'TG409';
    WHEN 'payment_conflict' THEN
      RAISE EXCEPTION 'This payment was used for another top-up.' USING ERRCODE = 'TG409';
  END CASE;
END
$$;

ALTER FUNCTION tollgate.raise_unless_decided(outcome text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.raise_unless_decided(outcome text) IS 'Raises an outcome that is neither a success nor a refusal: TG403 another organization, or a role that does not allow it, TG404 unknown organization, charge or reservation, TG409 finished, refunded or paid before, TG421 unknown feature or token type, TG422 amount or units out of range, TG423 key used for another request.';

CREATE FUNCTION tollgate.read_actions() RETURNS SETOF tollgate.features
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT offered.*
  FROM tollgate.features AS offered
  ORDER BY offered.feature
$$;

ALTER FUNCTION tollgate.read_actions() OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.read_actions() IS 'All features and actions with their present prices, by name: for the server, which reads no table.';

CREATE FUNCTION tollgate.read_alert_events(organization_id uuid DEFAULT NULL::uuid, wanted_alert_id uuid DEFAULT NULL::uuid, wanted_state text DEFAULT NULL::text, before_id uuid DEFAULT NULL::uuid, row_limit integer DEFAULT 50) RETURNS TABLE(event_id uuid, type text, alert_id uuid, organization_id_of_event uuid, organization_name text, token_type text, state text, level text, condition text, value bigint, threshold bigint, created_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT told.event_id, tollgate.event_type(told.kind), (told.payload ->> 'alertId')::uuid, told.organization_id,
    known.name, told.token_type,
    CASE told.kind WHEN 'alert_recovered' THEN 'recovered' ELSE 'raised' END,
    CASE WHEN told.kind NOT IN ('alert_raised', 'alert_recovered') THEN told.payload ->> 'state' END,
    told.payload ->> 'condition',
    coalesce(told.payload ->> 'value', told.payload ->> 'available', told.payload ->> 'remaining')::bigint,
    (told.payload ->> 'threshold')::bigint, told.created_at
  FROM tollgate.events AS told
    JOIN public.organizations AS known ON known.id = told.organization_id
  WHERE told.kind IN ('alert_raised', 'alert_recovered', 'threshold_crossed', 'content_threshold_crossed')
    AND (wanted_alert_id IS NULL OR told.payload ->> 'alertId' = wanted_alert_id::text)
    AND (wanted_state IS NULL OR wanted_state = CASE told.kind WHEN 'alert_recovered' THEN 'recovered' ELSE 'raised' END)
    AND (before_id IS NULL OR told.event_id < before_id)
    AND (read_alert_events.organization_id IS NULL OR told.organization_id = read_alert_events.organization_id)
  ORDER BY told.event_id DESC
  LIMIT row_limit
$$;

ALTER FUNCTION tollgate.read_alert_events(organization_id uuid, wanted_alert_id uuid, wanted_state text, before_id uuid, row_limit integer) OWNER TO tollgate_reporter;

COMMENT ON FUNCTION tollgate.read_alert_events(organization_id uuid, wanted_alert_id uuid, wanted_state text, before_id uuid, row_limit integer) IS 'A page of the alerts that were raised or recovered, of all organizations or one, and of the thresholds of balances and content budgets that were crossed, newest first.';

CREATE TABLE tollgate.alerts (
    organization_id uuid NOT NULL,
    alert_id uuid NOT NULL,
    token_type text,
    condition text NOT NULL,
    threshold bigint NOT NULL,
    email text[] DEFAULT '{}'::text[] NOT NULL,
    active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT "an address has at most 254 bytes" CHECK ((array_to_string(email, ' '::text, '-'::text) !~ '[^ ]{255}'::text)),
    CONSTRAINT "an address is a plain one" CHECK (((array_to_string(email, ' '::text, '-'::text) ~ '^([A-Za-z0-9.!#$%&''*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}([.][A-Za-z0-9-]{1,63})*( |$))*$'::text) AND (cardinality(email) = cardinality(string_to_array(array_to_string(email, ' '::text, '-'::text), ' '::text))) AND (array_to_string(email, ' '::text, '-'::text) !~ ' $'::text))),
    CONSTRAINT "an alert has a threshold that its condition can have" CHECK (
CASE condition
    WHEN 'available_below'::text THEN ((threshold >= 1) AND (threshold <= '1000000000000000'::bigint))
    WHEN 'percent_left_below'::text THEN ((threshold >= 1) AND (threshold <= 100))
    WHEN 'runs_out_within_hours'::text THEN ((threshold >= 1) AND (threshold <= 8760))
    WHEN 'tokens_per_hour_above'::text THEN ((threshold >= 0) AND (threshold <= '1000000000000000'::bigint))
    ELSE false
END),
    CONSTRAINT "an alert is sent to at most 10 addresses" CHECK ((cardinality(email) <= 10))
);

ALTER TABLE ONLY tollgate.alerts FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.alerts OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.alerts IS 'Rules that balances are held against. When the condition of one begins to hold, and when it ends, an event is written.';

COMMENT ON COLUMN tollgate.alerts.organization_id IS 'Whose balances; the nil UUID: everybody''s.';

COMMENT ON COLUMN tollgate.alerts.token_type IS 'NULL: each token type for itself.';

COMMENT ON COLUMN tollgate.alerts.threshold IS 'available_below: tokens; percent_left_below: percent of the allocation; runs_out_within_hours: hours; tokens_per_hour_above: tokens in an hour.';

COMMENT ON COLUMN tollgate.alerts.email IS 'Addresses that the alert is also sent to.';

CREATE FUNCTION tollgate.read_alerts(alert_id uuid DEFAULT NULL::uuid, organization_id uuid DEFAULT NULL::uuid, before_id uuid DEFAULT NULL::uuid, row_limit integer DEFAULT 50) RETURNS SETOF tollgate.alerts
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT rule.*
  FROM tollgate.alerts AS rule
  WHERE (read_alerts.alert_id IS NULL OR rule.alert_id = read_alerts.alert_id)
    AND (read_alerts.organization_id IS NULL OR rule.organization_id = read_alerts.organization_id)
    AND (before_id IS NULL OR rule.alert_id < before_id)
  ORDER BY rule.alert_id DESC
  LIMIT row_limit
$$;

ALTER FUNCTION tollgate.read_alerts(alert_id uuid, organization_id uuid, before_id uuid, row_limit integer) OWNER TO tollgate_reporter;

COMMENT ON FUNCTION tollgate.read_alerts(alert_id uuid, organization_id uuid, before_id uuid, row_limit integer) IS 'A page of the rules of all organizations, or of one (the nil UUID: of those for all), newest first: those with ids before before_id. Or the one rule with this id.';

CREATE FUNCTION tollgate.read_attributes(organization_id uuid, before_number bigint DEFAULT NULL::bigint, row_limit integer DEFAULT 50, user_id uuid DEFAULT NULL::uuid, membership_required boolean DEFAULT false) RETURNS TABLE(outcome text, attribute_id uuid, number bigint, instructions text, examples jsonb, signals jsonb, active boolean, tokens bigint, uses bigint, last_used_at timestamp with time zone, created_at timestamp with time zone, updated_at timestamp with time zone, has_next boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  caller CONSTANT record := tollgate.identify_caller(read_attributes.organization_id, read_attributes.user_id);
  may_read text;
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[caller.organization_id]);
  may_read := tollgate.may_read(caller.organization_id, caller.user_id,
    caller.membership_required OR coalesce(read_attributes.membership_required, true));
  IF may_read <> 'success' THEN
    outcome := may_read;
    RETURN NEXT;
  ELSE
    RETURN QUERY
    SELECT may_read, item.attribute_id, item.number, item.instructions, item.examples, item.signals, item.active,
      item.tokens, item.uses, item.last_used_at, item.created_at, item.updated_at, item.has_next
    FROM (
      SELECT
        page.*,
        lead(true) OVER in_order IS NOT NULL AS has_next,
        row_number() OVER in_order AS place,
        sum(octet_length(page.instructions) + octet_length(page.examples::text) + octet_length(page.signals::text))
          OVER (in_order ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before
      FROM (
        SELECT kept.*
        FROM tollgate.content_attributes AS kept
        WHERE kept.organization_id = caller.organization_id
          AND (before_number IS NULL OR kept.number < before_number)
        ORDER BY kept.number DESC
        LIMIT row_limit + 1
      ) AS page
      WINDOW in_order AS (ORDER BY page.number DESC)
    ) AS item
    WHERE item.place <= row_limit
      AND coalesce(item.bytes_before, 0) < 1048576
    ORDER BY item.number DESC;
  END IF;
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.read_attributes(organization_id uuid, before_number bigint, row_limit integer, user_id uuid, membership_required boolean) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.read_attributes(organization_id uuid, before_number bigint, row_limit integer, user_id uuid, membership_required boolean) IS 'A page of an organization''s attributes, newest first: those with numbers before before_number. It ends early behind the one with which it has a mebibyte of texts. has_next: another is behind this one. Who may not read gets one row with the outcome, forbidden or unknown_organization. Raises TG401 and TG403 as tollgate.identify_caller().';

CREATE FUNCTION tollgate.read_audit_log(organization_id uuid DEFAULT NULL::uuid, change text DEFAULT NULL::text, actor_id text DEFAULT NULL::text, from_time timestamp with time zone DEFAULT NULL::timestamp with time zone, to_time timestamp with time zone DEFAULT NULL::timestamp with time zone, before_id uuid DEFAULT NULL::uuid, row_limit integer DEFAULT 50) RETURNS TABLE(id uuid, organization_id_of_change uuid, actor_kind text, actor_id_of_change text, hint text, database_role text, change_made text, subject text, before jsonb, after jsonb, request_id text, created_at timestamp with time zone)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT record.id, nullif(record.organization_id, '00000000-0000-0000-0000-000000000000'), record.actor_kind,
    record.actor_id, record.hint, record.database_role, record.change, record.subject, record.before, record.after,
    record.request_id, record.created_at
  FROM tollgate.audit_log AS record
  WHERE (read_audit_log.organization_id IS NULL OR record.organization_id = read_audit_log.organization_id)
    AND (read_audit_log.change IS NULL OR record.change = read_audit_log.change)
    AND (read_audit_log.actor_id IS NULL OR record.actor_id = read_audit_log.actor_id)
    AND (before_id IS NULL OR record.id < before_id)
    -- An id is made in the moment that is created_at, by the same clock, which may be set in between.
    AND (from_time IS NULL
      OR record.created_at >= from_time AND record.id >= tollgate.first_id_at(from_time - interval '1 minute'))
    AND (to_time IS NULL
      OR record.created_at < to_time AND record.id < tollgate.first_id_at(to_time + interval '1 minute'))
  ORDER BY record.id DESC
  LIMIT row_limit;
END
$$;

ALTER FUNCTION tollgate.read_audit_log(organization_id uuid, change text, actor_id text, from_time timestamp with time zone, to_time timestamp with time zone, before_id uuid, row_limit integer) OWNER TO tollgate_reporter;

COMMENT ON FUNCTION tollgate.read_audit_log(organization_id uuid, change text, actor_id text, from_time timestamp with time zone, to_time timestamp with time zone, before_id uuid, row_limit integer) IS 'A page of the audit log, the newest first: of an organization, of a kind of change, by an actor, from a time on and before another; those with ids before before_id. organization_id_of_change is NULL for the catalogue and the service.';

CREATE FUNCTION tollgate.read_balances(organization_ids uuid[], user_ids uuid[], membership_required boolean[]) RETURNS TABLE(item integer, outcome text, token_type text, balance bigint, reserved bigint, available bigint, allocated bigint, used bigint, purchased bigint, refresh_date timestamp with time zone, state text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
BEGIN
  PERFORM tollgate.admit_organizations(organization_ids);
  RETURN QUERY
  SELECT
    named.n::integer,
    CASE
      WHEN coalesce(named.membership_required, true) AND membership.id IS NULL THEN 'forbidden'
      WHEN organization.id IS NULL THEN 'unknown_organization'
      ELSE 'success'
    END,
    current.token_type,
    current.balance,
    current.reserved,
    current.balance - current.reserved,
    current.total_allocated,
    current.total_used,
    current.purchased,
    current.refresh_date,
    tollgate.balance_state(current.balance - current.reserved, current.total_allocated, kind)
  FROM unnest(organization_ids, user_ids, membership_required) WITH ORDINALITY
      AS named (organization_id, user_id, membership_required, n)
    LEFT JOIN public.organizations AS organization ON organization.id = named.organization_id
    LEFT JOIN public.user_profiles AS membership
      ON membership.organization_id = named.organization_id AND membership.id = named.user_id
    LEFT JOIN tollgate.current_balances AS current
      ON current.organization_id = organization.id
      AND (membership.id IS NOT NULL OR NOT coalesce(named.membership_required, true))
    LEFT JOIN tollgate.token_types AS kind ON kind.token_type = current.token_type
  ORDER BY named.n, current.token_type;
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.read_balances(organization_ids uuid[], user_ids uuid[], membership_required boolean[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.read_balances(organization_ids uuid[], user_ids uuid[], membership_required boolean[]) IS 'The balances of organizations as of now. An item that may not be read, or an organization without balances, is one row with its outcome and NULLs.';

CREATE FUNCTION tollgate.read_caches(organization_id uuid, only_name text DEFAULT NULL::text, before_id uuid DEFAULT NULL::uuid, row_limit integer DEFAULT 50) RETURNS TABLE(cache_id uuid, name text, is_for_all boolean, key_members text[], ttl_seconds integer, daily_quota bigint, fallback json, feature text, lease_seconds integer, wait_seconds integer, maximum_entries integer, created_at timestamp with time zone, updated_at timestamp with time zone, day date, calls bigint, hits bigint, fallbacks bigint, waits bigint, hit_rate double precision, entries bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  for_all CONSTANT uuid := uuid '00000000-0000-0000-0000-000000000000';
  owner CONSTANT uuid := coalesce(read_caches.organization_id, for_all);
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[owner, for_all]);
  IF read_caches.organization_id IS NOT NULL
    AND NOT EXISTS (SELECT FROM public.organizations AS known WHERE known.id = owner)
  THEN
    RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
  END IF;
  RETURN QUERY
  SELECT
    configured.cache_id,
    configured.cache_name,
    configured.organization_id = for_all,
    configured.key_members,
    configured.ttl_seconds,
    configured.daily_quota,
    configured.fallback,
    configured.feature,
    configured.lease_seconds,
    configured.wait_seconds,
    configured.maximum_entries,
    configured.created_at,
    configured.updated_at,
    today.day,
    CASE WHEN owner <> for_all THEN coalesce(counted.calls, 0) END,
    CASE WHEN owner <> for_all THEN coalesce(counted.hits, 0) END,
    CASE WHEN owner <> for_all THEN coalesce(counted.fallbacks, 0) END,
    CASE WHEN owner <> for_all THEN coalesce(counted.waits, 0) END,
    counted.hit_rate::double precision,
    CASE WHEN owner <> for_all THEN (
      SELECT count(*)
      FROM tollgate.cache_entries AS known
      WHERE known.organization_id = owner
        AND known.cache_name = configured.cache_name
        AND known.value IS NOT NULL
        AND known.ends_at > tollgate.moment()
    ) END
  FROM tollgate.caches AS configured
    LEFT JOIN LATERAL tollgate.local_day(owner) AS today ON true
    LEFT JOIN tollgate.cache_use AS counted
      ON counted.organization_id = owner
        AND counted.cache_name = configured.cache_name
        AND counted.day = today.day
  WHERE configured.organization_id IN (owner, for_all)
    AND configured.cache_id = (tollgate.cache_of(owner, configured.cache_name)).cache_id
    AND (read_caches.only_name IS NULL OR configured.cache_name = read_caches.only_name)
    AND (read_caches.before_id IS NULL OR configured.cache_id < read_caches.before_id)
  ORDER BY configured.cache_id DESC
  LIMIT read_caches.row_limit;
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.read_caches(organization_id uuid, only_name text, before_id uuid, row_limit integer) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.read_caches(organization_id uuid, only_name text, before_id uuid, row_limit integer) IS 'The decision caches that an organization can ask, its own and those for all, with what they answered today; or with NULL those for all, without. Newest first: those before before_id, or the one called only_name. Raises TG404 for an unknown organization.';

CREATE FUNCTION tollgate.read_content_budget(organization_id uuid) RETURNS tollgate.content_budgets
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  settings tollgate.content_budgets;
BEGIN
  SELECT kept.*
  INTO settings
  FROM tollgate.content_budgets AS kept
  WHERE kept.organization_id = read_content_budget.organization_id;
  IF NOT FOUND THEN
    settings.organization_id := read_content_budget.organization_id;
    settings.counter := 'utf16_quarter';
    settings.active_tokens := 0;
    settings.attribute_count := 0;
  END IF;
  RETURN settings;
END
$$;

ALTER FUNCTION tollgate.read_content_budget(organization_id uuid) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.read_content_budget(organization_id uuid) IS 'The same row as tollgate.lock_content_budget() has, as it is or would be made, for who changes nothing. The caller has admitted itself.';

CREATE FUNCTION tollgate.read_content_budgets(by_percent boolean DEFAULT false, behind_id uuid DEFAULT NULL::uuid, row_limit integer DEFAULT 50) RETURNS TABLE(organization_id uuid, name text, level integer, level_title text, budget_tokens bigint, budget bigint, used bigint, remaining bigint, percent_used bigint, state text, deactivates_automatically boolean, counter text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  WITH standing AS (
    SELECT known.id, known.name, present.*,
      CASE
        WHEN by_percent THEN present.used::numeric / present.budget
        ELSE extract(epoch FROM known.created_at)
      END AS rank
    FROM public.organizations AS known
      LEFT JOIN tollgate.content_budgets AS settings ON settings.organization_id = known.id
      CROSS JOIN LATERAL tollgate.content_standing(settings) AS present
  )
  SELECT listed.id, listed.name, listed.level, listed.level_title, listed.budget_tokens, listed.budget, listed.used,
    listed.remaining, listed.percent_used, listed.state, listed.deactivates_automatically, listed.counter
  FROM standing AS listed
  WHERE behind_id IS NULL
    OR (listed.rank, listed.id) < (SELECT last.rank, last.id FROM standing AS last WHERE last.id = behind_id)
  ORDER BY listed.rank DESC, listed.id DESC
  LIMIT row_limit
$$;

ALTER FUNCTION tollgate.read_content_budgets(by_percent boolean, behind_id uuid, row_limit integer) OWNER TO tollgate_reporter;

COMMENT ON FUNCTION tollgate.read_content_budgets(by_percent boolean, behind_id uuid, row_limit integer) IS 'A page of how full the content budgets of all organizations are, in tokens: newest organizations first, or by_percent those first that have used most of theirs; those that come behind the one with behind_id, as of now. An organization without content is in it too.';

CREATE FUNCTION tollgate.read_content_standing(organization_id uuid) RETURNS TABLE(name text, level integer, level_title text, budget_tokens bigint, budget bigint, used bigint, remaining bigint, percent_used bigint, state text, deactivates_automatically boolean, counter text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[read_content_standing.organization_id]);
  RETURN QUERY
  SELECT known.name, standing.*
  FROM public.organizations AS known
    CROSS JOIN LATERAL tollgate.content_standing(tollgate.read_content_budget(known.id)) AS standing
  WHERE known.id = read_content_standing.organization_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
  END IF;
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.read_content_standing(organization_id uuid) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.read_content_standing(organization_id uuid) IS 'An organization''s row of tollgate.read_content_budgets(). Raises TG404 for an unknown organization.';

CREATE FUNCTION tollgate.read_content_usage(organization_id uuid, user_id uuid DEFAULT NULL::uuid, membership_required boolean DEFAULT false) RETURNS TABLE(outcome text, used bigint, budget bigint, remaining bigint, percent_used bigint, level integer, level_title text, state text, message text, warning text, largest jsonb, deactivate jsonb)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  caller CONSTANT record := tollgate.identify_caller(read_content_usage.organization_id, read_content_usage.user_id);
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[caller.organization_id]);
  outcome := tollgate.may_read(caller.organization_id, caller.user_id,
    caller.membership_required OR coalesce(read_content_usage.membership_required, true));
  IF outcome = 'success' THEN
    SELECT
      standing.used, standing.budget, standing.remaining, standing.percent_used, standing.level, standing.level_title,
      standing.state,
      tollgate.content_message(true, standing.used, standing.budget),
      tollgate.content_warning(standing.used, standing.budget),
      tollgate.content_to_deactivate(caller.organization_id, standing.used - standing.budget)
    INTO used, budget, remaining, percent_used, level, level_title, state, message, warning, deactivate
    FROM tollgate.content_standing(tollgate.read_content_budget(caller.organization_id)) AS standing;
    SELECT coalesce(jsonb_agg(jsonb_build_object('id', item.attribute_id, 'tokens', item.tokens)), '[]')
    INTO largest
    FROM (
      SELECT kept.attribute_id, kept.tokens
      FROM tollgate.content_attributes AS kept
      WHERE kept.organization_id = caller.organization_id AND kept.active
      ORDER BY kept.tokens DESC, kept.attribute_id
      LIMIT 10
    ) AS item;
  END IF;
  PERFORM tollgate.admit_organizations('{}');
  RETURN NEXT;
END
$$;

ALTER FUNCTION tollgate.read_content_usage(organization_id uuid, user_id uuid, membership_required boolean) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.read_content_usage(organization_id uuid, user_id uuid, membership_required boolean) IS 'How full an organization''s content budget is, in tokens, with the lines that apps show people, the ten largest active attributes, and what to deactivate where it is over the budget. outcome: success, forbidden or unknown_organization. Raises TG401 and TG403 as tollgate.identify_caller().';

CREATE FUNCTION tollgate.read_costs(from_day date, to_day date, only_organization uuid DEFAULT NULL::uuid, row_limit integer DEFAULT 10000) RETURNS TABLE(day date, organization_id uuid, organization_name text, currency text, token_type text, feature_used text, uses bigint, tokens bigint, refusals bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT used.day, used.organization_id, organization.name, price.currency, used.token_type, used.feature_used,
    used.uses, used.tokens, used.refusals
  FROM (
    SELECT counted.day, counted.organization_id, counted.token_type, counted.feature_used,
      sum(counted.uses)::bigint AS uses, sum(counted.tokens)::bigint AS tokens, sum(counted.refusals)::bigint AS refusals
    FROM tollgate.usage_days AS counted
    WHERE counted.day >= from_day
      AND counted.day < to_day
      AND (only_organization IS NULL OR counted.organization_id = only_organization)
    GROUP BY counted.day, counted.organization_id, counted.token_type, counted.feature_used
    HAVING sum(counted.uses) > 0
    ORDER BY 1, 2, 3, 4
    LIMIT row_limit
  ) AS used
    JOIN public.organizations AS organization ON organization.id = used.organization_id
    LEFT JOIN tollgate.plan_prices AS price ON price.plan = organization.plan
  ORDER BY 1, 2, 5, 6;
END
$$;

ALTER FUNCTION tollgate.read_costs(from_day date, to_day date, only_organization uuid, row_limit integer) OWNER TO tollgate_reporter;

COMMENT ON FUNCTION tollgate.read_costs(from_day date, to_day date, only_organization uuid, row_limit integer) IS 'What organizations used on each day (UTC) from from_day on and before to_day, by feature and token type, as far as it is rolled up: the rows of an export to FinOps tools. currency: of the price of the organization''s plan; NULL: it has none.';

CREATE FUNCTION tollgate.read_credential(organization_id uuid, user_id uuid, membership_required boolean, provider text) RETURNS TABLE(outcome text, state text, metadata jsonb, connected_at timestamp with time zone, connected_by uuid, refreshed_at timestamp with time zone, access_token_expires_at timestamp with time zone)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  tenant CONSTANT uuid := read_credential.organization_id;
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[tenant]);
  outcome := tollgate.may_read(tenant, read_credential.user_id, read_credential.membership_required);
  IF outcome = 'success' THEN
    SELECT known.state, known.metadata, known.connected_at, known.connected_by, known.refreshed_at,
      known.access_token_expires_at
    INTO state, metadata, connected_at, connected_by, refreshed_at, access_token_expires_at
    FROM tollgate.credentials AS known
    WHERE known.organization_id = tenant AND known.provider = read_credential.provider;
    IF NOT FOUND THEN
      outcome := 'unknown_credential';
    END IF;
  END IF;
  PERFORM tollgate.admit_organizations('{}');
  RETURN NEXT;
END
$$;

ALTER FUNCTION tollgate.read_credential(organization_id uuid, user_id uuid, membership_required boolean, provider text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.read_credential(organization_id uuid, user_id uuid, membership_required boolean, provider text) IS 'How an organization''s credential is, without anything secret. One row: outcome is success, forbidden, unknown_organization or unknown_credential.';

CREATE FUNCTION tollgate.read_deliveries(webhook_id uuid, delivery_id uuid DEFAULT NULL::uuid, status text DEFAULT NULL::text, before_id uuid DEFAULT NULL::uuid, row_limit integer DEFAULT 50) RETURNS TABLE(delivery_id_of_row uuid, event_id uuid, type text, status_of_row text, attempts integer, last_status integer, last_error text, next_attempt_at timestamp with time zone, created_at timestamp with time zone, finished_at timestamp with time zone, history jsonb)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  owner CONSTANT uuid := tollgate.admit_webhook(read_deliveries.webhook_id);
  event_organization_ids uuid[];
  delivery_ids uuid[];
BEGIN
  SELECT array_agg(page.event_organization_id), array_agg(page.delivery_id)
  INTO event_organization_ids, delivery_ids
  FROM (
    SELECT held.event_organization_id, held.delivery_id
    FROM tollgate.deliveries AS held
    WHERE held.organization_id = owner
      AND held.receiver_id = read_deliveries.webhook_id
      AND (read_deliveries.delivery_id IS NULL OR held.delivery_id = read_deliveries.delivery_id)
      AND (read_deliveries.status IS NULL OR held.status = read_deliveries.status)
      AND (read_deliveries.before_id IS NULL OR held.delivery_id < read_deliveries.before_id)
    ORDER BY held.delivery_id DESC
    LIMIT row_limit
  ) AS page;
  PERFORM tollgate.admit_organizations(event_organization_ids || owner);
  RETURN QUERY
  SELECT held.delivery_id, held.event_id, tollgate.event_type(event.kind), held.status, held.attempts, held.last_status,
    held.last_error, held.next_attempt_at, held.created_at, held.finished_at, held.history
  FROM tollgate.deliveries AS held
    JOIN tollgate.events AS event
      ON event.organization_id = held.event_organization_id AND event.event_id = held.event_id
  WHERE held.organization_id = owner AND held.delivery_id = ANY (delivery_ids)
  ORDER BY held.delivery_id DESC;
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.read_deliveries(webhook_id uuid, delivery_id uuid, status text, before_id uuid, row_limit integer) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.read_deliveries(webhook_id uuid, delivery_id uuid, status text, before_id uuid, row_limit integer) IS 'A page of a webhook''s deliveries, newest first: those with ids before before_id, of one status where one is named. Or the one delivery with this id. Raises TG404 for an unknown webhook.';

CREATE FUNCTION tollgate.read_forecast(organization_id uuid, user_id uuid, membership_required boolean) RETURNS TABLE(outcome text, token_type text, available bigint, tokens_per_day numeric, runs_out_at timestamp with time zone, refresh_date timestamp with time zone, runs_out_before_refresh boolean, next_expiry_at timestamp with time zone, next_expiry_tokens bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
  moment CONSTANT timestamptz := tollgate.moment();
  first_day CONSTANT date := moment::date - 6;
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[read_forecast.organization_id]);
  outcome := tollgate.may_read(read_forecast.organization_id, read_forecast.user_id, read_forecast.membership_required);
  IF outcome <> 'success' THEN
    PERFORM tollgate.admit_organizations('{}');
    RETURN NEXT;
    RETURN;
  END IF;
  RETURN QUERY
  SELECT read_forecast.outcome, present.token_type, present.available, present.tokens_per_day, ending.runs_out_at,
    present.refresh_date, coalesce(ending.runs_out_at < present.refresh_date, false), expiring.expires_at, expiring.tokens
  FROM (
    SELECT current.token_type, current.balance - current.reserved AS available, current.refresh_date,
      tollgate.tokens_per_day(coalesce(used.tokens, 0),
        (
          SELECT min(used_at)
          FROM unnest(ARRAY[used.first_used_at, rolled.first_used_at]) AS used_at
        ), moment) AS tokens_per_day
    FROM tollgate.current_balances AS current
      LEFT JOIN tollgate.rolled_balances AS rolled
        ON rolled.organization_id = current.organization_id AND rolled.token_type = current.token_type
      LEFT JOIN (
        SELECT recent.token_type, greatest(0, sum(recent.tokens)) AS tokens, min(recent.first_used_at) AS first_used_at
        FROM (
          SELECT kept.token_type, kept.used - kept.refunded AS tokens, NULL::timestamptz AS first_used_at
          FROM tollgate.balance_days AS kept
          WHERE kept.organization_id = read_forecast.organization_id
            AND kept.day >= first_day
          UNION ALL
          SELECT tail.token_type, CASE WHEN tail.hour >= first_day::timestamptz THEN tail.tokens - tail.refunded ELSE 0 END,
            tail.first_used_at
          FROM tollgate.unrolled_sums(ARRAY[read_forecast.organization_id]) AS tail
          WHERE tail.last_sequence IS NOT NULL
        ) AS recent
        GROUP BY recent.token_type
      ) AS used ON used.token_type = current.token_type
    WHERE current.organization_id = read_forecast.organization_id
  ) AS present
    CROSS JOIN LATERAL (
      SELECT tollgate.runs_out_at(present.available, present.tokens_per_day, moment) AS runs_out_at
    ) AS ending
    LEFT JOIN (
      SELECT DISTINCT ON (pack.token_type) pack.token_type, pack.expires_at, sum(pack.remaining)::bigint AS tokens
      FROM tollgate.packs AS pack
      WHERE pack.organization_id = read_forecast.organization_id
        AND pack.remaining > 0
        AND NOT pack.is_expired
      GROUP BY pack.token_type, pack.expires_at
      ORDER BY pack.token_type, pack.expires_at
    ) AS expiring ON expiring.token_type = present.token_type
  ORDER BY present.token_type;
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.read_forecast(organization_id uuid, user_id uuid, membership_required boolean) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.read_forecast(organization_id uuid, user_id uuid, membership_required boolean) IS 'When an organization''s balances run out if they are used on as they were (tollgate.tokens_per_day): as of now, without the reset that may come before; and when the first of the bought tokens expire. Who may not read it gets one row with the outcome and NULLs.';

CREATE FUNCTION tollgate.read_history(organization_id uuid, user_id uuid, membership_required boolean, from_day date, to_day date, only_token_type text DEFAULT NULL::text) RETURNS TABLE(outcome text, token_type text, day timestamp with time zone, used bigint, granted bigint, balance bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[read_history.organization_id]);
  outcome := tollgate.may_read(read_history.organization_id, read_history.user_id, read_history.membership_required);
  IF outcome <> 'success' THEN
    PERFORM tollgate.admit_organizations('{}');
    RETURN NEXT;
    RETURN;
  END IF;
  RETURN QUERY
  WITH tail AS MATERIALIZED (
    SELECT looked.token_type, looked.hour, looked.tokens, looked.change, looked.balance, looked.last_sequence
    FROM tollgate.unrolled_sums(ARRAY[read_history.organization_id]) AS looked
    WHERE looked.last_sequence IS NOT NULL
      AND looked.hour < to_day::timestamptz
  ),
  moved AS (
    SELECT before.token_type, NULL::date AS day, before.used, before.granted, before.balance, before.last_sequence
    FROM public.ai_tokens AS token
      CROSS JOIN LATERAL (
        SELECT kept.*
        FROM tollgate.balance_days AS kept
        WHERE kept.organization_id = token.organization_id
          AND kept.token_type = token.token_type
          AND kept.day < from_day
        ORDER BY kept.day DESC
        LIMIT 1
      ) AS before
    WHERE token.organization_id = read_history.organization_id
    UNION ALL
    SELECT kept.token_type, kept.day, kept.used, kept.granted, kept.balance, kept.last_sequence
    FROM tollgate.balance_days AS kept
    WHERE kept.organization_id = read_history.organization_id
      AND kept.day >= from_day
      AND kept.day < to_day
    UNION ALL
    SELECT tail.token_type,
      CASE WHEN tail.hour >= from_day::timestamptz THEN tail.hour::date END,
      tail.tokens, tail.change + tail.tokens, tail.balance, tail.last_sequence
    FROM tail
  )
  SELECT read_history.outcome, moved.token_type, moved.day::timestamptz,
    CASE WHEN moved.day IS NOT NULL THEN sum(moved.used)::bigint END,
    CASE WHEN moved.day IS NOT NULL THEN sum(moved.granted)::bigint END,
    (array_agg(moved.balance ORDER BY moved.last_sequence DESC))[1]
  FROM moved
  WHERE only_token_type IS NULL OR moved.token_type = only_token_type
  GROUP BY moved.token_type, moved.day
  ORDER BY moved.day NULLS FIRST, moved.token_type;
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.read_history(organization_id uuid, user_id uuid, membership_required boolean, from_day date, to_day date, only_token_type text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.read_history(organization_id uuid, user_id uuid, membership_required boolean, from_day date, to_day date, only_token_type text) IS 'What became of an organization''s balances on each day (UTC) on which they moved, from from_day on and before to_day, oldest first: the balance after the day''s last movement, what uses took, and what all other movements added. First, with NULL for the day, used and granted, the balance after the last movement before from_day, where there was one. Who may not read it gets one row with the outcome and NULLs.';

CREATE FUNCTION tollgate.read_key(id uuid) RETURNS TABLE(key_id uuid, organization_id uuid, name text, scopes text[], status text, created_at timestamp with time zone, created_by uuid, expires_at timestamp with time zone, replaced_by uuid, grace_ends_at timestamp with time zone, revoked_at timestamp with time zone, last_used_at timestamp with time zone)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
BEGIN
  PERFORM tollgate.admit_keys(ARRAY[read_key.id]);
  RETURN QUERY
  SELECT known.key_id, nullif(known.organization_id, tollgate.owner_of_key(NULL)), known.name, known.scopes,
    known.status, known.created_at, known.created_by, known.expires_at, known.replaced_by, known.grace_ends_at,
    known.revoked_at, known.last_used_at
  FROM tollgate.keys AS known
  WHERE known.key_id = read_key.id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no such key.' USING ERRCODE = 'TG404';
  END IF;
  PERFORM tollgate.admit_keys('{}');
END
$$;

ALTER FUNCTION tollgate.read_key(id uuid) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.read_key(id uuid) IS 'An API key, without its digest; the organization is NULL for one of the service. Raises TG404 for an unknown key.';

CREATE FUNCTION tollgate.read_keys(organization_id uuid, before_id uuid DEFAULT NULL::uuid, row_limit integer DEFAULT 50) RETURNS TABLE(key_id uuid, organization_id_of_key uuid, name text, scopes text[], status text, created_at timestamp with time zone, created_by uuid, expires_at timestamp with time zone, replaced_by uuid, grace_ends_at timestamp with time zone, revoked_at timestamp with time zone, last_used_at timestamp with time zone)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  owner CONSTANT uuid := tollgate.owner_of_key(read_keys.organization_id);
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[owner]);
  IF read_keys.organization_id IS NOT NULL
    AND NOT EXISTS (SELECT FROM public.organizations AS known WHERE known.id = owner)
  THEN
    RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
  END IF;
  RETURN QUERY
  SELECT known.key_id, read_keys.organization_id, known.name, known.scopes, known.status, known.created_at,
    known.created_by, known.expires_at, known.replaced_by, known.grace_ends_at, known.revoked_at, known.last_used_at
  FROM tollgate.keys AS known
  WHERE known.organization_id = owner
    AND (before_id IS NULL OR known.key_id < before_id)
  ORDER BY known.key_id DESC
  LIMIT row_limit;
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.read_keys(organization_id uuid, before_id uuid, row_limit integer) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.read_keys(organization_id uuid, before_id uuid, row_limit integer) IS 'A page of an organization''s API keys, or with NULL of the service''s, newest first and without digests: those with ids before before_id. Raises TG404 for an unknown organization.';

CREATE FUNCTION tollgate.read_ledger(organization_id uuid, user_id uuid, membership_required boolean, only_token_type text DEFAULT NULL::text, only_kind text DEFAULT NULL::text, from_time timestamp with time zone DEFAULT NULL::timestamp with time zone, to_time timestamp with time zone DEFAULT NULL::timestamp with time zone, before_id uuid DEFAULT NULL::uuid, row_limit integer DEFAULT 50) RETURNS TABLE(outcome text, id uuid, kind text, status text, token_type text, feature_used text, user_id_of_entry uuid, event_id text, amount bigint, balance_before bigint, balance_after bigint, sequence bigint, reason text, required bigint, subject_id uuid, reservation_id uuid, price_version integer, units bigint, dimensions jsonb, from_purchased bigint, idempotency_key text, metadata jsonb, created_at timestamp with time zone)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
  only_uses CONSTANT boolean := read_ledger.only_kind IN ('deduction', 'capture');
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[read_ledger.organization_id]);
  outcome := tollgate.may_read(read_ledger.organization_id, read_ledger.user_id, read_ledger.membership_required);
  IF outcome <> 'success' THEN
    PERFORM tollgate.admit_organizations('{}');
    RETURN NEXT;
    RETURN;
  END IF;

  RETURN QUERY
  SELECT
    read_ledger.outcome, entry.id, entry.kind, entry.status, entry.token_type, entry.feature_used, entry.user_id,
    entry.event_id, entry.amount, entry.balance_before, entry.balance_after, entry.sequence, entry.reason,
    entry.required, entry.subject_id, entry.reservation_id, entry.price_version, entry.units, entry.dimensions,
    entry.from_purchased, entry.idempotency_key,
    CASE WHEN entry.kind = 'refusal' THEN entry.metadata - 'refusal' ELSE entry.metadata END,
    entry.created_at
  FROM tollgate.ledger AS entry
  WHERE entry.organization_id = read_ledger.organization_id
    AND (before_id IS NULL OR entry.id < before_id)
    AND (only_token_type IS NULL OR entry.token_type = only_token_type)
    AND (only_kind IS NULL OR entry.kind = only_kind)
    AND (only_uses IS NULL OR entry.is_use = only_uses)
    AND (only_kind IS DISTINCT FROM 'capture' OR entry.reservation_id IS NOT NULL)
    AND (from_time IS NULL
      OR entry.created_at >= from_time AND entry.id >= tollgate.first_id_at(from_time - interval '1 minute'))
    AND (to_time IS NULL
      OR entry.created_at < to_time AND entry.id < tollgate.first_id_at(to_time + interval '1 minute'))
  ORDER BY entry.id DESC
  LIMIT row_limit;
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.read_ledger(organization_id uuid, user_id uuid, membership_required boolean, only_token_type text, only_kind text, from_time timestamp with time zone, to_time timestamp with time zone, before_id uuid, row_limit integer) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.read_ledger(organization_id uuid, user_id uuid, membership_required boolean, only_token_type text, only_kind text, from_time timestamp with time zone, to_time timestamp with time zone, before_id uuid, row_limit integer) IS 'A page of an organization''s ledger, newest first: movements and refusals of one token type and kind (NULL: of all), made from from_time on and before to_time, with ids before before_id. Who may not read it gets one row with the outcome and NULLs.';

CREATE FUNCTION tollgate.read_membership(user_id uuid) RETURNS TABLE(organization_id uuid, role text, name text, plan text, next_plan text, next_plan_from timestamp with time zone, status text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  own CONSTANT uuid := tollgate.organization_of(read_membership.user_id);
BEGIN
  IF own IS NULL THEN
    RETURN;
  END IF;
  PERFORM tollgate.admit_organizations(ARRAY[own]);
  RETURN QUERY
  SELECT
    known.id,
    profile.role,
    known.name,
    CASE WHEN waiting.is_over THEN known.next_plan ELSE known.plan END,
    CASE WHEN NOT waiting.is_over THEN known.next_plan END,
    CASE WHEN NOT waiting.is_over THEN known.next_plan_from END,
    known.status
  FROM public.user_profiles AS profile
    JOIN public.organizations AS known ON known.id = profile.organization_id
    CROSS JOIN LATERAL (SELECT coalesce(known.next_plan_from <= tollgate.moment(), false) AS is_over) AS waiting
  WHERE profile.organization_id = own
    AND profile.id = read_membership.user_id;
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.read_membership(user_id uuid) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.read_membership(user_id uuid) IS 'The organization that a user belongs to, with the plan that it has now and the one that waits for its time, and what the user may do there. No row for an unknown user, and for one who is in two organizations.';

CREATE FUNCTION tollgate.read_organization(organization_id uuid) RETURNS TABLE(name text, plan text, next_plan text, next_plan_from timestamp with time zone, status text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[read_organization.organization_id]);
  RETURN QUERY
  SELECT
    known.name,
    CASE WHEN waiting.is_over THEN known.next_plan ELSE known.plan END,
    CASE WHEN NOT waiting.is_over THEN known.next_plan END,
    CASE WHEN NOT waiting.is_over THEN known.next_plan_from END,
    known.status
  FROM public.organizations AS known
    CROSS JOIN LATERAL (SELECT coalesce(known.next_plan_from <= tollgate.moment(), false) AS is_over) AS waiting
  WHERE known.id = read_organization.organization_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
  END IF;
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.read_organization(organization_id uuid) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.read_organization(organization_id uuid) IS 'An organization with the plan that it has now and the one that waits for its time. Raises TG404 for an unknown one.';

CREATE FUNCTION tollgate.read_overview() RETURNS json
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    SET jit TO 'off'
    AS $$
  WITH moment AS MATERIALIZED (
    SELECT tollgate.moment()::date AS today, date_trunc('month', tollgate.moment())::date AS month
  ),
  used AS MATERIALIZED (
    SELECT day.day, day.feature_used, day.uses, day.tokens, day.refusals, moment.today
    FROM moment
      JOIN tollgate.service_days AS day ON day.day > moment.today - 30 AND day.day <= moment.today
  ),
  organization AS MATERIALIZED (
    SELECT known.plan, known.status, count(*) AS organizations
    FROM public.organizations AS known
    GROUP BY known.plan, known.status
  )
  SELECT json_build_object(
    'rolledUpTo', (SELECT tollgate.rfc3339(seal.caught_up_at) FROM tollgate.rollup_seal AS seal),
    'organizations', (
      SELECT json_build_object(
        'total', coalesce(sum(counted.organizations), 0),
        'active', coalesce(sum(counted.organizations) FILTER (WHERE counted.status = 'active'), 0),
        'suspended', coalesce(sum(counted.organizations) FILTER (WHERE counted.status = 'suspended'), 0),
        'byPlan', (
          SELECT coalesce(json_object_agg(of_plan.plan, of_plan.organizations ORDER BY of_plan.plan), '{}')
          FROM (
            SELECT known.plan, sum(known.organizations) AS organizations
            FROM organization AS known
            WHERE known.plan IS NOT NULL
            GROUP BY known.plan
          ) AS of_plan
        ))
      FROM organization AS counted
    ),
    'usage', (
      SELECT json_object_agg(span.name, json_build_object(
        'uses', coalesce(total.uses, 0), 'tokens', coalesce(total.tokens, 0), 'refusals', coalesce(total.refusals, 0)))
      FROM (VALUES ('today', 1), ('last7Days', 7), ('last30Days', 30)) AS span (name, days)
        CROSS JOIN LATERAL (
          SELECT sum(used.uses) AS uses, sum(used.tokens) AS tokens, sum(used.refusals) AS refusals
          FROM used
          WHERE used.day > used.today - span.days
        ) AS total
    ),
    'topFeatures', (
      SELECT coalesce(json_agg(json_build_object(
        'featureUsed', top.feature_used, 'uses', top.uses, 'tokens', top.tokens)), '[]')
      FROM (
        SELECT used.feature_used, sum(used.uses) AS uses, sum(used.tokens) AS tokens
        FROM used
        WHERE used.feature_used <> ''
        GROUP BY used.feature_used
        HAVING sum(used.uses) > 0
        ORDER BY 3 DESC, 2 DESC, 1
        LIMIT 10
      ) AS top
    ),
    'topUsers', (
      SELECT coalesce(json_agg(json_build_object(
        'organizationId', top.organization_id, 'organizationName', known.name, 'userId', top.subject,
        'email', profile.email, 'uses', top.uses, 'tokens', top.tokens)
        ORDER BY top.tokens DESC, top.organization_id, top.subject), '[]')
      FROM (
        SELECT counted.organization_id, counted.subject, counted.uses, counted.tokens
        FROM tollgate.usage_months AS counted
        WHERE counted.month = (SELECT moment.month FROM moment)
          AND counted.subject <> counted.organization_id
        ORDER BY counted.tokens DESC
        LIMIT 10
      ) AS top
        JOIN public.organizations AS known ON known.id = top.organization_id
        LEFT JOIN public.user_profiles AS profile
          ON profile.organization_id = top.organization_id AND profile.id = top.subject
    ),
    'topOrganizations', (
      SELECT coalesce(json_agg(json_build_object(
        'organizationId', top.organization_id, 'organizationName', known.name, 'uses', top.uses, 'tokens', top.tokens)
        ORDER BY top.tokens DESC, top.organization_id), '[]')
      FROM (
        SELECT counted.organization_id, counted.uses, counted.tokens
        FROM tollgate.usage_months AS counted
        WHERE counted.month = (SELECT moment.month FROM moment)
          AND counted.subject = counted.organization_id
        ORDER BY counted.tokens DESC
        LIMIT 10
      ) AS top
        JOIN public.organizations AS known ON known.id = top.organization_id
    ),
    'topSince', (SELECT tollgate.rfc3339(moment.month::timestamptz) FROM moment),
    'lowBalances', (
      SELECT coalesce(json_agg(json_build_object(
        'organizationId', low.organization_id, 'organizationName', known.name, 'tokenType', low.token_type,
        'available', low.available, 'allocated', low.allocated, 'state', low.state)
        ORDER BY low.percent_left, low.organization_id, low.token_type), '[]')
      FROM (
        SELECT counted.*
        FROM tollgate.rolled_balances AS counted
        WHERE counted.state IN ('critical', 'exhausted')
          AND counted.allocated > 0
        ORDER BY counted.percent_left, counted.organization_id, counted.token_type
        LIMIT 20
      ) AS low
        JOIN public.organizations AS known ON known.id = low.organization_id
    ),
    'dueResets', (
      SELECT count(*)
      FROM (
        SELECT
        FROM public.ai_tokens AS token
        WHERE least(token.refresh_date, token.due_at) <= tollgate.moment()
          AND token.due_at IS DISTINCT FROM '-infinity'
          AND token.refresh_date <= tollgate.moment()
        LIMIT 10000
      ) AS due
    ),
    'resetsWithinDay', (
      SELECT count(*)
      FROM (
        SELECT
        FROM public.ai_tokens AS token
        WHERE least(token.refresh_date, token.due_at) <= tollgate.moment() + interval '1 day'
          AND token.due_at IS DISTINCT FROM '-infinity'
          AND token.refresh_date > tollgate.moment()
          AND token.refresh_date <= tollgate.moment() + interval '1 day'
        LIMIT 10000
      ) AS coming
    ),
    'perDay', (
      SELECT coalesce(json_agg(json_build_object(
        'day', total.day, 'uses', total.uses, 'tokens', total.tokens) ORDER BY total.day), '[]')
      FROM (
        SELECT used.day, sum(used.uses) AS uses, sum(used.tokens) AS tokens
        FROM used
        GROUP BY used.day
      ) AS total
    ))
$$;

ALTER FUNCTION tollgate.read_overview() OWNER TO tollgate_reporter;

COMMENT ON FUNCTION tollgate.read_overview() IS 'All organizations on one page, from roll-ups, as JSON: how many there are, what was used today, in 7 and in 30 days (UTC), who and what used most (users and organizations in this calendar month), balances that are low as of their last movement, and resets that wait for a sweep or fall due within a day, of each of which it counts 10000.';

CREATE FUNCTION tollgate.read_own_alert_events(organization_id uuid, user_id uuid, membership_required boolean, before_id uuid DEFAULT NULL::uuid, row_limit integer DEFAULT 50) RETURNS TABLE(outcome text, event_id uuid, type text, alert_id uuid, organization_id_of_event uuid, organization_name text, token_type text, state text, level text, condition text, value bigint, threshold bigint, created_at timestamp with time zone)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  tenant CONSTANT uuid := read_own_alert_events.organization_id;
  may text;
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[tenant]);
  may := tollgate.may_read(tenant, read_own_alert_events.user_id, read_own_alert_events.membership_required);
  IF may = 'success' THEN
    RETURN QUERY
    SELECT may, told.*
    FROM tollgate.read_alert_events(tenant, NULL, NULL, read_own_alert_events.before_id, row_limit) AS told;
  ELSE
    outcome := may;
    RETURN NEXT;
  END IF;
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.read_own_alert_events(organization_id uuid, user_id uuid, membership_required boolean, before_id uuid, row_limit integer) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.read_own_alert_events(organization_id uuid, user_id uuid, membership_required boolean, before_id uuid, row_limit integer) IS 'The same of one organization, for a user of it where membership is required: rows with the outcome success, or one that says why not: forbidden or unknown_organization.';

CREATE FUNCTION tollgate.read_pack_prices() RETURNS TABLE(tokens bigint, amount_minor bigint, currency text, sold text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT coalesce(price.tokens, offered.tokens), price.amount_minor, price.currency, coalesce(offered.packs, '[]')::text
  FROM tollgate.pack_prices AS price
    FULL JOIN (
      SELECT sold.tokens,
        json_agg(json_build_object(
          'pack', sold.pack,
          'tokenType', sold.token_type,
          'price', CASE WHEN sold.price_minor IS NOT NULL THEN
            json_build_object('amountMinor', sold.price_minor, 'currency', upper(sold.currency COLLATE "C"))
          END,
          'differs', coalesce(
            upper(sold.currency COLLATE "C") = estimated.currency AND sold.price_minor <> estimated.amount_minor, false)
        ) ORDER BY sold.pack) AS packs
      FROM tollgate.payment_packs AS sold
        LEFT JOIN tollgate.pack_prices AS estimated ON estimated.tokens = sold.tokens
      GROUP BY sold.tokens
    ) AS offered ON offered.tokens = price.tokens
  ORDER BY 1
$$;

ALTER FUNCTION tollgate.read_pack_prices() OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.read_pack_prices() IS 'Each size of packs, smallest first, that has a price for estimates, in the currency''s smallest unit (NULL: none), or is sold by a paid checkout: sold has those packs as [{"pack", "tokenType", "price", "differs"}]. differs: the two prices are of one currency, and not the same.';

CREATE FUNCTION tollgate.read_payment_customers(organization_id uuid DEFAULT NULL::uuid, behind_id text DEFAULT NULL::text, row_limit integer DEFAULT 50) RETURNS TABLE(customer_id text, organization_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT known.customer_id, known.organization_id
  FROM tollgate.payment_customers AS known
  WHERE (read_payment_customers.organization_id IS NULL OR known.organization_id = read_payment_customers.organization_id)
    AND (behind_id IS NULL OR known.customer_id > behind_id)
  ORDER BY known.customer_id
  LIMIT row_limit
$$;

ALTER FUNCTION tollgate.read_payment_customers(organization_id uuid, behind_id text, row_limit integer) OWNER TO tollgate_reporter;

COMMENT ON FUNCTION tollgate.read_payment_customers(organization_id uuid, behind_id text, row_limit integer) IS 'A page of the payment provider''s customers and whose they are, of all organizations or of one, by the provider''s id: those behind behind_id.';

CREATE FUNCTION tollgate.read_payment_packs() RETURNS TABLE(pack text, token_type text, tokens bigint, price_minor bigint, currency text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT sold.pack, sold.token_type, sold.tokens, sold.price_minor, sold.currency
  FROM tollgate.payment_packs AS sold
  ORDER BY sold.pack
$$;

ALTER FUNCTION tollgate.read_payment_packs() OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.read_payment_packs() IS 'What a paid checkout may buy, by name; a price in its currency''s smallest unit, NULL: none is looked at.';

CREATE FUNCTION tollgate.read_plan_prices(only_plan text DEFAULT NULL::text) RETURNS TABLE(plan text, amount_minor bigint, currency text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT price.plan, price.amount_minor, price.currency
  FROM tollgate.plan_prices AS price
  WHERE only_plan IS NULL OR price.plan = only_plan
  ORDER BY price.plan
$$;

ALTER FUNCTION tollgate.read_plan_prices(only_plan text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.read_plan_prices(only_plan text) IS 'What all plans cost, or one, for 30 days, in the currency''s smallest unit, by name; a plan without a price has no row.';

CREATE FUNCTION tollgate.read_plans(plan text DEFAULT NULL::text) RETURNS TABLE(name text, title text, allocations text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT offered.plan, offered.title,
    coalesce((
      SELECT json_object_agg(allocation.token_type, allocation.tokens ORDER BY allocation.token_type)
      FROM tollgate.plan_allocations AS allocation
      WHERE allocation.plan = offered.plan
    ), '{}')::text
  FROM tollgate.plans AS offered
  WHERE read_plans.plan IS NULL OR offered.plan = read_plans.plan
  ORDER BY offered.plan
$$;

ALTER FUNCTION tollgate.read_plans(plan text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.read_plans(plan text) IS 'All plans, or one, by name, with the tokens that each grants for a period as {"token type": tokens}.';

CREATE TABLE tollgate.prices (
    feature text NOT NULL,
    price_version integer NOT NULL,
    token_type text NOT NULL,
    cost bigint NOT NULL,
    rates jsonb,
    valid_from timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE tollgate.prices OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.prices IS 'Every price that a feature has had. tollgate.features has the present ones; its trigger writes here.';

COMMENT ON COLUMN tollgate.prices.cost IS 'Tokens per unit, where there are no rates.';

CREATE FUNCTION tollgate.read_prices(feature text) RETURNS SETOF tollgate.prices
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT known.*
  FROM tollgate.prices AS known
  WHERE known.feature = read_prices.feature
  ORDER BY known.price_version DESC
$$;

ALTER FUNCTION tollgate.read_prices(feature text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.read_prices(feature text) IS 'Every price that a feature has had, the newest first. A charge keeps the version it was made under.';

CREATE FUNCTION tollgate.read_providers(only_provider text DEFAULT NULL::text) RETURNS TABLE(provider text, authorization_url text, token_url text, revocation_url text, client_id text, client_authentication text, scopes text[], redirect_uri text, authorization_parameters jsonb, updated_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT known.provider, known.authorization_url, known.token_url, known.revocation_url, known.client_id,
    known.client_authentication, known.scopes, known.redirect_uri, known.authorization_parameters, known.updated_at
  FROM tollgate.providers AS known
  WHERE only_provider IS NULL OR known.provider = only_provider
  ORDER BY known.provider
$$;

ALTER FUNCTION tollgate.read_providers(only_provider text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.read_providers(only_provider text) IS 'All providers by name, or one, without client secrets.';

CREATE FUNCTION tollgate.read_reservation(organization_id uuid, user_id uuid, membership_required boolean, reservation_id uuid) RETURNS TABLE(outcome text, status text, reserved_by uuid, token_type text, feature_used text, units jsonb, amount bigint, captured bigint, transaction_id uuid, event_id text, metadata jsonb, expires_at timestamp with time zone, created_at timestamp with time zone, finished_at timestamp with time zone)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[read_reservation.organization_id]);
  RETURN QUERY
  SELECT
    CASE
      WHEN asked.membership_required AND membership.id IS NULL THEN 'forbidden'
      WHEN organization.id IS NULL THEN 'unknown_organization'
      WHEN held.reservation_id IS NULL THEN 'unknown_reservation'
      ELSE 'success'
    END,
    CASE WHEN held.is_over THEN 'expired' ELSE held.status END,
    held.user_id,
    held.token_type,
    held.feature_used,
    held.units,
    held.amount,
    held.captured,
    held.transaction_id,
    held.event_id,
    held.metadata,
    held.expires_at,
    held.created_at,
    CASE WHEN held.is_over THEN held.expires_at ELSE held.finished_at END
  FROM (
    SELECT coalesce(read_reservation.membership_required, true) AS membership_required
  ) AS asked
    LEFT JOIN public.organizations AS organization ON organization.id = read_reservation.organization_id
    LEFT JOIN public.user_profiles AS membership
      ON membership.organization_id = read_reservation.organization_id AND membership.id = read_reservation.user_id
    LEFT JOIN (
      SELECT
        reservation.*,
        -- Nobody has touched the balance since: what is over holds nothing, whatever its row says.
        reservation.status = 'open' AND reservation.expires_at <= tollgate.moment() AS is_over
      FROM tollgate.reservations AS reservation
      WHERE reservation.organization_id = read_reservation.organization_id
        AND reservation.reservation_id = read_reservation.reservation_id
    ) AS held ON membership.id IS NOT NULL OR NOT asked.membership_required;
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.read_reservation(organization_id uuid, user_id uuid, membership_required boolean, reservation_id uuid) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.read_reservation(organization_id uuid, user_id uuid, membership_required boolean, reservation_id uuid) IS 'A reservation as of now: one row, whose outcome is success, forbidden, unknown_organization or unknown_reservation, with NULLs unless it is a success.';

CREATE FUNCTION tollgate.read_running_out(within_days integer, rows_before integer DEFAULT 0, row_limit integer DEFAULT 50) RETURNS TABLE(organization_id uuid, organization_name text, plan text, token_type text, available bigint, tokens_per_day numeric, runs_out_at timestamp with time zone)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT known.organization_id, organization.name, organization.plan, known.token_type, known.available,
    known.tokens_per_day, known.runs_out_at
  FROM tollgate.rolled_balances AS known
    JOIN public.organizations AS organization ON organization.id = known.organization_id
  WHERE known.runs_out_at < tollgate.moment() + make_interval(days => within_days)
  ORDER BY known.runs_out_at, known.organization_id, known.token_type
  OFFSET rows_before
  LIMIT row_limit;
END
$$;

ALTER FUNCTION tollgate.read_running_out(within_days integer, rows_before integer, row_limit integer) OWNER TO tollgate_reporter;

COMMENT ON FUNCTION tollgate.read_running_out(within_days integer, rows_before integer, row_limit integer) IS 'Balances of all organizations that run out within so many days, soonest first, without the first rows_before of them; as of when each last moved, or of today.';

CREATE FUNCTION tollgate.read_service_usage(group_by text[], from_time timestamp with time zone, to_time timestamp with time zone, only_token_type text DEFAULT NULL::text, only_feature text DEFAULT NULL::text, only_user uuid DEFAULT NULL::uuid, row_limit integer DEFAULT 10000) RETURNS TABLE(at timestamp with time zone, organization_id uuid, feature_used text, user_id_of_use uuid, token_type text, uses bigint, tokens bigint, refusals bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    SET "TimeZone" TO 'UTC'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
  by_hour CONSTANT boolean := 'hour' = ANY (group_by);
  by_day CONSTANT boolean := 'day' = ANY (group_by);
  by_organization CONSTANT boolean := 'organization' = ANY (group_by);
  by_feature CONSTANT boolean := 'feature' = ANY (group_by);
  by_user CONSTANT boolean := 'user' = ANY (group_by);
  by_type CONSTANT boolean := 'tokenType' = ANY (group_by);
  -- Whether what is added up for all organizations together is enough.
  of_all CONSTANT boolean := NOT by_organization AND NOT by_user AND only_user IS NULL;
  first_hour CONSTANT timestamptz := date_trunc('hour', from_time);
  end_hour CONSTANT timestamptz := date_trunc('hour', to_time);
  first_day date := (first_hour + interval '1 day' - interval '1 hour')::date;
  end_day date := end_hour::date;
  nobody CONSTANT uuid := '00000000-0000-0000-0000-000000000000'::uuid;
BEGIN
  IF by_hour OR first_day >= end_day THEN
    first_day := end_hour::date + 1;
    end_day := first_day;
  END IF;
  RETURN QUERY
  SELECT
    CASE WHEN by_hour THEN counted.hour WHEN by_day THEN date_trunc('day', counted.hour) END,
    CASE WHEN by_organization THEN counted.organization_id END,
    CASE WHEN by_feature THEN nullif(counted.feature_used, '') END,
    CASE WHEN by_user THEN nullif(counted.user_id, nobody) END,
    CASE WHEN by_type THEN counted.token_type END,
    sum(counted.uses)::bigint, sum(counted.tokens)::bigint, sum(counted.refusals)::bigint
  FROM (
    SELECT day.day::timestamptz AS hour, NULL::uuid AS organization_id, day.token_type, day.feature_used,
      NULL::uuid AS user_id, day.uses, day.tokens, day.refusals
    FROM tollgate.service_days AS day
    WHERE of_all AND day.day >= first_day AND day.day < end_day
    UNION ALL
    SELECT hour.hour, NULL, hour.token_type, hour.feature_used, NULL, hour.uses, hour.tokens, hour.refusals
    FROM tollgate.service_hours AS hour
    WHERE of_all
      AND (hour.hour >= first_hour AND hour.hour < least(first_day::timestamptz, end_hour)
        OR hour.hour >= greatest(end_day::timestamptz, first_hour) AND hour.hour < end_hour)
    UNION ALL
    SELECT day.day::timestamptz, day.organization_id, day.token_type, day.feature_used, day.user_id, day.uses, day.tokens,
      day.refusals
    FROM tollgate.usage_days AS day
    WHERE NOT of_all AND day.day >= first_day AND day.day < end_day
    UNION ALL
    SELECT hour.hour, hour.organization_id, hour.token_type, hour.feature_used, hour.user_id, hour.uses, hour.tokens,
      hour.refusals
    FROM tollgate.usage_hours AS hour
    WHERE NOT of_all
      AND (hour.hour >= first_hour AND hour.hour < least(first_day::timestamptz, end_hour)
        OR hour.hour >= greatest(end_day::timestamptz, first_hour) AND hour.hour < end_hour)
  ) AS counted
  WHERE (only_token_type IS NULL OR counted.token_type = only_token_type)
    AND (only_feature IS NULL OR counted.feature_used = only_feature)
    AND (only_user IS NULL OR counted.user_id = only_user)
  GROUP BY 1, 2, 3, 4, 5
  ORDER BY 1 DESC NULLS LAST, 7 DESC, 6 DESC, 2, 3, 5, 4
  LIMIT row_limit;
END
$$;

ALTER FUNCTION tollgate.read_service_usage(group_by text[], from_time timestamp with time zone, to_time timestamp with time zone, only_token_type text, only_feature text, only_user uuid, row_limit integer) OWNER TO tollgate_reporter;

COMMENT ON FUNCTION tollgate.read_service_usage(group_by text[], from_time timestamp with time zone, to_time timestamp with time zone, only_token_type text, only_feature text, only_user uuid, row_limit integer) IS 'What all organizations used between two full hours, as far as it is rolled up, by some of organization, feature, user, tokenType, day and hour: newest first, then what used most tokens. Columns by which it is not asked for are NULL.';

CREATE FUNCTION tollgate.read_transaction(organization_id uuid, user_id uuid, membership_required boolean, transaction_id uuid) RETURNS TABLE(outcome text, id uuid, kind text, status text, token_type text, feature_used text, user_id_of_entry uuid, event_id text, amount bigint, balance_before bigint, balance_after bigint, sequence bigint, reason text, required bigint, subject_id uuid, reservation_id uuid, price_version integer, units bigint, dimensions jsonb, from_purchased bigint, idempotency_key text, metadata jsonb, created_at timestamp with time zone, bound_by text, retry_after_seconds bigint, price json, limits json, packs json, refunds json, refunded_total bigint, reservation json)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[read_transaction.organization_id]);
  outcome := tollgate.may_read(
    read_transaction.organization_id, read_transaction.user_id, read_transaction.membership_required);
  IF outcome <> 'success' THEN
    PERFORM tollgate.admit_organizations('{}');
    RETURN NEXT;
    RETURN;
  END IF;

  RETURN QUERY
  SELECT
    read_transaction.outcome, entry.id, entry.kind, entry.status, entry.token_type, entry.feature_used, entry.user_id,
    entry.event_id, entry.amount, entry.balance_before, entry.balance_after, entry.sequence, entry.reason,
    entry.required, entry.subject_id, entry.reservation_id, entry.price_version, entry.units, entry.dimensions,
    entry.from_purchased, entry.idempotency_key,
    CASE WHEN entry.kind = 'refusal' THEN entry.metadata - 'refusal' ELSE entry.metadata END,
    entry.created_at,
    bound.name,
    bound.retry_after_seconds,
    (
      SELECT row_to_json(known)
      FROM (
        SELECT price.price_version AS version, CASE WHEN price.rates IS NULL THEN price.cost END AS cost, price.rates
        FROM tollgate.prices AS price
        WHERE price.feature = entry.feature_used AND price.price_version = entry.price_version
      ) AS known
    ),
    (
      SELECT json_agg(row_to_json(looked_at))
      FROM (
        SELECT name, maximum, has_bound AS "hasBound"
        FROM tollgate.limits_looked_at(
          entry.organization_id, entry.user_id, entry.feature_used, entry.token_type, entry.balance_before, bound.name)
        WHERE entry.kind IN ('deduction', 'capture', 'reservation', 'refusal')
      ) AS looked_at
    ),
    (
      SELECT json_agg(row_to_json(paid))
      FROM (
        SELECT pack_id AS "packId", amount, tollgate.rfc3339(expires_at) AS "expiresAt"
        FROM tollgate.paying_packs(entry.organization_id, entry.id)
        WHERE entry.from_purchased > 0
      ) AS paid
    ),
    (
      SELECT json_agg(row_to_json(given))
      FROM (
        SELECT refund.refund_id AS "refundId", refund.amount, made.reason, tollgate.rfc3339(refund.created_at) AS "createdAt"
        FROM tollgate.refunds AS refund
          LEFT JOIN tollgate.ledger_entries AS made
            ON made.organization_id = refund.organization_id AND made.id = refund.refund_id
        WHERE refund.organization_id = entry.organization_id AND refund.transaction_id = entry.id
        ORDER BY refund.created_at, refund.refund_id
      ) AS given
    ),
    (
      SELECT sum(refund.amount)::bigint
      FROM tollgate.refunds AS refund
      WHERE refund.organization_id = entry.organization_id AND refund.transaction_id = entry.id
    ),
    (
      SELECT row_to_json(about)
      FROM (
        SELECT
          held.reservation_id AS "reservationId",
          CASE WHEN held.status = 'open' AND held.expires_at <= tollgate.moment() THEN 'expired' ELSE held.status END
            AS status,
          held.amount,
          held.captured,
          held.transaction_id AS "transactionId",
          tollgate.rfc3339(held.expires_at) AS "expiresAt",
          tollgate.rfc3339(held.created_at) AS "createdAt",
          tollgate.rfc3339(held.finished_at) AS "finishedAt"
        FROM tollgate.reservations AS held
        WHERE held.organization_id = entry.organization_id AND held.reservation_id = entry.reservation_id
      ) AS about
    )
  FROM tollgate.ledger AS entry
    CROSS JOIN LATERAL (
      SELECT
        CASE WHEN entry.kind = 'refusal' THEN
          coalesce(
            entry.metadata #>> '{refusal,limit}',
            CASE entry.reason
              WHEN 'insufficient_tokens' THEN 'balance'
              WHEN 'refilling' THEN 'balance'
              WHEN 'critical_balance' THEN 'critical_threshold'
              ELSE entry.reason
            END)
        END AS name,
        CASE WHEN entry.kind = 'refusal' AND jsonb_typeof(entry.metadata #> '{refusal,retryAfterSeconds}') = 'number' THEN
          ceil(least((entry.metadata #>> '{refusal,retryAfterSeconds}')::numeric, 1000000000000000))::bigint
        END AS retry_after_seconds
    ) AS bound
  WHERE entry.organization_id = read_transaction.organization_id
    AND entry.id = read_transaction.transaction_id;
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.read_transaction(organization_id uuid, user_id uuid, membership_required boolean, transaction_id uuid) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.read_transaction(organization_id uuid, user_id uuid, membership_required boolean, transaction_id uuid) IS 'One movement or refusal and what explains it: its price, the limits looked at and which of them bound, the packs that paid, its refunds, its reservation. No row for an id that the organization does not have; who may not read it gets one row with the outcome and NULLs.';

CREATE FUNCTION tollgate.read_usage(organization_id uuid, user_id uuid, membership_required boolean, group_by text[], from_time timestamp with time zone, to_time timestamp with time zone, only_token_type text DEFAULT NULL::text, only_feature text DEFAULT NULL::text, only_user uuid DEFAULT NULL::uuid, row_limit integer DEFAULT 10000) RETURNS TABLE(outcome text, at timestamp with time zone, feature_used text, user_id_of_use uuid, token_type text, uses bigint, tokens bigint, refusals bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    SET "TimeZone" TO 'UTC'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
  by_hour CONSTANT boolean := 'hour' = ANY (group_by);
  by_day CONSTANT boolean := 'day' = ANY (group_by);
  by_feature CONSTANT boolean := 'feature' = ANY (group_by);
  by_user CONSTANT boolean := 'user' = ANY (group_by);
  by_type CONSTANT boolean := 'tokenType' = ANY (group_by);
  first_hour CONSTANT timestamptz := date_trunc('hour', from_time);
  end_hour CONSTANT timestamptz := date_trunc('hour', to_time);
  -- Days that are wholly asked for.
  first_day date := (first_hour + interval '1 day' - interval '1 hour')::date;
  end_day date := end_hour::date;
  nobody CONSTANT uuid := '00000000-0000-0000-0000-000000000000'::uuid;
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[read_usage.organization_id]);
  outcome := tollgate.may_read(read_usage.organization_id, read_usage.user_id, read_usage.membership_required);
  IF outcome <> 'success' THEN
    PERFORM tollgate.admit_organizations('{}');
    RETURN NEXT;
    RETURN;
  END IF;
  IF by_hour OR first_day >= end_day THEN
    first_day := end_hour::date + 1;
    end_day := first_day;
  END IF;

  RETURN QUERY
  SELECT
    read_usage.outcome,
    CASE WHEN by_hour THEN counted.hour WHEN by_day THEN date_trunc('day', counted.hour) END,
    CASE WHEN by_feature THEN nullif(counted.feature_used, '') END,
    CASE WHEN by_user THEN nullif(counted.user_id, nobody) END,
    CASE WHEN by_type THEN counted.token_type END,
    sum(counted.uses)::bigint, sum(counted.tokens)::bigint, sum(counted.refusals)::bigint
  FROM (
    SELECT day.day::timestamptz AS hour, day.token_type, day.feature_used, day.user_id, day.uses, day.tokens, day.refusals
    FROM tollgate.usage_days AS day
    WHERE day.organization_id = read_usage.organization_id
      AND day.day >= first_day
      AND day.day < end_day
    UNION ALL
    SELECT hour.hour, hour.token_type, hour.feature_used, hour.user_id, hour.uses, hour.tokens, hour.refusals
    FROM tollgate.usage_hours AS hour
    WHERE hour.organization_id = read_usage.organization_id
      AND hour.hour >= first_hour
      AND hour.hour < least(first_day::timestamptz, end_hour)
    UNION ALL
    SELECT hour.hour, hour.token_type, hour.feature_used, hour.user_id, hour.uses, hour.tokens, hour.refusals
    FROM tollgate.usage_hours AS hour
    WHERE hour.organization_id = read_usage.organization_id
      AND hour.hour >= greatest(end_day::timestamptz, first_hour)
      AND hour.hour < end_hour
    UNION ALL
    SELECT tail.hour, tail.token_type, tail.feature_used, tail.user_id, tail.uses, tail.tokens, tail.refusals
    FROM tollgate.unrolled_sums(ARRAY[read_usage.organization_id]) AS tail
    WHERE (tail.uses > 0 OR tail.refusals > 0)
      AND tail.hour >= first_hour
      AND tail.hour < end_hour
  ) AS counted
  WHERE (only_token_type IS NULL OR counted.token_type = only_token_type)
    AND (only_feature IS NULL OR counted.feature_used = only_feature)
    AND (only_user IS NULL OR counted.user_id = only_user)
  GROUP BY 2, 3, 4, 5
  ORDER BY 2 DESC NULLS LAST, 7 DESC, 6 DESC, 3, 5, 4
  LIMIT row_limit;
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.read_usage(organization_id uuid, user_id uuid, membership_required boolean, group_by text[], from_time timestamp with time zone, to_time timestamp with time zone, only_token_type text, only_feature text, only_user uuid, row_limit integer) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.read_usage(organization_id uuid, user_id uuid, membership_required boolean, group_by text[], from_time timestamp with time zone, to_time timestamp with time zone, only_token_type text, only_feature text, only_user uuid, row_limit integer) IS 'What an organization used between two full hours, as of now, by some of feature, user, tokenType, day and hour: newest first, then what used most tokens. Columns by which it is not asked for are NULL. Who may not read it gets one row with the outcome and NULLs.';

CREATE FUNCTION tollgate.read_vault_keys() RETURNS TABLE(key_id text, sealed bytea)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT known.key_id, known.sealed
  FROM tollgate.vault_keys AS known
  ORDER BY known.key_id
$$;

ALTER FUNCTION tollgate.read_vault_keys() OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.read_vault_keys() IS 'The known values that were sealed under each vault key, by its id.';

CREATE FUNCTION tollgate.read_webhooks(webhook_id uuid DEFAULT NULL::uuid, organization_id uuid DEFAULT NULL::uuid, before_id uuid DEFAULT NULL::uuid, row_limit integer DEFAULT 50) RETURNS TABLE(webhook_id uuid, organization_id uuid, organization_name text, url text, events text[], active boolean, disabled_reason text, failures integer, failing_since timestamp with time zone, last_delivery_at timestamp with time zone, previous_secret_ends_at timestamp with time zone, created_at timestamp with time zone, updated_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT hook.webhook_id, hook.organization_id, known.name, hook.url, hook.events, hook.active, hook.disabled_reason, hook.failures,
    hook.failing_since, hook.last_delivery_at, hook.previous_secret_ends_at, hook.created_at, hook.updated_at
  FROM tollgate.webhooks AS hook
    LEFT JOIN public.organizations AS known ON known.id = hook.organization_id
  WHERE (read_webhooks.webhook_id IS NULL OR hook.webhook_id = read_webhooks.webhook_id)
    AND (read_webhooks.organization_id IS NULL OR hook.organization_id = read_webhooks.organization_id)
    AND (before_id IS NULL OR hook.webhook_id < before_id)
  ORDER BY hook.webhook_id DESC
  LIMIT row_limit
$$;

ALTER FUNCTION tollgate.read_webhooks(webhook_id uuid, organization_id uuid, before_id uuid, row_limit integer) OWNER TO tollgate_reporter;

COMMENT ON FUNCTION tollgate.read_webhooks(webhook_id uuid, organization_id uuid, before_id uuid, row_limit integer) IS 'A page of the webhooks of all organizations, or of one (the nil UUID: of those for all), newest first and without secrets: those with ids before before_id. Or the one webhook with this id.';

CREATE FUNCTION tollgate.recall_answer(organization_id uuid, idempotency_key text, fingerprint bigint, OUT outcome text, OUT answer jsonb) RETURNS record
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
DECLARE
  this_week CONSTANT date := date_trunc('week', tollgate.moment() AT TIME ZONE 'UTC')::date;
  week_by_the_clock CONSTANT date := date_trunc('week', clock_timestamp() AT TIME ZONE 'UTC')::date;
BEGIN
  IF idempotency_key !~ '^[\x21-\x7E]{1,255}$' THEN
    RAISE EXCEPTION 'An idempotency key is 1 to 255 printable ASCII characters.' USING ERRCODE = 'TG400';
  END IF;
  SELECT
    CASE
      WHEN kept.fingerprint = recall_answer.fingerprint AND kept.details ? 'answer' THEN 'success'
      ELSE 'idempotency_key_reused'
    END,
    CASE WHEN kept.fingerprint = recall_answer.fingerprint THEN kept.details -> 'answer' END
  INTO outcome, answer
  FROM tollgate.idempotency_keys AS kept
  WHERE kept.organization_id = recall_answer.organization_id
    AND kept.key = recall_answer.idempotency_key
    AND kept.week IN (this_week - 7, this_week, week_by_the_clock)
  LIMIT 1;
END
$_$;

ALTER FUNCTION tollgate.recall_answer(organization_id uuid, idempotency_key text, fingerprint bigint, OUT outcome text, OUT answer jsonb) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.recall_answer(organization_id uuid, idempotency_key text, fingerprint bigint, OUT outcome text, OUT answer jsonb) IS 'What a request that moves no tokens was answered under an idempotency key: success and the answer, idempotency_key_reused where the key was used for another request, NULL where it is new or there is none. The caller has admitted itself, and lets one request of the organization look and remember at a time. Raises TG400 for a key that is none.';

CREATE TABLE tollgate.idempotency_keys (
    organization_id uuid NOT NULL,
    key text NOT NULL COLLATE pg_catalog."C",
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
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    details jsonb
)
PARTITION BY RANGE (week);

ALTER TABLE ONLY tollgate.idempotency_keys FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.idempotency_keys OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.idempotency_keys IS 'What a request under an idempotency key was answered. A key is remembered for this week and the one before.';

COMMENT ON COLUMN tollgate.idempotency_keys.week IS 'The Monday (UTC) of the week in which the key was settled.';

COMMENT ON COLUMN tollgate.idempotency_keys.fingerprint IS 'A hash of the request''s content: another request under the same key is refused.';

COMMENT ON COLUMN tollgate.idempotency_keys.details IS 'What the answer said besides.';

CREATE FUNCTION tollgate.recall_keys(organization_ids uuid[], user_ids uuid[], features text[], units bigint[], idempotency_keys text[], event_ids text[], metadata jsonb[], requests jsonb[], OUT predecessors integer[], OUT fingerprints bigint[], OUT settled tollgate.idempotency_keys[]) RETURNS record
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  item_numbers CONSTANT integer[] := array_positions(array_fill(1, ARRAY[cardinality(features)]), 1);
  this_week CONSTANT date := date_trunc('week', tollgate.moment() AT TIME ZONE 'UTC')::date;
  week_by_the_clock CONSTANT date := date_trunc('week', clock_timestamp() AT TIME ZONE 'UTC')::date;
BEGIN
  SELECT array_agg(named.predecessor), array_agg(named.fingerprint), array_agg(named.settled)
  INTO predecessors, fingerprints, settled
  FROM (
    SELECT
      CASE WHEN item.key IS NOT NULL THEN
        lag(item.n) OVER (PARTITION BY item.organization_id, item.key ORDER BY item.n)
      END AS predecessor,
      tollgate.fingerprint(item.user_id, item.feature, item.units, item.event_id, item.metadata, item.request)
        AS fingerprint,
      (
        SELECT kept
        FROM tollgate.idempotency_keys AS kept
        WHERE kept.organization_id = item.organization_id
          AND kept.key = item.key
          AND kept.week IN (this_week - 7, this_week, week_by_the_clock)
        LIMIT 1
      ) AS settled
    FROM (
      SELECT
        unnest(item_numbers) AS n, unnest(organization_ids) AS organization_id,
        unnest(idempotency_keys) COLLATE "C" AS key, unnest(user_ids) AS user_id, unnest(features) AS feature,
        unnest(units) AS units, unnest(event_ids) AS event_id, unnest(metadata) AS metadata,
        unnest(requests) AS request
    ) AS item
    ORDER BY item.n
  ) AS named;
END
$$;

ALTER FUNCTION tollgate.recall_keys(organization_ids uuid[], user_ids uuid[], features text[], units bigint[], idempotency_keys text[], event_ids text[], metadata jsonb[], requests jsonb[], OUT predecessors integer[], OUT fingerprints bigint[], OUT settled tollgate.idempotency_keys[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.recall_keys(organization_ids uuid[], user_ids uuid[], features text[], units bigint[], idempotency_keys text[], event_ids text[], metadata jsonb[], requests jsonb[], OUT predecessors integer[], OUT fingerprints bigint[], OUT settled tollgate.idempotency_keys[]) IS 'What idempotency keys remember about the items of a batch (settled), the item before with the same key (predecessors), and what tells requests apart (fingerprints).';

CREATE FUNCTION tollgate.receive_payment_event(event_id text, type text, happened_at timestamp with time zone, is_live boolean, expects_live boolean, api_version text, facts jsonb) RETURNS TABLE(outcome text, replayed boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
#variable_conflict use_column
DECLARE
  told CONSTANT text := receive_payment_event.event_id;
  customer CONSTANT text := receive_payment_event.facts ->> 'customer';
  -- In the audit log it is not the server's own doing, nor that of a service whose token says "stripe".
  actor CONSTANT text := coalesce(current_setting('tollgate.actor', true), '');
  event tollgate.payment_events;
BEGIN
  IF (told ~ '^[\x21-\x7E]{1,255}$' AND receive_payment_event.type ~ '^[\x21-\x7E]{1,255}$'
      AND isfinite(receive_payment_event.happened_at) AND receive_payment_event.is_live IS NOT NULL
      AND receive_payment_event.expects_live IS NOT NULL
      AND (length(receive_payment_event.api_version) <= 255) IS NOT FALSE
      AND jsonb_typeof(receive_payment_event.facts) = 'object') IS NOT TRUE
  THEN
    RAISE EXCEPTION 'An event has an id and a type of 1 to 255 printable ASCII characters, a time, a mode and facts.'
      USING ERRCODE = 'TG400';
  END IF;
  PERFORM tollgate.admit_payments(ARRAY[told], ARRAY[customer]);
  PERFORM tollgate.lock_customer(customer);
  INSERT INTO tollgate.payment_events (event_id, type, happened_at, is_live, api_version, customer_id, facts)
  VALUES (told, receive_payment_event.type, receive_payment_event.happened_at, receive_payment_event.is_live,
    receive_payment_event.api_version, customer, receive_payment_event.facts)
  ON CONFLICT ON CONSTRAINT "an event counts once" DO NOTHING;
  -- Whoever has told it first, here or at another server, has committed by now.
  SELECT *
  INTO STRICT event
  FROM tollgate.payment_events AS known
  WHERE known.event_id = told
  FOR UPDATE;
  IF event.outcome = 'other_mode' THEN
    -- A secret of the other mode vouched for what is kept: what is told now is what counts.
    UPDATE tollgate.payment_events AS known
    SET type = receive_payment_event.type,
      happened_at = receive_payment_event.happened_at,
      is_live = receive_payment_event.is_live,
      api_version = receive_payment_event.api_version,
      customer_id = customer,
      facts = receive_payment_event.facts
    WHERE known.event_id = told
    RETURNING *
    INTO STRICT event;
  END IF;
  replayed := NOT tollgate.payment_waits(event.outcome);
  outcome := event.outcome;
  IF NOT replayed THEN
    PERFORM set_config('tollgate.actor', '{"kind": "payments", "id": "stripe"}', true);
    outcome :=
      CASE
        WHEN event.is_live <> receive_payment_event.expects_live THEN 'other_mode'
        ELSE tollgate.apply_payment_event(event)
      END;
    UPDATE tollgate.payment_events AS known
    SET outcome = receive_payment_event.outcome
    WHERE known.event_id = told;
    PERFORM set_config('tollgate.actor', actor, true);
  END IF;
  PERFORM tollgate.admit_organizations('{}');
  PERFORM tollgate.admit_payments('{}', '{}');
  RETURN NEXT;
END
$_$;

ALTER FUNCTION tollgate.receive_payment_event(event_id text, type text, happened_at timestamp with time zone, is_live boolean, expects_live boolean, api_version text, facts jsonb) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.receive_payment_event(event_id text, type text, happened_at timestamp with time zone, is_live boolean, expects_live boolean, api_version text, facts jsonb) IS 'Counts an event of the payment provider once, and does what it says, in one transaction. Whoever calls has verified its signature, and expects live events or those of test mode by the secret that verified it. One row: what became of it, now or before (replayed). Raises TG400 for what is no event.';

CREATE FUNCTION tollgate.record_attribute_use(organization_id uuid, attribute_id uuid, idempotency_key text DEFAULT NULL::text, user_id uuid DEFAULT NULL::uuid, membership_required boolean DEFAULT false, OUT outcome text, OUT uses bigint, OUT last_used_at timestamp with time zone, OUT is_replay boolean) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  caller CONSTANT record :=
    tollgate.identify_caller(record_attribute_use.organization_id, record_attribute_use.user_id);
  request CONSTANT bigint := hash_record_extended(
    ROW('record_attribute_use'::text, caller.user_id, record_attribute_use.attribute_id), 0);
  remembered record;
BEGIN
  is_replay := false;
  PERFORM tollgate.admit_organizations(ARRAY[caller.organization_id]);
  outcome := tollgate.may_change(caller.organization_id, caller.user_id,
    caller.membership_required OR coalesce(record_attribute_use.membership_required, true));
  IF outcome = 'success' AND idempotency_key IS NOT NULL THEN
    -- Before the attribute, as in tollgate.activate_attributes().
    PERFORM tollgate.lock_content_budget(caller.organization_id);
    remembered := tollgate.recall_answer(caller.organization_id, idempotency_key, request);
    IF remembered.outcome IS NOT NULL THEN
      outcome := remembered.outcome;
      is_replay := outcome = 'success';
      uses := (remembered.answer ->> 'uses')::bigint;
      last_used_at := (remembered.answer ->> 'last_used_at')::timestamptz;
    END IF;
  END IF;

  IF outcome = 'success' AND NOT is_replay THEN
    SELECT kept.uses + 1, tollgate.moment()
    INTO uses, last_used_at
    FROM tollgate.content_attributes AS kept
    WHERE kept.organization_id = caller.organization_id AND kept.attribute_id = record_attribute_use.attribute_id
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
      outcome := 'unknown_attribute';
    ELSIF NOT tollgate.remember_answer(caller.organization_id, idempotency_key, request,
      jsonb_build_object('uses', uses, 'last_used_at', last_used_at))
    THEN
      outcome := 'idempotency_key_reused';
    ELSE
      UPDATE tollgate.content_attributes AS kept
      SET uses = record_attribute_use.uses,
        last_used_at = greatest(kept.last_used_at, record_attribute_use.last_used_at)
      WHERE kept.organization_id = caller.organization_id AND kept.attribute_id = record_attribute_use.attribute_id;
    END IF;
  END IF;
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.record_attribute_use(organization_id uuid, attribute_id uuid, idempotency_key text, user_id uuid, membership_required boolean, OUT outcome text, OUT uses bigint, OUT last_used_at timestamp with time zone, OUT is_replay boolean) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.record_attribute_use(organization_id uuid, attribute_id uuid, idempotency_key text, user_id uuid, membership_required boolean, OUT outcome text, OUT uses bigint, OUT last_used_at timestamp with time zone, OUT is_replay boolean) IS 'Counts a use of an attribute: those used least are deactivated first. Under an idempotency key the same request counts once. outcome: success, forbidden, unknown_organization, unknown_attribute or idempotency_key_reused. Raises TG400 for a key that is none, TG401 and TG403 as tollgate.identify_caller().';

CREATE FUNCTION tollgate.record_change(organization_id uuid, change text, subject text, before jsonb, after jsonb, stated_actor jsonb DEFAULT NULL::jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET row_security TO 'on'
    AS $$
DECLARE
  owner CONSTANT uuid := coalesce(record_change.organization_id, '00000000-0000-0000-0000-000000000000');
  actor CONSTANT jsonb := tollgate.present_actor(stated_actor);
  -- The function that makes the change is in the middle of its work.
  admitted CONSTANT text := coalesce(current_setting('tollgate.organizations', true), '');
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[owner]);
  INSERT INTO tollgate.audit_log
    (organization_id, id, actor_kind, actor_id, hint, database_role, change, subject, before, after, request_id,
     created_at)
  VALUES (owner, tollgate.time_ordered_id(), actor ->> 'kind', actor ->> 'id', actor ->> 'hint', session_user,
    record_change.change, record_change.subject, record_change.before, record_change.after, actor ->> 'requestId',
    -- As in the id: a transaction may have begun long before.
    tollgate.moment() + (clock_timestamp() - now()));
  PERFORM set_config('tollgate.organizations', admitted, true);
END
$$;

ALTER FUNCTION tollgate.record_change(organization_id uuid, change text, subject text, before jsonb, after jsonb, stated_actor jsonb) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.record_change(organization_id uuid, change text, subject text, before jsonb, after jsonb, stated_actor jsonb) IS 'Adds a change to the audit log, in the transaction that makes it: of an organization, or with NULL of the catalogue. For Tollgate''s own functions, which call it where they change what administrators decide; nobody else may. change is a noun and a verb as key.create, subject an id or name; before and after are objects without secrets, NULL for what is not there. Who did it is tollgate.present_actor(stated_actor).';

CREATE FUNCTION tollgate.record_checked_refusals(organization_ids uuid[], user_ids uuid[], features text[], outcomes text[], token_types text[], costs bigint[], price_versions integer[], balances bigint[], limits text[], event_ids text[], transaction_ids uuid[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  lengths CONSTANT integer[] := ARRAY[cardinality(transaction_ids)];
BEGIN
  PERFORM tollgate.admit_organizations(organization_ids);
  PERFORM tollgate.record_refusals(transaction_ids, organization_ids, token_types, balances, user_ids, features,
    outcomes, costs, price_versions, event_ids, array_fill(NULL::text, lengths), array_fill('{}'::jsonb, lengths),
    ARRAY(
      SELECT CASE WHEN bound.limit_name IS NOT NULL THEN jsonb_build_object('limit', bound.limit_name) END
      FROM unnest(limits) WITH ORDINALITY AS bound (limit_name, n)
      ORDER BY bound.n
    ),
    array_fill(false, lengths));
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.record_checked_refusals(organization_ids uuid[], user_ids uuid[], features text[], outcomes text[], token_types text[], costs bigint[], price_versions integer[], balances bigint[], limits text[], event_ids text[], transaction_ids uuid[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.record_checked_refusals(organization_ids uuid[], user_ids uuid[], features text[], outcomes text[], token_types text[], costs bigint[], price_versions integer[], balances bigint[], limits text[], event_ids text[], transaction_ids uuid[]) IS 'Writes refusals that tollgate.check_balances decided into the ledger: those of a guard that looks and spends nothing.';

CREATE FUNCTION tollgate.record_key_uses(key_ids uuid[]) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  moment CONSTANT timestamptz := tollgate.moment();
  recorded integer;
BEGIN
  PERFORM tollgate.admit_keys(key_ids);
  UPDATE tollgate.api_keys AS known
  SET last_used_at = moment
  FROM (
    -- Who has the row locked writes the same, or revokes it.
    SELECT used.organization_id, used.key_id
    FROM tollgate.api_keys AS used
    WHERE used.key_id = ANY (key_ids)
      AND (used.last_used_at > moment - interval '1 minute') IS NOT TRUE
    FOR NO KEY UPDATE SKIP LOCKED
  ) AS used
  WHERE known.organization_id = used.organization_id AND known.key_id = used.key_id;
  GET DIAGNOSTICS recorded = ROW_COUNT;
  PERFORM tollgate.admit_keys('{}');
  RETURN recorded;
END
$$;

ALTER FUNCTION tollgate.record_key_uses(key_ids uuid[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.record_key_uses(key_ids uuid[]) IS 'Notes that these API keys were used now, of each at most once a minute, and returns of how many it did.';

CREATE FUNCTION tollgate.record_refusals(ids uuid[], organization_ids uuid[], types text[], balances bigint[], user_ids uuid[], features text[], outcomes text[], costs bigint[], price_versions integer[], event_ids text[], idempotency_keys text[], metadata jsonb[], details jsonb[], is_replay boolean[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
BEGIN
  INSERT INTO tollgate.ledger_entries
    (id, organization_id, token_type, kind, amount, balance_before, balance_after, user_id, feature_used, reason,
     required, price_version, event_id, idempotency_key, metadata, created_at)
  SELECT refused.id, refused.organization_id, refused.token_type, 'refusal', 0, refused.balance, refused.balance,
    refused.user_id, refused.feature, refused.outcome, refused.cost, refused.price_version, refused.event_id,
    refused.key,
    CASE
      WHEN refused.details IS NULL THEN coalesce(refused.metadata, '{}')
      ELSE coalesce(refused.metadata, '{}') || jsonb_build_object('refusal', refused.details)
    END,
    tollgate.moment()
  FROM (
    SELECT
      unnest(ids) AS id, unnest(organization_ids) AS organization_id, unnest(types) AS token_type,
      unnest(balances) AS balance, unnest(user_ids) AS user_id, unnest(features) AS feature, unnest(costs) AS cost,
      unnest(price_versions) AS price_version, unnest(event_ids) AS event_id, unnest(idempotency_keys) AS key,
      unnest(metadata) AS metadata, unnest(details) AS details, unnest(outcomes) AS outcome,
      unnest(is_replay) AS is_replay
  ) AS refused
  WHERE refused.outcome = ANY (tollgate.recorded_refusals()) AND NOT refused.is_replay;

  PERFORM tollgate.note_late_entries(organization_ids, ids, ARRAY(
    SELECT refused.outcome = ANY (tollgate.recorded_refusals()) AND NOT refused.is_replay
    FROM unnest(outcomes, is_replay) WITH ORDINALITY AS refused (outcome, is_replay, n)
    ORDER BY refused.n
  ));
END
$$;

ALTER FUNCTION tollgate.record_refusals(ids uuid[], organization_ids uuid[], types text[], balances bigint[], user_ids uuid[], features text[], outcomes text[], costs bigint[], price_versions integer[], event_ids text[], idempotency_keys text[], metadata jsonb[], details jsonb[], is_replay boolean[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.record_refusals(ids uuid[], organization_ids uuid[], types text[], balances bigint[], user_ids uuid[], features text[], outcomes text[], costs bigint[], price_versions integer[], event_ids text[], idempotency_keys text[], metadata jsonb[], details jsonb[], is_replay boolean[]) IS 'Writes the refusals among the items of a batch into the ledger, with what bound them.';

CREATE FUNCTION tollgate.record_row() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $$
DECLARE
  noun CONSTANT text := TG_ARGV[0];
  key_columns CONSTANT text[] := string_to_array(TG_ARGV[1], ' ');
  shown CONSTANT text[] := string_to_array(TG_ARGV[2], ' ');
  -- What is not shown, or in part only.
  hidden CONSTANT text[] := coalesce(string_to_array(TG_ARGV[3], ' '), '{}')
    || ARRAY(SELECT split_part(part, ':', 1) FROM unnest(shown) AS part WHERE part LIKE '%:%');
  organization_column CONSTANT text := CASE
    WHEN TG_RELID = 'public.organizations'::regclass THEN 'id'
    ELSE 'organization_id'
  END;
  row_before CONSTANT jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
  row_after CONSTANT jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
  before CONSTANT jsonb := tollgate.recorded_columns(row_before, shown);
  after jsonb := tollgate.recorded_columns(row_after, shown);
  -- The catalogue and the service have the nil UUID there.
  owner_before CONSTANT uuid := nullif(row_before ->> organization_column, '00000000-0000-0000-0000-000000000000')::uuid;
  owner_after CONSTANT uuid := nullif(row_after ->> organization_column, '00000000-0000-0000-0000-000000000000')::uuid;
  subject_before CONSTANT text := tollgate.recorded_subject(row_before, key_columns);
  subject_after CONSTANT text := tollgate.recorded_subject(row_after, key_columns);
  replaced jsonb;
BEGIN
  IF TG_OP = 'UPDATE' AND (owner_before, subject_before) IS NOT DISTINCT FROM (owner_after, subject_after) THEN
    SELECT jsonb_agg(present.key ORDER BY present.key)
    INTO replaced
    FROM jsonb_each(tollgate.recorded_columns(row_after, hidden)) AS present
    WHERE present.value IS DISTINCT FROM tollgate.recorded_columns(row_before, hidden) -> present.key;
    IF replaced IS NOT NULL THEN
      after := after || jsonb_build_object('replaced', replaced);
    END IF;
    IF before IS DISTINCT FROM after THEN
      PERFORM tollgate.record_change(owner_after, noun || '.update', subject_after, before, after);
    END IF;
    RETURN NULL;
  END IF;
  -- What got another name, or another owner, is gone under the old one.
  IF TG_OP <> 'INSERT' THEN
    PERFORM tollgate.record_change(owner_before, noun || '.delete', subject_before, before, NULL);
  END IF;
  IF TG_OP <> 'DELETE' THEN
    PERFORM tollgate.record_change(owner_after, noun || '.create', subject_after, NULL, after);
  END IF;
  RETURN NULL;
END
$$;

ALTER FUNCTION tollgate.record_row() OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.record_row() IS 'Trigger: adds each change of a row to the audit log, whoever makes it and however. Its arguments are the noun of the change, the columns that name the row, the columns that are shown (no other ever is), in part where tollgate.recorded_columns() is told so, and columns of which is only told, as of those in part, when they were replaced.';

CREATE FUNCTION tollgate.recorded_columns(stored jsonb, columns text[]) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  SELECT jsonb_object_agg(
    lower(left(words.word, 1)) || substr(words.word, 2),
    CASE split_part(named.shown, ':', 2)
      WHEN 'count' THEN to_jsonb(jsonb_array_length(stored -> words.column_name))
      -- Without a user's name and password, port, path and query.
      WHEN 'host' THEN
        to_jsonb(array_to_string(regexp_match(stored ->> words.column_name,
          '^([a-z]+://)(?:[^/?#\\]*@)?(\[[^]/?#\\]*\]|[^:/?#\\]*)'), ''))
      ELSE stored -> words.column_name
    END)
  FROM unnest(columns) AS named (shown)
    CROSS JOIN LATERAL (
      SELECT split_part(named.shown, ':', 1) AS column_name,
        replace(initcap(split_part(named.shown, ':', 1)), '_', '') AS word
    ) AS words
  WHERE stored IS NOT NULL
$$;

ALTER FUNCTION tollgate.recorded_columns(stored jsonb, columns text[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.recorded_columns(stored jsonb, columns text[]) IS 'Some columns of a row as the audit log shows them: names as in JSON, next_plan as nextPlan; of column:count only how many elements there are, of column:host only the scheme and host of the URL. NULL for no row.';

CREATE FUNCTION tollgate.recorded_refusals() RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  SELECT ARRAY['insufficient_tokens', 'critical_balance', 'not_on_plan', 'organization_suspended', 'refilling',
    'limit_reached']
$$;

ALTER FUNCTION tollgate.recorded_refusals() OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.recorded_refusals() IS 'The outcomes that are refusals: each is a row of the ledger.';

CREATE FUNCTION tollgate.recorded_subject(stored jsonb, columns text[]) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  SELECT string_agg(stored ->> named.column_name, '/' ORDER BY named.place)
  FROM unnest(columns) WITH ORDINALITY AS named (column_name, place)
$$;

ALTER FUNCTION tollgate.recorded_subject(stored jsonb, columns text[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.recorded_subject(stored jsonb, columns text[]) IS 'What the audit log calls a row: the columns that name it, with / between two.';

CREATE FUNCTION tollgate.recount_content(INOUT settings tollgate.content_budgets) RETURNS tollgate.content_budgets
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  UPDATE tollgate.content_attributes AS kept
  SET tokens = tollgate.count_content(settings.counter, kept.instructions, kept.examples, kept.signals)
  WHERE kept.organization_id = settings.organization_id;
  settings.active_tokens := (
    SELECT coalesce(sum(kept.tokens), 0)::bigint
    FROM tollgate.content_attributes AS kept
    WHERE kept.organization_id = settings.organization_id AND kept.active
  );
END
$$;

ALTER FUNCTION tollgate.recount_content(INOUT settings tollgate.content_budgets) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.recount_content(INOUT settings tollgate.content_budgets) IS 'Counts all of an organization''s attributes by its counter. The caller has locked the row and writes the one it gets.';

CREATE FUNCTION tollgate.refill_wait_seconds(missing bigint, refilled_at timestamp with time zone, refill_tokens bigint, refill_seconds integer, at timestamp with time zone) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  SELECT greatest(1, ceil(
    missing::numeric * refill_seconds / refill_tokens - extract(epoch FROM at - refilled_at)))::bigint
$$;

ALTER FUNCTION tollgate.refill_wait_seconds(missing bigint, refilled_at timestamp with time zone, refill_tokens bigint, refill_seconds integer, at timestamp with time zone) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.refill_wait_seconds(missing bigint, refilled_at timestamp with time zone, refill_tokens bigint, refill_seconds integer, at timestamp with time zone) IS 'Seconds until a bucket that was refilled up to refilled_at has so many tokens more: what is missing by the rate, less the time of the token that is on its way. Rounded up, at least 1.';

CREATE FUNCTION tollgate.refund(organization_id uuid, transaction_id uuid, amount bigint DEFAULT NULL::bigint, reason text DEFAULT NULL::text, idempotency_key text DEFAULT NULL::text) RETURNS tollgate.settlement
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  RETURN tollgate.settle_one(refund.organization_id, NULL, NULL, NULL, idempotency_key, '{}',
    jsonb_strip_nulls(jsonb_build_object('operation', 'refund', 'transactionId', refund.transaction_id,
      'amount', refund.amount, 'reason', refund.reason)));
END
$$;

ALTER FUNCTION tollgate.refund(organization_id uuid, transaction_id uuid, amount bigint, reason text, idempotency_key text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.refund(organization_id uuid, transaction_id uuid, amount bigint, reason text, idempotency_key text) IS 'Gives back what is left of a charge, or an amount of it. outcome is success; raised are TG404 unknown charge, TG409 nothing left, TG422 more than is left.';

CREATE FUNCTION tollgate.register_token_counter(counter text, schema_name text, function_name text, description text DEFAULT ''::text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
DECLARE
  registered tollgate.token_counters;
BEGIN
  IF (counter ~ '^[a-z][a-z0-9_]{0,62}$' AND length(description) <= 500
      AND tollgate.is_trusted_counter(schema_name, function_name)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'A counter is a lower-case name and a function of one text that Tollgate may trust.'
      USING ERRCODE = 'TG400', HINT = 'See tollgate.is_trusted_counter().';
  END IF;
  INSERT INTO tollgate.token_counters AS known (counter, schema_name, function_name, description)
  VALUES (register_token_counter.counter, register_token_counter.schema_name, register_token_counter.function_name,
    register_token_counter.description)
  ON CONFLICT ON CONSTRAINT "a counter has one row" DO UPDATE
  SET description = excluded.description
  RETURNING * INTO registered;
  IF (registered.schema_name, registered.function_name)
    IS DISTINCT FROM (register_token_counter.schema_name, register_token_counter.function_name)
  THEN
    -- What was counted by it would be wrong.
    RAISE EXCEPTION 'A counter of this name is registered with another function.' USING ERRCODE = 'TG409';
  END IF;
  PERFORM tollgate.count_tokens(register_token_counter.counter, '');
END
$_$;

ALTER FUNCTION tollgate.register_token_counter(counter text, schema_name text, function_name text, description text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.register_token_counter(counter text, schema_name text, function_name text, description text) IS 'Lets content budgets name a function that counts the tokens of a text. For administrators who are members of tollgate_owner: nobody is given it, and it has its caller''s rights. Raises TG400 for a name that is none or a function that cannot be trusted, TG409 for a name that has another function.';

CREATE FUNCTION tollgate.release(organization_id uuid, reservation_id uuid, idempotency_key text DEFAULT NULL::text) RETURNS tollgate.settlement
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  RETURN tollgate.settle_one(release.organization_id, NULL, NULL, NULL, idempotency_key, '{}',
    jsonb_build_object('operation', 'release', 'reservationId', release.reservation_id));
END
$$;

ALTER FUNCTION tollgate.release(organization_id uuid, reservation_id uuid, idempotency_key text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.release(organization_id uuid, reservation_id uuid, idempotency_key text) IS 'Lets go what a reservation holds. Raised are TG404 unknown reservation, TG409 finished or expired.';

CREATE FUNCTION tollgate.remember_answer(organization_id uuid, idempotency_key text, fingerprint bigint, answer jsonb) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  IF idempotency_key IS NULL THEN
    RETURN true;
  END IF;
  INSERT INTO tollgate.idempotency_keys
    (organization_id, key, week, fingerprint, outcome, transaction_id, token_type, cost, balance_before, balance_after,
     available, state, details, created_at)
  VALUES
    (remember_answer.organization_id, remember_answer.idempotency_key,
     date_trunc('week', tollgate.moment() AT TIME ZONE 'UTC')::date, remember_answer.fingerprint, 'success',
     tollgate.time_ordered_id(), '', 0, 0, 0, 0, 'safe', jsonb_build_object('answer', answer), tollgate.moment())
  ON CONFLICT DO NOTHING;
  RETURN FOUND;
END
$$;

ALTER FUNCTION tollgate.remember_answer(organization_id uuid, idempotency_key text, fingerprint bigint, answer jsonb) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.remember_answer(organization_id uuid, idempotency_key text, fingerprint bigint, answer jsonb) IS 'Keeps the answer to a request that moves no tokens under its idempotency key, among those of settlement: a key is for one request of either kind. False, and nothing is kept, where another request was settled under the key at this moment. Called before anything is changed.';

CREATE FUNCTION tollgate.remove_credential(organization_id uuid, user_id uuid, membership_required boolean, provider text) RETURNS TABLE(outcome text, refresh_token bytea, revocation_url text, client_id text, client_secret bytea, client_authentication text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  tenant CONSTANT uuid := remove_credential.organization_id;
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[tenant]);
  outcome := tollgate.may_change(tenant, remove_credential.user_id, remove_credential.membership_required);
  IF outcome = 'success' THEN
    DELETE FROM tollgate.credentials AS held
    USING tollgate.providers AS provided
    WHERE held.organization_id = tenant
      AND held.provider = remove_credential.provider
      AND provided.provider = held.provider
    RETURNING held.refresh_token, provided.revocation_url, provided.client_id, provided.client_secret,
      provided.client_authentication
    INTO refresh_token, revocation_url, client_id, client_secret, client_authentication;
    IF NOT FOUND THEN
      outcome := 'unknown_credential';
    END IF;
  END IF;
  PERFORM tollgate.admit_organizations('{}');
  RETURN NEXT;
END
$$;

ALTER FUNCTION tollgate.remove_credential(organization_id uuid, user_id uuid, membership_required boolean, provider text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.remove_credential(organization_id uuid, user_id uuid, membership_required boolean, provider text) IS 'Forgets an organization''s credential, and returns the sealed refresh token for the last time, to be revoked. One row: outcome is success, forbidden, unknown_organization or unknown_credential.';

CREATE FUNCTION tollgate.remove_limit_override(organization_id uuid, limit_name text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[remove_limit_override.organization_id]);
  PERFORM tollgate.require_limit(remove_limit_override.organization_id, remove_limit_override.limit_name);
  DELETE FROM tollgate.limit_overrides AS override
  WHERE override.organization_id = remove_limit_override.organization_id
    AND override.limit_name = remove_limit_override.limit_name;
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.remove_limit_override(organization_id uuid, limit_name text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.remove_limit_override(organization_id uuid, limit_name text) IS 'Puts an organization under a limit''s own maximum again, from the next charge on. Raises TG404 for an unknown organization or limit.';

CREATE FUNCTION tollgate.remove_pack_price(tokens bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  DELETE FROM tollgate.pack_prices AS known
  WHERE known.tokens = remove_pack_price.tokens;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'Packs of this size have no price.' USING ERRCODE = 'TG404';
  END IF;
END
$$;

ALTER FUNCTION tollgate.remove_pack_price(tokens bigint) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.remove_pack_price(tokens bigint) IS 'Estimates buy no packs of this size any more; what is sold stays. Raises TG404 where they had no price.';

CREATE FUNCTION tollgate.remove_payment_customer(organization_id uuid, customer_id text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  tenant CONSTANT uuid := remove_payment_customer.organization_id;
  customer CONSTANT text := remove_payment_customer.customer_id;
  organization public.organizations;
  was_there boolean;
BEGIN
  PERFORM tollgate.lock_customer(customer);
  PERFORM tollgate.admit_organizations(ARRAY[tenant]);
  SELECT *
  INTO organization
  FROM public.organizations AS known
  WHERE known.id = tenant
  FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
  END IF;
  DELETE FROM tollgate.payment_customers AS known
  WHERE known.organization_id = tenant AND known.customer_id = customer;
  was_there := FOUND;
  -- Nobody would hear any more that they are paid.
  UPDATE tollgate.payment_invoices AS invoice
  SET state = 'waived'
  WHERE invoice.organization_id = tenant AND invoice.customer_id = customer AND invoice.state = 'failed';
  IF organization.payment_hold AND NOT tollgate.owes_invoices(tenant) THEN
    PERFORM tollgate.set_payment_hold(tenant, false, '{}');
  END IF;
  PERFORM tollgate.admit_organizations('{}');
  RETURN was_there;
END
$$;

ALTER FUNCTION tollgate.remove_payment_customer(organization_id uuid, customer_id text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.remove_payment_customer(organization_id uuid, customer_id text) IS 'Says that a customer of the payment provider is the organization''s no more, which waives what it owes. Returns whether it was. Raises TG404 for an unknown organization.';

CREATE FUNCTION tollgate.remove_payment_pack(pack text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  DELETE FROM tollgate.payment_packs AS known
  WHERE known.pack = remove_payment_pack.pack;
  RETURN FOUND;
END
$$;

ALTER FUNCTION tollgate.remove_payment_pack(pack text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.remove_payment_pack(pack text) IS 'Sells a pack no more. What was bought stays. Returns whether there was one.';

CREATE FUNCTION tollgate.remove_plan_price(plan text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  DELETE FROM tollgate.plan_prices AS known
  WHERE known.plan = remove_plan_price.plan;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no such plan, or it has no price.' USING ERRCODE = 'TG404';
  END IF;
END
$$;

ALTER FUNCTION tollgate.remove_plan_price(plan text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.remove_plan_price(plan text) IS 'Estimates know no price of this plan any more. Raises TG404 for an unknown plan and for one without a price.';

CREATE FUNCTION tollgate.remove_provider(provider text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  DELETE FROM tollgate.providers AS known
  WHERE known.provider = remove_provider.provider;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no such provider.' USING ERRCODE = 'TG404';
  END IF;
EXCEPTION
  WHEN foreign_key_violation THEN
    RAISE EXCEPTION 'Organizations are connected to the provider.' USING ERRCODE = 'TG409';
END
$$;

ALTER FUNCTION tollgate.remove_provider(provider text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.remove_provider(provider text) IS 'Forgets a provider, with the authorizations that are under way. Raises TG404 for an unknown one, TG409 while an organization is connected to it.';

CREATE FUNCTION tollgate.remove_user(organization_id uuid, user_id uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[remove_user.organization_id]);
  DELETE FROM public.user_profiles AS profile
  WHERE profile.organization_id = remove_user.organization_id AND profile.id = remove_user.user_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no such user of this organization.' USING ERRCODE = 'TG404';
  END IF;
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.remove_user(organization_id uuid, user_id uuid) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.remove_user(organization_id uuid, user_id uuid) IS 'Ends somebody''s membership of an organization, from the next request on. What they spent stays in the ledger under their id. Raises TG404 for somebody who is no user of this organization.';

CREATE FUNCTION tollgate.renew_forecasts(organization_ids uuid[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
DECLARE
  moment CONSTANT timestamptz := tollgate.moment();
BEGIN
  WITH standing AS MATERIALIZED (
    SELECT
      token.organization_id, token.token_type, token.balance - token.reserved AS available,
      token.total_allocated AS allocated,
      least(2147483647, greatest(-2147483648,
        floor(100.0 * (token.balance - token.reserved) / nullif(token.total_allocated, 0))))::integer AS percent_left,
      tollgate.balance_state(token.balance - token.reserved, token.total_allocated, kind) AS state,
      tollgate.tokens_per_day(
        coalesce((
          SELECT greatest(0, sum(day.used - day.refunded))
          FROM tollgate.balance_days AS day
          WHERE day.organization_id = token.organization_id
            AND day.token_type = token.token_type
            AND day.day >= (moment AT TIME ZONE 'UTC')::date - 6
        ), 0), rolled.first_used_at, moment) AS tokens_per_day
    FROM tollgate.rolled_balances AS rolled
      JOIN public.ai_tokens AS token
        ON token.organization_id = rolled.organization_id AND token.token_type = rolled.token_type
      JOIN tollgate.token_types AS kind ON kind.token_type = token.token_type
    WHERE rolled.organization_id = ANY (organization_ids)
  )
  UPDATE tollgate.rolled_balances AS kept
  SET available = standing.available,
    allocated = standing.allocated,
    percent_left = standing.percent_left,
    state = standing.state,
    tokens_per_day = standing.tokens_per_day,
    runs_out_at = tollgate.runs_out_at(standing.available, standing.tokens_per_day, moment),
    forecast_at = moment
  FROM standing
  WHERE kept.organization_id = standing.organization_id
    AND kept.token_type = standing.token_type;
END
$$;

ALTER FUNCTION tollgate.renew_forecasts(organization_ids uuid[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.renew_forecasts(organization_ids uuid[]) IS 'Works out anew how the balances of these organizations stand, and when they run out.';

CREATE FUNCTION tollgate.replay_delivery(webhook_id uuid, delivery_id uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  owner CONSTANT uuid := tollgate.admit_webhook(replay_delivery.webhook_id);
  has_ended boolean;
  is_active boolean;
BEGIN
  SELECT hook.active
  INTO is_active
  FROM tollgate.webhooks AS hook
  WHERE hook.organization_id = owner AND hook.webhook_id = replay_delivery.webhook_id
  FOR SHARE;
  SELECT held.status <> 'pending'
  INTO has_ended
  FROM tollgate.deliveries AS held
  WHERE held.organization_id = owner
    AND held.delivery_id = replay_delivery.delivery_id
    AND held.receiver_id = replay_delivery.webhook_id
  FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no such delivery.' USING ERRCODE = 'TG404';
  END IF;
  IF NOT has_ended OR is_active IS NOT TRUE THEN
    RAISE EXCEPTION 'The delivery is pending, or its webhook is not active.' USING ERRCODE = 'TG409';
  END IF;
  UPDATE tollgate.deliveries AS held
  SET status = 'pending',
    attempts = 0,
    lease_id = NULL,
    next_attempt_at = tollgate.moment(),
    pending_since = now(),
    finished_at = NULL
  WHERE held.organization_id = owner AND held.delivery_id = replay_delivery.delivery_id;
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.replay_delivery(webhook_id uuid, delivery_id uuid) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.replay_delivery(webhook_id uuid, delivery_id uuid) IS 'Has a delivery that was delivered or is dead made once more, at once and with all its tries. Raises TG404 for an unknown one, TG409 for one that is pending or whose webhook is not active.';

CREATE FUNCTION tollgate.reporting_span(INOUT from_time timestamp with time zone, INOUT to_time timestamp with time zone) RETURNS record
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $$
BEGIN
  -- No year after 9999 can be told as RFC 3339 has it.
  to_time := least('9999-12-31 23:00:00+00',
    date_trunc('hour', coalesce(to_time, tollgate.moment()) + interval '1 hour' - interval '1 microsecond'));
  from_time := date_trunc('hour', coalesce(
    from_time, date_trunc('day', to_time - interval '1 microsecond') - interval '29 days'));
END
$$;

ALTER FUNCTION tollgate.reporting_span(INOUT from_time timestamp with time zone, INOUT to_time timestamp with time zone) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.reporting_span(INOUT from_time timestamp with time zone, INOUT to_time timestamp with time zone) IS 'From when to when a report is, in full hours: an hour that is asked for in part is in it. NULLs are filled in: up to now, and of 30 days (UTC), the last one included.';

CREATE FUNCTION tollgate.request_delivery(webhook_id uuid, again_id uuid DEFAULT NULL::uuid, idempotency_key text DEFAULT NULL::text, OUT outcome text, OUT delivery jsonb, OUT is_replay boolean) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $$
DECLARE
  owner CONSTANT uuid := tollgate.admit_webhook(webhook_id);
  request CONSTANT bigint := hash_record_extended(ROW('request_delivery'::text, webhook_id, again_id), 0);
  remembered record;
  requested_id uuid := again_id;
BEGIN
  outcome := 'success';
  is_replay := false;
  IF idempotency_key IS NOT NULL THEN
    PERFORM pg_advisory_xact_lock(hash_record_extended(ROW('delivery key'::text, owner, idempotency_key), 0));
    remembered := tollgate.recall_answer(owner, idempotency_key, request);
    PERFORM tollgate.admit_organizations('{}');
    IF remembered.outcome IS NOT NULL THEN
      outcome := remembered.outcome;
      is_replay := outcome = 'success';
      delivery := remembered.answer;
      RETURN;
    END IF;
  END IF;
  IF again_id IS NULL THEN
    requested_id := tollgate.test_webhook(webhook_id);
  ELSE
    PERFORM tollgate.replay_delivery(webhook_id, again_id);
  END IF;
  SELECT to_jsonb(made) INTO delivery FROM tollgate.read_deliveries(webhook_id, requested_id) AS made;
  PERFORM tollgate.admit_organizations(ARRAY[owner]);
  IF NOT tollgate.remember_answer(owner, idempotency_key, request, delivery) THEN
    RAISE EXCEPTION 'This idempotency key was used for another request.' USING ERRCODE = 'TG423';
  END IF;
  PERFORM tollgate.admit_organizations('{}');
EXCEPTION
  -- At this moment: what was done for it is undone.
  WHEN SQLSTATE 'TG423' THEN
    outcome := 'idempotency_key_reused';
    delivery := NULL;
END
$$;

ALTER FUNCTION tollgate.request_delivery(webhook_id uuid, again_id uuid, idempotency_key text, OUT outcome text, OUT delivery jsonb, OUT is_replay boolean) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.request_delivery(webhook_id uuid, again_id uuid, idempotency_key text, OUT outcome text, OUT delivery jsonb, OUT is_replay boolean) IS 'Has a test sent to a webhook as tollgate.test_webhook() does, or with again_id that delivery made once more as tollgate.replay_delivery() does. Answers the delivery as tollgate.read_deliveries() reads it; under an idempotency key the same request is answered the same again. outcome: success or idempotency_key_reused. Raises what these raise, and TG400 for a key that is none.';

CREATE FUNCTION tollgate.require_limit(organization_id uuid, limit_name text) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM public.organizations AS known WHERE known.id = require_limit.organization_id) THEN
    RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
  END IF;
  IF NOT EXISTS (SELECT FROM tollgate.limits AS known WHERE known.limit_name = require_limit.limit_name) THEN
    RAISE EXCEPTION 'There is no such limit.' USING ERRCODE = 'TG404', HINT = 'See tollgate.limits.';
  END IF;
END
$$;

ALTER FUNCTION tollgate.require_limit(organization_id uuid, limit_name text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.require_limit(organization_id uuid, limit_name text) IS 'Raises TG404 unless an organization that the caller is admitted to and a limit exist.';

CREATE FUNCTION tollgate.reserve(organization_id uuid, user_id uuid, feature text, units bigint DEFAULT 1, ttl_seconds integer DEFAULT 300, idempotency_key text DEFAULT NULL::text, metadata jsonb DEFAULT '{}'::jsonb) RETURNS tollgate.settlement
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  RETURN tollgate.settle_one(reserve.organization_id, reserve.user_id, reserve.feature, reserve.units, idempotency_key, reserve.metadata,
    jsonb_build_object('operation', 'reserve', 'ttlSeconds', reserve.ttl_seconds));
END
$$;

ALTER FUNCTION tollgate.reserve(organization_id uuid, user_id uuid, feature text, units bigint, ttl_seconds integer, idempotency_key text, metadata jsonb) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.reserve(organization_id uuid, user_id uuid, feature text, units bigint, ttl_seconds integer, idempotency_key text, metadata jsonb) IS 'Holds what units of a feature cost, for 1 to 86400 seconds. outcome is success or a refusal; transaction_id is the reservation.';

CREATE FUNCTION tollgate.reset_balance(organization_id uuid, token_type text, idempotency_key text DEFAULT NULL::text) RETURNS tollgate.settlement
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  IF NOT tollgate.caller_is_trusted() THEN
    RAISE EXCEPTION 'Members do not give themselves tokens.' USING ERRCODE = 'TG403';
  END IF;
  RETURN tollgate.settle_one(reset_balance.organization_id, NULL, NULL, NULL, idempotency_key, '{}',
    jsonb_build_object('operation', 'reset', 'tokenType', reset_balance.token_type));
END
$$;

ALTER FUNCTION tollgate.reset_balance(organization_id uuid, token_type text, idempotency_key text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.reset_balance(organization_id uuid, token_type text, idempotency_key text) IS 'Gives a balance its allocation anew within the period, as its reset will: the period''s end stays. For trusted callers. Raised are TG404 unknown organization, TG421 unknown token type.';

CREATE FUNCTION tollgate.reset_content_budget(organization_id uuid, idempotency_key text DEFAULT NULL::text, OUT outcome text, OUT deactivated_count bigint, OUT tokens bigint, OUT is_replay boolean) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  tenant CONSTANT uuid := organization_id;
  request CONSTANT bigint := hash_record_extended(ROW('reset_content_budget'::text), 0);
  settings tollgate.content_budgets;
  remembered record;
BEGIN
  is_replay := false;
  PERFORM tollgate.admit_organizations(ARRAY[tenant]);
  outcome := tollgate.may_read(tenant, NULL, false);
  IF outcome = 'success' THEN
    settings := tollgate.lock_content_budget(tenant);
    remembered := tollgate.recall_answer(tenant, idempotency_key, request);
    IF remembered.outcome IS NOT NULL THEN
      outcome := remembered.outcome;
      is_replay := outcome = 'success';
      deactivated_count := (remembered.answer ->> 'deactivated_count')::bigint;
      tokens := (remembered.answer ->> 'tokens')::bigint;
    END IF;
  END IF;

  IF outcome = 'success' AND NOT is_replay THEN
    tokens := settings.active_tokens;
    deactivated_count := (
      SELECT count(*)
      FROM tollgate.content_attributes AS kept
      WHERE kept.organization_id = tenant AND kept.active
    );
    IF NOT tollgate.remember_answer(tenant, idempotency_key, request,
      jsonb_build_object('deactivated_count', deactivated_count, 'tokens', tokens))
    THEN
      outcome := 'idempotency_key_reused';
    ELSIF deactivated_count > 0 THEN
      UPDATE tollgate.content_attributes AS kept
      SET active = false,
        updated_at = tollgate.moment()
      WHERE kept.organization_id = tenant AND kept.active;
      PERFORM tollgate.write_event(tenant, 'content_reset', NULL,
        jsonb_build_object('attributes', deactivated_count, 'tokens', tokens));
      settings.active_tokens := 0;
      PERFORM tollgate.write_content_budget(settings);
      PERFORM tollgate.record_change(tenant, 'content_budget.reset', tenant::text,
        jsonb_build_object('activeAttributes', deactivated_count, 'activeTokens', tokens),
        '{"activeAttributes": 0, "activeTokens": 0}');
    END IF;
  END IF;
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.reset_content_budget(organization_id uuid, idempotency_key text, OUT outcome text, OUT deactivated_count bigint, OUT tokens bigint, OUT is_replay boolean) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.reset_content_budget(organization_id uuid, idempotency_key text, OUT outcome text, OUT deactivated_count bigint, OUT tokens bigint, OUT is_replay boolean) IS 'Deactivates all attributes of an organization, whose texts and counted uses stay, and writes one event. Tells how many were active, and their tokens. Under an idempotency key the same request is answered the same again. outcome: success, unknown_organization or idempotency_key_reused. Raises TG400 for a key that is none.';

CREATE FUNCTION tollgate.resume_organization(organization_id uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  RETURN tollgate.set_organization_status(organization_id, 'active', 'organization_resumed', '{}');
END
$$;

ALTER FUNCTION tollgate.resume_organization(organization_id uuid) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.resume_organization(organization_id uuid) IS 'Lets a suspended organization spend what it has left. Returns whether it was suspended before. Raises TG404 for an unknown organization.';

CREATE FUNCTION tollgate.revoke_key(key_id uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  PERFORM tollgate.admit_keys(ARRAY[revoke_key.key_id]);
  UPDATE tollgate.api_keys AS known
  SET revoked_at = coalesce(known.revoked_at, tollgate.moment())
  WHERE known.key_id = revoke_key.key_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no such key.' USING ERRCODE = 'TG404';
  END IF;
  PERFORM tollgate.admit_keys('{}');
END
$$;

ALTER FUNCTION tollgate.revoke_key(key_id uuid) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.revoke_key(key_id uuid) IS 'Ends an API key for good; twice is once. Servers that remember it refuse it within 5 seconds. Raises TG404 for an unknown key.';

CREATE FUNCTION tollgate.rfc3339(at timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

ALTER FUNCTION tollgate.rfc3339(at timestamp with time zone) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.rfc3339(at timestamp with time zone) IS 'An instant as the API writes it, whatever the session''s settings: 2026-11-21T05:43:25.032229Z.';

CREATE FUNCTION tollgate.roll_up(organization_limit integer DEFAULT 500, row_limit integer DEFAULT 50000, milliseconds integer DEFAULT 2000, OUT rolled_up bigint, OUT is_done boolean) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  seal tollgate.rollup_seal;
  -- Once an hour every balance is looked at, some of them in each turn.
  from_organization uuid;
  unrolled record;
  to_organization uuid;
  behind uuid[];
  part uuid[];
  rolled record;
  -- Those that had more rows than their part. They have half of the time, each in turn by itself.
  busy uuid[] := ARRAY[]::uuid[];
  takes_busy boolean;
  took_busy boolean := false;
  time_of_busy interval := interval '0';
  time_of_others interval := interval '0';
  done integer := 0;
  has_rest boolean := false;
  looks boolean;
  -- Few at first: nobody knows how much there is to read, nor who of them takes too long.
  at_once integer := 1;
  -- Policies compare each row's organization with all that were admitted.
  most_at_once CONSTANT integer := 100;
  began timestamptz;
  part_began timestamptz;
BEGIN
  IF (organization_limit BETWEEN 1 AND 10000 AND row_limit BETWEEN 1 AND 1000000 AND milliseconds BETWEEN 1 AND 60000)
    IS NOT TRUE
  THEN
    RAISE EXCEPTION 'At a time 1 to 10000 organizations and 1 to 1000000 rows are rolled up, in 1 to 60000 milliseconds.'
      USING ERRCODE = 'TG400';
  END IF;
  rolled_up := 0;
  is_done := true;
  IF NOT pg_try_advisory_xact_lock(hash_record_extended(ROW('roll-ups'::text), 0)) THEN
    RETURN;
  END IF;
  PERFORM tollgate.move_seal();
  SELECT * INTO seal FROM tollgate.rollup_seal;
  from_organization := seal.looked_up_to;
  IF from_organization IS NULL
    AND (seal.everywhere_at <= tollgate.moment() - interval '1 hour' OR seal.everywhere_at > tollgate.moment())
  THEN
    from_organization := '00000000-0000-0000-0000-000000000000'::uuid;
  END IF;

  behind := tollgate.find_behind(organization_limit);
  -- Looking takes as long as rolling up many of them: while there are enough of those who are known, it is done every ten
  -- seconds.
  looks := from_organization IS NOT NULL
    OR cardinality(behind) < organization_limit
    OR seal.looked_at NOT BETWEEN tollgate.moment() - interval '10 seconds' AND tollgate.moment();
  IF looks THEN
    SELECT * INTO unrolled FROM tollgate.find_unrolled(from_organization);
    FOR start IN 1..cardinality(unrolled.organization_ids) BY most_at_once LOOP
      part := unrolled.organization_ids[start:start + most_at_once - 1];
      PERFORM tollgate.admit_organizations(part);
      INSERT INTO tollgate.rolled_organizations AS kept (organization_id)
      SELECT DISTINCT organization_id FROM unnest(part) AS organization_id
      ON CONFLICT ON CONSTRAINT "an organization is rolled up in one way" DO UPDATE
      SET is_behind = true
      WHERE NOT kept.is_behind;
    END LOOP;
    INSERT INTO tollgate.rollup_places AS kept (parent, month, next_block, seen_blocks)
    SELECT * FROM unnest(unrolled.parents, unrolled.months, unrolled.next_blocks, unrolled.seen_blocks)
    ON CONFLICT ON CONSTRAINT "a partition is looked through once" DO UPDATE
    SET next_block = excluded.next_block, seen_blocks = excluded.seen_blocks;
    has_rest := unrolled.has_more;
    to_organization := unrolled.to_organization;
    behind := tollgate.find_behind(organization_limit);
  END IF;

  began := clock_timestamp();
  -- Some are rolled up in every turn, and one of those that have more rows than their part of them. Two at least: the first
  -- may be one of these.
  WHILE cardinality(busy) > 0 OR done < cardinality(behind) LOOP
    EXIT WHEN clock_timestamp() >= began + milliseconds * interval '1 millisecond'
      AND done >= least(2, cardinality(behind)) AND (took_busy OR cardinality(busy) = 0);
    takes_busy := cardinality(busy) > 0 AND (done >= cardinality(behind) OR time_of_busy <= time_of_others);
    IF takes_busy THEN
      part := busy[1:1];
      busy := busy[2:];
    ELSE
      part := behind[done + 1:done + at_once];
      done := done + at_once;
    END IF;
    part_began := clock_timestamp();
    PERFORM tollgate.admit_organizations(part);
    BEGIN
      SELECT *
      INTO rolled
      FROM tollgate.roll_up_organizations(part, greatest(20, row_limit / cardinality(part)));
    EXCEPTION WHEN query_canceled THEN
      -- One of them takes longer than statement_timeout. They are the first ones in the next turn, which begins with a single
      -- one; and who takes too long alone is the last.
      UPDATE tollgate.rolled_organizations
      SET rolled_at = CASE WHEN cardinality(part) = 1 THEN clock_timestamp() ELSE '-infinity' END
      WHERE organization_id = ANY (part);
      has_rest := true;
      EXIT;
    END;
    rolled_up := rolled_up + rolled.rolled_up;
    IF takes_busy OR cardinality(part) = 1 AND rolled.cut <> '{}' THEN
      took_busy := true;
      time_of_busy := time_of_busy + (clock_timestamp() - part_began);
    ELSE
      time_of_others := time_of_others + (clock_timestamp() - part_began);
      IF clock_timestamp() < part_began + interval '200 milliseconds' THEN
        at_once := least(2 * at_once, most_at_once);
      END IF;
    END IF;
    -- Where nothing was added, the rest waits for the seal.
    IF rolled.rolled_up > 0 THEN
      busy := busy || rolled.cut;
    END IF;
  END LOOP;
  has_rest := has_rest OR cardinality(busy) > 0 OR done < cardinality(behind)
    OR cardinality(behind) >= organization_limit;
  PERFORM tollgate.admit_organizations('{}');
  UPDATE tollgate.rollup_seal
  SET everywhere_at = CASE
      WHEN from_organization = '00000000-0000-0000-0000-000000000000' THEN tollgate.moment()
      ELSE everywhere_at
    END,
    looked_up_to = to_organization,
    looked_at = CASE WHEN looks THEN tollgate.moment() ELSE looked_at END,
    caught_up_at = CASE
      WHEN NOT has_rest THEN now()
      ELSE caught_up_at
    END;
  is_done := NOT has_rest AND to_organization IS NULL;
END
$$;

ALTER FUNCTION tollgate.roll_up(organization_limit integer, row_limit integer, milliseconds integer, OUT rolled_up bigint, OUT is_done boolean) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.roll_up(organization_limit integer, row_limit integer, milliseconds integer, OUT rolled_up bigint, OUT is_done boolean) IS 'Adds to the roll-ups what is new in the ledger, of at most organization_limit organizations, row_limit rows at once and as many as so many milliseconds allow once they are found, but some of them in any case, and returns how many rows that were, and whether nothing is left of what was found or somebody else is at it. Servers do this every ten seconds.';

CREATE FUNCTION tollgate.roll_up_organizations(organization_ids uuid[], row_limit bigint, OUT rolled_up bigint, OUT cut uuid[]) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    SET "TimeZone" TO 'UTC'
    AS $$
#variable_conflict use_column
DECLARE
  nobody CONSTANT uuid := '00000000-0000-0000-0000-000000000000'::uuid;
BEGIN
  INSERT INTO tollgate.rolled_organizations (organization_id)
  SELECT organization_id FROM unnest(organization_ids) AS organization_id
  ON CONFLICT DO NOTHING;

  WITH looked AS MATERIALIZED (
    SELECT * FROM tollgate.unrolled_sums(organization_ids, row_limit)
  ),
  reach AS MATERIALIZED (
    SELECT
      reached.*,
      tollgate.first_id_at(reached.reaches) AS reach_id
    FROM (
      SELECT
        known.organization_id,
        greatest(max(known.rolled_before), coalesce(min(known.reaches), min(seal.settled_at))) AS reaches,
        bool_or(known.is_cut) IS TRUE AS is_cut,
        -- The others wait for the seal.
        bool_or(known.is_pending) IS TRUE AS has_pending,
        min(known.goes_on_at) AS goes_on_at
      -- Added up and not joined, as in tollgate.unrolled_sums().
      FROM (
        SELECT rolled.organization_id, rolled.rolled_before, NULL::timestamptz AS reaches, NULL::boolean AS is_cut,
          NULL::boolean AS is_pending, NULL::timestamptz AS goes_on_at
        FROM tollgate.rolled_organizations AS rolled
        WHERE rolled.organization_id = ANY (organization_ids)
        UNION ALL
        SELECT looked.organization_id, NULL, looked.reaches, looked.is_cut, looked.is_pending, looked.goes_on_at
        FROM looked
      ) AS known
        CROSS JOIN tollgate.rollup_seal AS seal
      GROUP BY known.organization_id
    ) AS reached
  ),
  found AS MATERIALIZED (
    SELECT looked.*, (looked.hour AT TIME ZONE 'UTC')::date AS day
    FROM looked
    WHERE NOT looked.is_pending
  ),
  by_hour AS MATERIALIZED (
    SELECT organization_id, hour, day, token_type, feature_used AS feature, user_id AS subject, sum(uses)::bigint AS uses,
      sum(tokens)::bigint AS tokens, sum(refusals)::bigint AS refusals
    FROM found
    WHERE uses > 0 OR refusals > 0
    GROUP BY organization_id, hour, day, token_type, feature_used, user_id
  ),
  hours AS (
    INSERT INTO tollgate.usage_hours AS kept
      (organization_id, hour, token_type, feature_used, user_id, uses, tokens, refusals)
    SELECT organization_id, hour, token_type, feature, subject, uses, tokens, refusals FROM by_hour
    ON CONFLICT ON CONSTRAINT "an hour of a feature and user has one row" DO UPDATE
    SET uses = kept.uses + excluded.uses, tokens = kept.tokens + excluded.tokens,
      refusals = kept.refusals + excluded.refusals
  ),
  days AS (
    INSERT INTO tollgate.usage_days AS kept
      (organization_id, day, token_type, feature_used, user_id, uses, tokens, refusals)
    SELECT organization_id, day, token_type, feature, subject, sum(uses), sum(tokens), sum(refusals)
    FROM by_hour
    GROUP BY organization_id, day, token_type, feature, subject
    ON CONFLICT ON CONSTRAINT "a day of a feature and user has one row" DO UPDATE
    SET uses = kept.uses + excluded.uses, tokens = kept.tokens + excluded.tokens,
      refusals = kept.refusals + excluded.refusals
  ),
  months AS (
    INSERT INTO tollgate.usage_months AS kept (organization_id, month, subject, uses, tokens)
    SELECT by_hour.organization_id, date_trunc('month', by_hour.day::timestamp)::date, whose.subject, sum(by_hour.uses),
      sum(by_hour.tokens)
    FROM by_hour
      CROSS JOIN LATERAL (
        SELECT by_hour.organization_id AS subject
        UNION ALL
        SELECT by_hour.subject
        WHERE by_hour.subject NOT IN (nobody, by_hour.organization_id)
      ) AS whose
    WHERE by_hour.uses > 0
    GROUP BY by_hour.organization_id, date_trunc('month', by_hour.day::timestamp), whose.subject
    ON CONFLICT ON CONSTRAINT "a month of a subject has one row" DO UPDATE
    SET uses = kept.uses + excluded.uses, tokens = kept.tokens + excluded.tokens
  ),
  service_by_hour AS (
    INSERT INTO tollgate.service_hours AS kept (hour, token_type, feature_used, uses, tokens, refusals)
    SELECT hour, token_type, feature, sum(uses), sum(tokens), sum(refusals)
    FROM by_hour
    GROUP BY hour, token_type, feature
    ON CONFLICT ON CONSTRAINT "an hour of a feature has one row" DO UPDATE
    SET uses = kept.uses + excluded.uses, tokens = kept.tokens + excluded.tokens,
      refusals = kept.refusals + excluded.refusals
  ),
  service_by_day AS (
    INSERT INTO tollgate.service_days AS kept (day, token_type, feature_used, uses, tokens, refusals)
    SELECT day, token_type, feature, sum(uses), sum(tokens), sum(refusals)
    FROM by_hour
    GROUP BY day, token_type, feature
    ON CONFLICT ON CONSTRAINT "a day of a feature has one row" DO UPDATE
    SET uses = kept.uses + excluded.uses, tokens = kept.tokens + excluded.tokens,
      refusals = kept.refusals + excluded.refusals
  ),
  days_of_balances AS (
    INSERT INTO tollgate.balance_days AS kept
      (organization_id, token_type, day, used, granted, refunded, balance, last_sequence)
    SELECT organization_id, token_type, day, sum(tokens), sum(change + tokens), sum(refunded),
      (array_agg(balance ORDER BY last_sequence DESC))[1], max(last_sequence)
    FROM found
    WHERE last_sequence IS NOT NULL
    GROUP BY organization_id, token_type, day
    ON CONFLICT ON CONSTRAINT "a day of a balance has one row" DO UPDATE
    SET used = kept.used + excluded.used, granted = kept.granted + excluded.granted,
      refunded = kept.refunded + excluded.refunded,
      balance = CASE WHEN excluded.last_sequence > kept.last_sequence THEN excluded.balance ELSE kept.balance END,
      last_sequence = greatest(kept.last_sequence, excluded.last_sequence)
  ),
  balances AS (
    INSERT INTO tollgate.rolled_balances AS kept (organization_id, token_type, sequence, first_used_at)
    SELECT organization_id, token_type, max(last_sequence), min(first_used_at)
    FROM found
    WHERE last_sequence IS NOT NULL
    GROUP BY organization_id, token_type
    ON CONFLICT ON CONSTRAINT "a balance is rolled up to one movement" DO UPDATE
    SET sequence = excluded.sequence, first_used_at = coalesce(kept.first_used_at, excluded.first_used_at)
  ),
  -- Those that were counted as late, and those that turned out to have been found by their ids.
  no_longer_late AS (
    DELETE FROM tollgate.late_entries AS late
    USING reach
    WHERE late.organization_id = reach.organization_id
      AND (late.id < reach.reach_id OR tollgate.is_irregular(late.id, late.created_at))
  ),
  organizations AS (
    UPDATE tollgate.rolled_organizations AS kept
    SET rolled_before = reach.reaches,
      looked_from = CASE WHEN reach.is_cut THEN least(reach.reaches, reach.goes_on_at) ELSE tollgate.moment() END,
      is_behind = reach.is_cut OR reach.has_pending,
      -- Who has more to roll up is soon the next one, but behind those who have waited for long.
      rolled_at = CASE
        WHEN reach.is_cut THEN greatest(kept.rolled_at, clock_timestamp() - interval '10 minutes')
        ELSE clock_timestamp()
      END
    FROM reach
    WHERE kept.organization_id = reach.organization_id
  )
  SELECT coalesce((SELECT sum(found.entries) FROM found), 0)::bigint, ARRAY(SELECT reach.organization_id FROM reach WHERE reach.is_cut)
  INTO rolled_up, cut;

  PERFORM tollgate.renew_forecasts(organization_ids);
END
$$;

ALTER FUNCTION tollgate.roll_up_organizations(organization_ids uuid[], row_limit bigint, OUT rolled_up bigint, OUT cut uuid[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.roll_up_organizations(organization_ids uuid[], row_limit bigint, OUT rolled_up bigint, OUT cut uuid[]) IS 'Adds what is not rolled up to the roll-ups of these organizations, of each about row_limit rows at most, and returns how many rows of the ledger that were, and the organizations of which that left some.';

CREATE FUNCTION tollgate.rotate_key(key_id uuid, successor_id uuid, successor_digest bytea, grace_seconds integer DEFAULT 86400, created_by uuid DEFAULT NULL::uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  moment CONSTANT timestamptz := tollgate.moment();
  replaced tollgate.api_keys;
BEGIN
  IF (grace_seconds BETWEEN 0 AND 2592000 AND successor_id <> rotate_key.key_id
      AND octet_length(successor_digest) = 32) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'A grace is 0 to 2592000 seconds, and a successor is another key with a digest of 32 bytes.'
      USING ERRCODE = 'TG400';
  END IF;
  PERFORM tollgate.admit_keys(ARRAY[rotate_key.key_id, successor_id]);
  SELECT known.*
  INTO replaced
  FROM tollgate.api_keys AS known
  WHERE known.key_id = rotate_key.key_id
  FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no such key.' USING ERRCODE = 'TG404';
  END IF;
  IF replaced.revoked_at IS NOT NULL OR replaced.replaced_by IS NOT NULL OR replaced.expires_at <= moment THEN
    RAISE EXCEPTION 'The key is revoked, replaced or expired.' USING ERRCODE = 'TG409';
  END IF;
  INSERT INTO tollgate.api_keys (organization_id, key_id, digest, name, scopes, created_at, created_by, expires_at)
  VALUES (replaced.organization_id, successor_id, successor_digest, replaced.name, replaced.scopes, moment,
    rotate_key.created_by, replaced.expires_at);
  UPDATE tollgate.api_keys AS known
  SET replaced_by = successor_id,
    grace_ends_at = moment + make_interval(secs => grace_seconds)
  WHERE known.organization_id = replaced.organization_id AND known.key_id = replaced.key_id;
  PERFORM tollgate.admit_keys('{}');
END
$$;

ALTER FUNCTION tollgate.rotate_key(key_id uuid, successor_id uuid, successor_digest bytea, grace_seconds integer, created_by uuid) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.rotate_key(key_id uuid, successor_id uuid, successor_digest bytea, grace_seconds integer, created_by uuid) IS 'Gives an API key a successor with the same name, scopes and end, and lets the old one be valid for so many seconds more: 0 to 30 days. Raises TG400 for an argument out of range, TG404 for an unknown key, TG409 for one that is revoked, replaced or expired.';

CREATE FUNCTION tollgate.rotate_webhook_secret(webhook_id uuid, secret bytea, grace_seconds integer) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  owner CONSTANT uuid := tollgate.admit_webhook(rotate_webhook_secret.webhook_id);
BEGIN
  IF (rotate_webhook_secret.grace_seconds BETWEEN 0 AND 2592000) IS NOT TRUE THEN
    RAISE EXCEPTION 'The old secret stays for 0 to 2592000 seconds.' USING ERRCODE = 'TG400';
  END IF;
  BEGIN
    UPDATE tollgate.webhooks AS hook
    SET secret = rotate_webhook_secret.secret,
      previous_secret = CASE WHEN rotate_webhook_secret.grace_seconds > 0 THEN hook.secret END,
      previous_secret_ends_at = CASE
        WHEN rotate_webhook_secret.grace_seconds > 0
          THEN tollgate.moment() + make_interval(secs => rotate_webhook_secret.grace_seconds)
      END,
      updated_at = tollgate.moment()
    WHERE hook.organization_id = owner AND hook.webhook_id = rotate_webhook_secret.webhook_id;
  EXCEPTION
    WHEN check_violation OR not_null_violation THEN
      RAISE EXCEPTION 'That is no sealed secret.' USING ERRCODE = 'TG400';
  END;
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.rotate_webhook_secret(webhook_id uuid, secret bytea, grace_seconds integer) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.rotate_webhook_secret(webhook_id uuid, secret bytea, grace_seconds integer) IS 'Gives a webhook a new secret, sealed; deliveries are signed with the one before, too, for grace_seconds. Raises TG400 for what is none, TG404 for an unknown webhook.';

CREATE FUNCTION tollgate.runs_out_at(available bigint, tokens_per_day numeric, at timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  SELECT CASE
    WHEN tokens_per_day > 0 AND available / tokens_per_day < 36500 THEN
      at + make_interval(secs => (greatest(available, 0) / tokens_per_day * 86400)::double precision)
  END
$$;

ALTER FUNCTION tollgate.runs_out_at(available bigint, tokens_per_day numeric, at timestamp with time zone) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.runs_out_at(available bigint, tokens_per_day numeric, at timestamp with time zone) IS 'When so many tokens end at that rate, as if no reset came; NULL: nothing is used, or they last for more than a century.';

CREATE FUNCTION tollgate.save_attribute(organization_id uuid, attribute_id uuid, instructions text, examples jsonb DEFAULT '[]'::jsonb, signals jsonb DEFAULT '[]'::jsonb, active boolean DEFAULT NULL::boolean, is_dry_run boolean DEFAULT false, user_id uuid DEFAULT NULL::uuid, membership_required boolean DEFAULT false) RETURNS tollgate.content_decision
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  caller CONSTANT record := tollgate.identify_caller(save_attribute.organization_id, save_attribute.user_id);
  example_texts CONSTANT text[] := tollgate.content_texts(examples);
  signal_texts CONSTANT text[] := tollgate.content_texts(signals);
  settings tollgate.content_budgets;
  before tollgate.content_attributes;
  is_new boolean;
  stored_bytes bigint;
  added_bytes bigint := tollgate.content_bytes(instructions, examples, signals);
  decision tollgate.content_decision;
BEGIN
  is_dry_run := coalesce(is_dry_run, false);
  IF (save_attribute.attribute_id IS NOT NULL
      AND cardinality(example_texts) <= 1000 AND cardinality(signal_texts) <= 1000
      AND octet_length(instructions) + octet_length(array_to_string(example_texts || signal_texts, '')) <= 65536)
    IS NOT TRUE
  THEN
    RAISE EXCEPTION 'Examples and signals are each a text or a list of at most 1000 texts; the texts of an attribute have at most 65536 bytes.'
      USING ERRCODE = 'TG400';
  END IF;
  PERFORM tollgate.admit_organizations(ARRAY[caller.organization_id]);
  decision.outcome := CASE
    WHEN is_dry_run THEN tollgate.may_read(caller.organization_id, caller.user_id,
      caller.membership_required OR coalesce(save_attribute.membership_required, true))
    ELSE tollgate.may_change(caller.organization_id, caller.user_id,
      caller.membership_required OR coalesce(save_attribute.membership_required, true))
  END;
  IF decision.outcome <> 'success' THEN
    PERFORM tollgate.admit_organizations('{}');
    RETURN decision;
  END IF;

  settings := CASE
    WHEN is_dry_run THEN tollgate.read_content_budget(caller.organization_id)
    ELSE tollgate.lock_content_budget(caller.organization_id)
  END;
  SELECT kept.*
  INTO before
  FROM tollgate.content_attributes AS kept
  WHERE kept.organization_id = caller.organization_id AND kept.attribute_id = save_attribute.attribute_id;
  is_new := NOT FOUND;
  stored_bytes := tollgate.stored_content_bytes(settings);
  IF NOT is_new THEN
    added_bytes := added_bytes - tollgate.content_bytes(before.instructions, before.examples, before.signals);
  END IF;

  decision.is_active := coalesce(save_attribute.active, before.active, true);
  decision.tokens := tollgate.count_content(settings.counter, instructions, examples, signals);
  decision.budget := tollgate.content_budget_tokens(settings.level, settings.budget_tokens);
  decision.used := settings.active_tokens;
  decision.used_after := decision.used
    - CASE WHEN before.active THEN before.tokens ELSE 0 END
    + CASE WHEN decision.is_active THEN decision.tokens ELSE 0 END;
  decision := tollgate.judge_content(caller.organization_id,
    decision.is_active AND (before.active AND decision.tokens <= before.tokens) IS NOT TRUE,
    ARRAY[save_attribute.attribute_id], decision);
  IF is_new AND settings.attribute_count >= 10000 OR added_bytes > 0 AND stored_bytes + added_bytes > 16777216 THEN
    decision.outcome := 'too_many_attributes';
  END IF;

  IF decision.outcome = 'success' AND NOT is_dry_run THEN
    settings.active_tokens := decision.used_after;
    settings.stored_bytes := stored_bytes + added_bytes;
    IF is_new THEN
      settings.attribute_count := settings.attribute_count + 1;
      settings.last_number := settings.last_number + 1;
      INSERT INTO tollgate.content_attributes
        (organization_id, attribute_id, number, instructions, examples, signals, active, tokens, created_at, updated_at)
      VALUES
        (caller.organization_id, save_attribute.attribute_id, settings.last_number, save_attribute.instructions,
         save_attribute.examples, save_attribute.signals, decision.is_active, decision.tokens, tollgate.moment(),
         tollgate.moment());
    ELSE
      UPDATE tollgate.content_attributes AS kept
      SET instructions = save_attribute.instructions,
        examples = save_attribute.examples,
        signals = save_attribute.signals,
        active = decision.is_active,
        tokens = decision.tokens,
        updated_at = tollgate.moment()
      WHERE kept.organization_id = caller.organization_id AND kept.attribute_id = save_attribute.attribute_id;
    END IF;
    PERFORM tollgate.write_content_budget(settings);
  END IF;
  PERFORM tollgate.admit_organizations('{}');
  RETURN decision;
END
$$;

ALTER FUNCTION tollgate.save_attribute(organization_id uuid, attribute_id uuid, instructions text, examples jsonb, signals jsonb, active boolean, is_dry_run boolean, user_id uuid, membership_required boolean) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.save_attribute(organization_id uuid, attribute_id uuid, instructions text, examples jsonb, signals jsonb, active boolean, is_dry_run boolean, user_id uuid, membership_required boolean) IS 'Makes an attribute or replaces its texts. active NULL: as it is, and a new one is active. Refused (budget_exceeded) where it would become active or grow beyond the budget, and (too_many_attributes) where the organization would have more than 10000, or more than 16 MiB of texts. A dry run decides the same and changes nothing. Raises TG400 for content that is none, TG401 and TG403 as tollgate.identify_caller().';

CREATE FUNCTION tollgate.schema_level() RETURNS integer
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT coalesce(max(version), 0) FROM tollgate.schema_migrations
$$;

ALTER FUNCTION tollgate.schema_level() OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.schema_level() IS 'The number of the last migration that this database has; a server is ready when it is the one it knows, or later.';

CREATE FUNCTION tollgate.set_alert(alert_id uuid, organization_id uuid, token_type text, condition text, threshold bigint, email text[], active boolean) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  owner uuid := coalesce(set_alert.organization_id, '00000000-0000-0000-0000-000000000000');
  id uuid := set_alert.alert_id;
BEGIN
  IF id IS NOT NULL THEN
    SELECT rule.organization_id
    INTO owner
    FROM tollgate.read_alerts(set_alert.alert_id, set_alert.organization_id, NULL, 1) AS rule;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'There is no such rule of this organization.' USING ERRCODE = 'TG404';
    END IF;
  END IF;
  PERFORM tollgate.admit_organizations(ARRAY[owner]);
  IF set_alert.organization_id IS NOT NULL
    AND NOT EXISTS (SELECT FROM public.organizations AS known WHERE known.id = owner)
  THEN
    RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
  END IF;
  IF id IS NULL AND (SELECT count(*) FROM tollgate.alerts AS known WHERE known.organization_id = owner) >= 100 THEN
    RAISE EXCEPTION 'There are 100 rules already.' USING ERRCODE = 'TG409';
  END IF;
  id := coalesce(id, tollgate.time_ordered_id());
  BEGIN
    INSERT INTO tollgate.alerts AS known (organization_id, alert_id, token_type, condition, threshold, email, active,
      created_at, updated_at)
    VALUES (owner, id, set_alert.token_type, set_alert.condition, set_alert.threshold, set_alert.email, set_alert.active,
      tollgate.moment(), tollgate.moment())
    ON CONFLICT ON CONSTRAINT "an alert has one row" DO UPDATE
    SET token_type = excluded.token_type,
      condition = excluded.condition,
      threshold = excluded.threshold,
      email = excluded.email,
      active = excluded.active,
      updated_at = excluded.updated_at;
  EXCEPTION
    WHEN check_violation OR not_null_violation OR foreign_key_violation THEN
      RAISE EXCEPTION 'That is no rule: a known token type, a condition, a threshold that it can have, plain addresses of at most 254 bytes.'
        USING ERRCODE = 'TG400';
  END;
  PERFORM tollgate.admit_organizations('{}');
  RETURN id;
END
$$;

ALTER FUNCTION tollgate.set_alert(alert_id uuid, organization_id uuid, token_type text, condition text, threshold bigint, email text[], active boolean) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.set_alert(alert_id uuid, organization_id uuid, token_type text, condition text, threshold bigint, email text[], active boolean) IS 'Makes a rule, of an organization or with NULL for all, or with an id changes that one, which stays whose it is. Returns its id. Raises TG400 for what is no rule, TG404 for an unknown rule or organization, TG409 beyond 100 rules.';

CREATE FUNCTION tollgate.set_auto_top_up(organization_id uuid, token_type text, below bigint, amount bigint, period_maximum integer DEFAULT 3, cool_off_seconds integer DEFAULT 3600) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  tenant CONSTANT uuid := organization_id;
  type CONSTANT text := token_type;
  settings tollgate.auto_top_ups;
  may_request_at timestamptz;
BEGIN
  IF (below BETWEEN 1 AND 1000000000000000 AND amount BETWEEN 1 AND 1000000000000000
      AND period_maximum BETWEEN 0 AND 1000 AND cool_off_seconds BETWEEN 0 AND 31622400) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'below and amount are 1 to 10^15 tokens, period_maximum is 0 to 1000, cool_off_seconds 0 to 31622400.'
      USING ERRCODE = 'TG400';
  END IF;
  PERFORM tollgate.admit_organizations(ARRAY[tenant]);
  IF NOT EXISTS (SELECT FROM public.organizations AS known WHERE known.id = tenant) THEN
    RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
  END IF;
  IF NOT EXISTS (SELECT FROM tollgate.token_types AS known WHERE known.token_type = type) THEN
    RAISE EXCEPTION 'There is no such token type.' USING ERRCODE = 'TG404', HINT = 'See tollgate.token_types.';
  END IF;
  PERFORM tollgate.grant_missing_balances(ARRAY[tenant]);
  -- What no plan allocates may be bought all the same.
  INSERT INTO public.ai_tokens (organization_id, token_type, announced)
  VALUES (tenant, type, 3)
  ON CONFLICT ON CONSTRAINT "an organization has one balance of a token type" DO NOTHING;

  -- First the balance, as in settlement.
  PERFORM
  FROM public.ai_tokens AS token
  WHERE token.organization_id = tenant AND token.token_type = type
  FOR NO KEY UPDATE;
  INSERT INTO tollgate.auto_top_ups AS configured
    (organization_id, token_type, below, amount, period_maximum, cool_off_seconds)
  VALUES (tenant, type, set_auto_top_up.below, set_auto_top_up.amount, set_auto_top_up.period_maximum,
    set_auto_top_up.cool_off_seconds)
  ON CONFLICT ON CONSTRAINT "a balance is topped up in one way" DO UPDATE
  SET below = excluded.below,
    amount = excluded.amount,
    period_maximum = excluded.period_maximum,
    cool_off_seconds = excluded.cool_off_seconds
  RETURNING * INTO settings;

  -- Whoever changes the settings does not shorten a cool-off, nor begin to count anew.
  IF settings.requested_count < settings.period_maximum THEN
    may_request_at := coalesce(
      settings.requested_at + make_interval(secs => settings.cool_off_seconds), tollgate.moment());
  END IF;
  UPDATE public.ai_tokens AS token
  SET request_below = CASE WHEN may_request_at <= tollgate.moment() THEN settings.below END,
    due_at = CASE
      WHEN may_request_at > tollgate.moment() THEN least(token.due_at, may_request_at)
      ELSE token.due_at
    END,
    updated_at = now()
  WHERE token.organization_id = tenant AND token.token_type = type;
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.set_auto_top_up(organization_id uuid, token_type text, below bigint, amount bigint, period_maximum integer, cool_off_seconds integer) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.set_auto_top_up(organization_id uuid, token_type text, below bigint, amount bigint, period_maximum integer, cool_off_seconds integer) IS 'From now on an event asks for a top-up of so many tokens when fewer than `below` are available, at most period_maximum times a period and with cool_off_seconds between two. Raises TG400 for an argument out of range, TG404 for an unknown organization or token type.';

CREATE FUNCTION tollgate.set_cache(organization_id uuid, cache_name text, key_members text[], ttl_seconds integer, daily_quota bigint DEFAULT 1000, fallback json DEFAULT NULL::json, feature text DEFAULT 'decision'::text, lease_seconds integer DEFAULT 60, wait_seconds integer DEFAULT 10, maximum_entries integer DEFAULT 10000) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
#variable_conflict use_column
DECLARE
  owner CONSTANT uuid := coalesce(set_cache.organization_id, '00000000-0000-0000-0000-000000000000');
  has_rates boolean;
  written tollgate.caches;
BEGIN
  IF (set_cache.cache_name ~ '^[a-z][a-z0-9_]{0,62}$'
      AND cardinality(set_cache.key_members) BETWEEN 1 AND 16
      AND NOT EXISTS (
        SELECT
        FROM unnest(set_cache.key_members) AS member
        WHERE member !~ '^[A-Za-z][A-Za-z0-9_]{0,62}$' OR member IS NULL
      )
      AND cardinality(set_cache.key_members) = (
        SELECT count(DISTINCT member COLLATE "C")
        FROM unnest(set_cache.key_members) AS member
      )
      AND set_cache.ttl_seconds BETWEEN 1 AND 31622400
      AND set_cache.daily_quota BETWEEN 0 AND 1000000000000000
      AND coalesce(octet_length(set_cache.fallback::text), 0) <= 65536
      AND set_cache.lease_seconds BETWEEN 1 AND 3600
      AND set_cache.wait_seconds BETWEEN 0 AND 30
      AND set_cache.maximum_entries BETWEEN 1 AND 100000) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'A setting of this cache is out of range.' USING ERRCODE = 'TG400',
      HINT = 'See the constraints of tollgate.caches.';
  END IF;
  PERFORM tollgate.admit_organizations(ARRAY[owner]);
  IF set_cache.organization_id IS NOT NULL THEN
    PERFORM
    FROM public.organizations AS known
    WHERE known.id = owner
    FOR KEY SHARE;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
    END IF;
  END IF;
  SELECT offered.rates IS NOT NULL
  INTO has_rates
  FROM tollgate.features AS offered
  WHERE offered.feature = set_cache.feature;
  IF has_rates IS NOT FALSE THEN
    PERFORM tollgate.admit_organizations('{}');
    RETURN CASE WHEN has_rates THEN 'invalid_units' ELSE 'unknown_feature' END;
  END IF;

  INSERT INTO tollgate.caches AS configured
    (organization_id, cache_name, cache_id, key_members, ttl_seconds, daily_quota, fallback, feature, lease_seconds,
     wait_seconds, maximum_entries, created_at, updated_at)
  VALUES (owner, set_cache.cache_name, tollgate.time_ordered_id(), set_cache.key_members, set_cache.ttl_seconds,
    set_cache.daily_quota, set_cache.fallback, set_cache.feature, set_cache.lease_seconds, set_cache.wait_seconds,
    set_cache.maximum_entries, tollgate.moment(), tollgate.moment())
  ON CONFLICT ON CONSTRAINT "an organization has one cache of a name" DO UPDATE
  SET key_members = excluded.key_members,
    ttl_seconds = excluded.ttl_seconds,
    daily_quota = excluded.daily_quota,
    fallback = excluded.fallback,
    feature = excluded.feature,
    lease_seconds = excluded.lease_seconds,
    wait_seconds = excluded.wait_seconds,
    maximum_entries = excluded.maximum_entries,
    updated_at = excluded.updated_at
  RETURNING configured.* INTO written;
  -- As who stores a value: one at a time. No value has an empty digest, so that none is spared.
  PERFORM pg_advisory_xact_lock(hash_record_extended(ROW('cache'::text, owner, set_cache.cache_name), 0));
  PERFORM tollgate.evict_entries(written, owner, '');
  PERFORM tollgate.admit_organizations('{}');
  RETURN 'success';
END
$_$;

ALTER FUNCTION tollgate.set_cache(organization_id uuid, cache_name text, key_members text[], ttl_seconds integer, daily_quota bigint, fallback json, feature text, lease_seconds integer, wait_seconds integer, maximum_entries integer) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.set_cache(organization_id uuid, cache_name text, key_members text[], ttl_seconds integer, daily_quota bigint, fallback json, feature text, lease_seconds integer, wait_seconds integer, maximum_entries integer) IS 'Makes a decision cache of an organization, or with NULL one for all who have none of that name, or changes its settings from the next request on. Values stay, as long as they were stored for; of an organization''s own cache those beyond a lower maximum_entries leave at once, of one for all as the next is stored. Returns success, unknown_feature, or invalid_units for a feature whose price has dimensions. Raises TG400 for an argument out of range, TG404 for an unknown organization.';

CREATE FUNCTION tollgate.set_content_budget(organization_id uuid, new_level integer DEFAULT NULL::integer, new_budget_tokens bigint DEFAULT NULL::bigint, deactivates boolean DEFAULT NULL::boolean, new_counter text DEFAULT NULL::text) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  tenant CONSTANT uuid := organization_id;
  settings tollgate.content_budgets;
  done record;
BEGIN
  IF new_budget_tokens NOT BETWEEN 1 AND 1000000000000000 THEN
    RAISE EXCEPTION 'A content budget has 1 to 10^15 tokens.' USING ERRCODE = 'TG400';
  END IF;
  -- Shared: what a level comes to while its tokens change is known when that is done.
  PERFORM
  FROM tollgate.content_levels AS known
  WHERE known.level = new_level
  FOR SHARE;
  IF NOT FOUND AND new_level <> 0 THEN
    RAISE EXCEPTION 'There is no such content level.' USING ERRCODE = 'TG400', HINT = 'See tollgate.content_levels.';
  END IF;
  IF new_counter IS NOT NULL
    AND NOT EXISTS (SELECT FROM tollgate.token_counters AS known WHERE known.counter = new_counter)
  THEN
    RAISE EXCEPTION 'There is no such counter.' USING ERRCODE = 'TG400', HINT = 'See tollgate.token_counters.';
  END IF;
  PERFORM tollgate.admit_organizations(ARRAY[tenant]);
  IF NOT EXISTS (SELECT FROM public.organizations AS known WHERE known.id = tenant) THEN
    RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
  END IF;

  settings := tollgate.lock_content_budget(tenant);
  IF new_level IS NOT NULL THEN
    settings.level := nullif(new_level, 0);
    settings.budget_tokens := NULL;
  END IF;
  settings.budget_tokens := coalesce(new_budget_tokens, settings.budget_tokens);
  settings.deactivates_automatically := coalesce(deactivates, settings.deactivates_automatically);
  IF new_counter IS NOT NULL THEN
    settings.counter := new_counter;
    settings := tollgate.recount_content(settings);
  END IF;
  done := tollgate.deactivate_to_fit(settings);
  settings.active_tokens := done.active_tokens;
  PERFORM tollgate.write_content_budget(settings);
  PERFORM tollgate.admit_organizations('{}');
  RETURN done.deactivated;
END
$$;

ALTER FUNCTION tollgate.set_content_budget(organization_id uuid, new_level integer, new_budget_tokens bigint, deactivates boolean, new_counter text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.set_content_budget(organization_id uuid, new_level integer, new_budget_tokens bigint, deactivates boolean, new_counter text) IS 'Changes what is given of an organization''s content budget. new_level: of tollgate.content_levels, or 0 for none; it takes an override away. new_budget_tokens: tokens instead of the level''s. new_counter: counts everything anew, also where it is the present one. What is then more than the budget is deactivated, least used first, where that is configured, and otherwise stays. Returns what was deactivated as [{"id", "tokens"}]. Raises TG400 for an unknown level or counter or tokens out of range, TG404 for an unknown organization.';

CREATE FUNCTION tollgate.set_content_level(level integer, tokens bigint) RETURNS TABLE(organization_id uuid, deactivated jsonb)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  settings tollgate.content_budgets;
  done record;
BEGIN
  IF set_content_level.tokens BETWEEN 1 AND 1000000000000000 IS NOT TRUE THEN
    RAISE EXCEPTION 'A content level has 1 to 10^15 tokens.' USING ERRCODE = 'TG400';
  END IF;
  -- Who is given the level at this moment waits for this, or is found below.
  UPDATE tollgate.content_levels AS known
  SET tokens = set_content_level.tokens
  WHERE known.level = set_content_level.level;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no such content level.' USING ERRCODE = 'TG400', HINT = 'See tollgate.content_levels.';
  END IF;

  -- In order, which keeps two who do so from deadlocking.
  FOR organization_id IN
    SELECT account.organization_id
    FROM tollgate.read_content_budgets(row_limit => NULL) AS account
    WHERE account.level = set_content_level.level
    ORDER BY account.organization_id
  LOOP
    PERFORM tollgate.admit_organizations(ARRAY[set_content_level.organization_id]);
    settings := tollgate.lock_content_budget(set_content_level.organization_id);
    -- Another level may have been set meanwhile.
    CONTINUE WHEN settings.level IS DISTINCT FROM set_content_level.level;
    done := tollgate.deactivate_to_fit(settings);
    settings.active_tokens := done.active_tokens;
    PERFORM tollgate.write_content_budget(settings);
    deactivated := done.deactivated;
    RETURN NEXT;
  END LOOP;
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.set_content_level(level integer, tokens bigint) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.set_content_level(level integer, tokens bigint) IS 'Changes how many tokens a content level has, for all organizations of that level, in one transaction: what is then too much is deactivated as by tollgate.set_content_budget(), and crossings are told of. A row for each of these organizations, with what was deactivated as [{"id", "tokens"}]. Raises TG400 for an unknown level or tokens out of range.';

CREATE FUNCTION tollgate.set_limit_override(organization_id uuid, limit_name text, maximum bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  IF maximum NOT BETWEEN 0 AND 1000000000000000 THEN
    RAISE EXCEPTION 'A limit is between 0 and 10^15.' USING ERRCODE = 'TG422';
  END IF;
  PERFORM tollgate.admit_organizations(ARRAY[set_limit_override.organization_id]);
  PERFORM tollgate.require_limit(set_limit_override.organization_id, set_limit_override.limit_name);
  INSERT INTO tollgate.limit_overrides (organization_id, limit_name, maximum)
  VALUES (set_limit_override.organization_id, set_limit_override.limit_name, set_limit_override.maximum)
  ON CONFLICT ON CONSTRAINT "an organization overrides a limit once" DO UPDATE
  SET maximum = excluded.maximum;
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.set_limit_override(organization_id uuid, limit_name text, maximum bigint) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.set_limit_override(organization_id uuid, limit_name text, maximum bigint) IS 'Gives one organization its own maximum of a limit, from the next charge on; NULL: no limit. Raises TG404 for an unknown organization or limit, TG422 for a maximum out of range.';

CREATE FUNCTION tollgate.set_organization_status(organization_id uuid, status text, event_kind text, payload jsonb) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  before public.organizations;
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[set_organization_status.organization_id]);
  SELECT *
  INTO before
  FROM public.organizations AS known
  WHERE known.id = set_organization_status.organization_id
  FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
  END IF;
  -- People decide from here on, not payments: that is news, too.
  IF before.status <> set_organization_status.status OR before.payment_hold THEN
    UPDATE public.organizations AS organization
    SET status = set_organization_status.status,
      payment_hold = false,
      updated_at = now()
    WHERE organization.id = set_organization_status.organization_id;
    PERFORM tollgate.write_event(set_organization_status.organization_id, event_kind, NULL, payload);
  END IF;
  UPDATE tollgate.payment_invoices AS invoice
  SET state = 'waived'
  WHERE invoice.organization_id = set_organization_status.organization_id
    AND invoice.state = 'failed'
    AND set_organization_status.status = 'active';
  PERFORM tollgate.admit_organizations('{}');
  RETURN before.status <> set_organization_status.status;
END
$$;

ALTER FUNCTION tollgate.set_organization_status(organization_id uuid, status text, event_kind text, payload jsonb) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.set_organization_status(organization_id uuid, status text, event_kind text, payload jsonb) IS 'Makes an organization active or suspended, as people decide, and writes the event, unless people had decided so already; what payments had decided holds no longer, and whoever is active owes nothing that has failed. Returns whether the status is another. Raises TG404 for an unknown organization.';

CREATE FUNCTION tollgate.set_pack_price(tokens bigint, amount_minor bigint, currency text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
#variable_conflict use_column
BEGIN
  IF (set_pack_price.tokens BETWEEN 1 AND 1000000000000000
    AND set_pack_price.amount_minor BETWEEN 0 AND 1000000000000 AND set_pack_price.currency ~ '^[A-Z]{3}$') IS NOT TRUE
  THEN
    RAISE EXCEPTION 'A pack has 1 to 10^15 tokens, and costs 0 to 10^12 of a currency''s smallest unit.'
      USING ERRCODE = 'TG400';
  END IF;
  INSERT INTO tollgate.pack_prices AS known (tokens, amount_minor, currency, updated_at)
  VALUES (set_pack_price.tokens, set_pack_price.amount_minor, set_pack_price.currency, now())
  ON CONFLICT ON CONSTRAINT "a pack has one price" DO UPDATE
  SET amount_minor = excluded.amount_minor, currency = excluded.currency, updated_at = excluded.updated_at;
END
$_$;

ALTER FUNCTION tollgate.set_pack_price(tokens bigint, amount_minor bigint, currency text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.set_pack_price(tokens bigint, amount_minor bigint, currency text) IS 'Says what a pack of so many tokens costs, for estimates. Raises TG400 for what is no price.';

CREATE FUNCTION tollgate.set_payment_customer(organization_id uuid, customer_id text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
DECLARE
  tenant CONSTANT uuid := set_payment_customer.organization_id;
  customer CONSTANT text := set_payment_customer.customer_id;
  present uuid;
  was_learned boolean;
BEGIN
  IF coalesce(customer !~ '^[\x21-\x7E]{1,255}$', true) THEN
    RAISE EXCEPTION 'A customer id is 1 to 255 printable ASCII characters.' USING ERRCODE = 'TG400';
  END IF;
  PERFORM tollgate.lock_customer(customer);
  PERFORM tollgate.admit_organizations(ARRAY[tenant]);
  PERFORM tollgate.admit_payments('{}', ARRAY[customer]);
  IF NOT EXISTS (SELECT FROM public.organizations AS known WHERE known.id = tenant) THEN
    RAISE EXCEPTION 'There is no such organization.' USING ERRCODE = 'TG404';
  END IF;
  present := tollgate.organization_of_customer(customer);
  IF present <> tenant THEN
    RAISE EXCEPTION 'The customer is another organization''s, %; remove it there first.', present
      USING ERRCODE = 'TG409';
  END IF;
  was_learned := tollgate.learn_customer(tenant, customer, NULL);
  PERFORM tollgate.admit_organizations('{}');
  PERFORM tollgate.admit_payments('{}', '{}');
  RETURN was_learned;
END
$_$;

ALTER FUNCTION tollgate.set_payment_customer(organization_id uuid, customer_id text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.set_payment_customer(organization_id uuid, customer_id text) IS 'Says whose customer of the payment provider this is, and does what its events say that waited for that. False: it was known. Raises TG400 for what is no customer id, TG404 for an unknown organization, TG409 where it is another organization''s.';

CREATE FUNCTION tollgate.set_payment_hold(organization_id uuid, payment_hold boolean, cause jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  UPDATE public.organizations AS organization
  SET status = CASE WHEN set_payment_hold.payment_hold THEN 'suspended' ELSE 'active' END,
    payment_hold = set_payment_hold.payment_hold,
    updated_at = now()
  WHERE organization.id = set_payment_hold.organization_id;
  PERFORM tollgate.write_event(set_payment_hold.organization_id,
    CASE WHEN set_payment_hold.payment_hold THEN 'organization_suspended' ELSE 'organization_resumed' END,
    NULL, set_payment_hold.cause || '{"reason": "payment"}');
END
$$;

ALTER FUNCTION tollgate.set_payment_hold(organization_id uuid, payment_hold boolean, cause jsonb) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.set_payment_hold(organization_id uuid, payment_hold boolean, cause jsonb) IS 'Suspends an active organization for a payment, or lets one go on that was suspended for one, and writes the event. The caller is admitted to it, has locked its row, and knows that it is so.';

CREATE FUNCTION tollgate.set_payment_pack(pack text, token_type text, tokens bigint, price_minor bigint DEFAULT NULL::bigint, currency text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
BEGIN
  IF NOT EXISTS (SELECT FROM tollgate.token_types AS known WHERE known.token_type = set_payment_pack.token_type) THEN
    RAISE EXCEPTION 'There is no such token type.' USING ERRCODE = 'TG404', HINT = 'See tollgate.token_types.';
  END IF;
  IF (set_payment_pack.pack ~ '^[\x21-\x7E]{1,255}$'
      AND set_payment_pack.tokens BETWEEN 1 AND 1000000000000000
      AND (set_payment_pack.price_minor IS NULL) = (set_payment_pack.currency IS NULL)
      AND (set_payment_pack.price_minor BETWEEN 1 AND 1000000000000) IS NOT FALSE
      AND (set_payment_pack.currency ~ '^[a-z]{3}$') IS NOT FALSE) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'A pack has a name of printable ASCII, 1 to 10^15 tokens, and a price with its currency, as 1900 and eur, or none.'
      USING ERRCODE = 'TG400';
  END IF;
  INSERT INTO tollgate.payment_packs AS known (pack, token_type, tokens, price_minor, currency)
  VALUES (set_payment_pack.pack, set_payment_pack.token_type, set_payment_pack.tokens, set_payment_pack.price_minor,
    set_payment_pack.currency)
  ON CONFLICT ON CONSTRAINT "a pack that is sold has one row" DO UPDATE
  SET token_type = excluded.token_type,
    tokens = excluded.tokens,
    price_minor = excluded.price_minor,
    currency = excluded.currency,
    updated_at = now();
END
$_$;

ALTER FUNCTION tollgate.set_payment_pack(pack text, token_type text, tokens bigint, price_minor bigint, currency text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.set_payment_pack(pack text, token_type text, tokens bigint, price_minor bigint, currency text) IS 'Says how many tokens a paid checkout of this pack is, from the next one on, and what it has to come to. Raises TG400 for what is no pack, TG404 for an unknown token type.';

CREATE FUNCTION tollgate.set_plan(plan text, title text, allocations jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
BEGIN
  IF (set_plan.plan ~ '^[a-z][a-z0-9_]{0,62}$' AND length(set_plan.title) BETWEEN 1 AND 200
      AND jsonb_typeof(set_plan.allocations) = 'object') IS NOT TRUE
  THEN
    RAISE EXCEPTION 'A plan is a lower-case name with a title of 1 to 200 characters and an object of allocations.'
      USING ERRCODE = 'TG400';
  END IF;
  IF EXISTS (
    SELECT
    FROM jsonb_each(set_plan.allocations) AS granted (token_type, tokens)
    -- Asked in this order: what is no number is not compared with one.
    WHERE CASE
      WHEN jsonb_typeof(granted.tokens) <> 'number' THEN true
      ELSE granted.tokens::numeric NOT BETWEEN 0 AND 1000000000000000 OR granted.tokens::numeric % 1 <> 0
    END
  ) THEN
    RAISE EXCEPTION 'A plan grants between 0 and 10^15 whole tokens of a type.' USING ERRCODE = 'TG400';
  END IF;
  IF EXISTS (
    SELECT
    FROM jsonb_object_keys(set_plan.allocations) AS granted (token_type)
    WHERE NOT EXISTS (SELECT FROM tollgate.token_types AS known WHERE known.token_type = granted.token_type)
  ) THEN
    RAISE EXCEPTION 'There is no such token type.' USING ERRCODE = 'TG421', HINT = 'See tollgate.token_types.';
  END IF;

  INSERT INTO tollgate.plans AS known (plan, title)
  VALUES (set_plan.plan, set_plan.title)
  ON CONFLICT ON CONSTRAINT "a plan has one row" DO UPDATE
  SET title = excluded.title;
  INSERT INTO tollgate.plan_allocations AS known (plan, token_type, tokens)
  SELECT set_plan.plan, granted.token_type, granted.tokens::bigint
  FROM jsonb_each(set_plan.allocations) AS granted (token_type, tokens)
  ORDER BY granted.token_type
  ON CONFLICT ON CONSTRAINT "a plan allocates a token type once" DO UPDATE
  SET tokens = excluded.tokens;
  -- The row stays: balances of organizations on this plan go on having periods, and get nothing in the next.
  UPDATE tollgate.plan_allocations AS known
  SET tokens = 0
  WHERE known.plan = set_plan.plan
    AND NOT set_plan.allocations ? known.token_type
    AND known.tokens <> 0;
END
$_$;

ALTER FUNCTION tollgate.set_plan(plan text, title text, allocations jsonb) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.set_plan(plan text, title text, allocations jsonb) IS 'Makes a plan, or changes its title and what it grants, as {"token type": tokens}. A token type that is left out is granted 0 tokens; how its periods run stays. A balance keeps what it was granted until its next period. Raises TG400 for what is no plan, TG421 for an unknown token type.';

CREATE FUNCTION tollgate.set_plan_price(plan text, amount_minor bigint, currency text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
#variable_conflict use_column
BEGIN
  IF NOT EXISTS (SELECT FROM tollgate.plans AS known WHERE known.plan = set_plan_price.plan) THEN
    RAISE EXCEPTION 'There is no such plan.' USING ERRCODE = 'TG404';
  END IF;
  IF (set_plan_price.amount_minor BETWEEN 0 AND 1000000000000 AND set_plan_price.currency ~ '^[A-Z]{3}$') IS NOT TRUE THEN
    RAISE EXCEPTION 'A price is 0 to 10^12 of a currency''s smallest unit, and the currency a code of ISO 4217.'
      USING ERRCODE = 'TG400';
  END IF;
  INSERT INTO tollgate.plan_prices AS known (plan, amount_minor, currency, updated_at)
  VALUES (set_plan_price.plan, set_plan_price.amount_minor, set_plan_price.currency, now())
  ON CONFLICT ON CONSTRAINT "a plan has one price" DO UPDATE
  SET amount_minor = excluded.amount_minor, currency = excluded.currency, updated_at = excluded.updated_at;
END
$_$;

ALTER FUNCTION tollgate.set_plan_price(plan text, amount_minor bigint, currency text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.set_plan_price(plan text, amount_minor bigint, currency text) IS 'Says what a plan costs for 30 days, for estimates. Raises TG404 for an unknown plan, TG400 for what is no price.';

CREATE FUNCTION tollgate.set_price(feature text, token_type text, cost bigint, rates jsonb DEFAULT NULL::jsonb, description text DEFAULT ''::text, endpoint_type text DEFAULT NULL::text) RETURNS tollgate.features
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
#variable_conflict use_column
DECLARE
  written tollgate.features;
BEGIN
  IF coalesce(set_price.feature !~ '^[a-z][a-z0-9_]{0,62}$', true) THEN
    RAISE EXCEPTION 'A feature is 1 to 63 of a-z, 0-9 and _, and begins with a letter.' USING ERRCODE = 'TG400';
  END IF;
  IF NOT EXISTS (SELECT FROM tollgate.token_types AS known WHERE known.token_type = set_price.token_type) THEN
    RAISE EXCEPTION 'There is no such token type.' USING ERRCODE = 'TG400', HINT = 'See tollgate.token_types.';
  END IF;
  IF (set_price.cost IS NULL) = (set_price.rates IS NULL) THEN
    RAISE EXCEPTION 'A price is either a cost or rates.' USING ERRCODE = 'TG400';
  END IF;
  IF set_price.cost NOT BETWEEN 0 AND 1000000000000000 THEN
    RAISE EXCEPTION 'A feature costs between 0 and 10^15 tokens.' USING ERRCODE = 'TG400';
  END IF;
  IF set_price.endpoint_type NOT IN ('single', 'composite', 'batch') THEN
    RAISE EXCEPTION 'An endpoint is single, composite or batch.' USING ERRCODE = 'TG400';
  END IF;
  INSERT INTO tollgate.features AS known (feature, token_type, cost, rates, description, endpoint_type)
  VALUES (set_price.feature, set_price.token_type, coalesce(set_price.cost, 0), set_price.rates,
    coalesce(set_price.description, ''), set_price.endpoint_type)
  ON CONFLICT (feature) DO UPDATE
  SET token_type = EXCLUDED.token_type,
    cost = EXCLUDED.cost,
    rates = EXCLUDED.rates,
    description = EXCLUDED.description,
    endpoint_type = EXCLUDED.endpoint_type
  RETURNING known.* INTO written;
  RETURN written;
END
$_$;

ALTER FUNCTION tollgate.set_price(feature text, token_type text, cost bigint, rates jsonb, description text, endpoint_type text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.set_price(feature text, token_type text, cost bigint, rates jsonb, description text, endpoint_type text) IS 'Makes a feature, or changes what it costs from the next use on: a cost per unit, or rates with dimensions. The same price again keeps its version. Raises TG400 for what is no price.';

CREATE FUNCTION tollgate.set_provider(provider text, authorization_url text, token_url text, revocation_url text, client_id text, client_secret bytea, client_authentication text, scopes text[], redirect_uri text, authorization_parameters jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  kept bytea := client_secret;
BEGIN
  IF kept IS NULL THEN
    -- Whoever changes where a secret is sent, or whose it is, has to know it: it comes out in no other way.
    SELECT known.client_secret
    INTO kept
    FROM tollgate.providers AS known
    WHERE known.provider = set_provider.provider
      AND known.token_url = set_provider.token_url
      AND known.revocation_url IS NOT DISTINCT FROM set_provider.revocation_url
      AND known.client_id = set_provider.client_id
    FOR UPDATE;
    IF kept IS NULL THEN
      RAISE EXCEPTION 'A new provider, and one that is asked elsewhere or under another client id, needs its client secret.'
        USING ERRCODE = 'TG400';
    END IF;
  END IF;
  BEGIN
    INSERT INTO tollgate.providers AS known (provider, authorization_url, token_url, revocation_url, client_id,
      client_secret, client_authentication, scopes, redirect_uri, authorization_parameters, updated_at)
    VALUES (set_provider.provider, set_provider.authorization_url, set_provider.token_url, set_provider.revocation_url,
      set_provider.client_id, kept, set_provider.client_authentication, set_provider.scopes, set_provider.redirect_uri,
      set_provider.authorization_parameters, tollgate.moment())
    ON CONFLICT ON CONSTRAINT "a provider has one row" DO UPDATE
    SET authorization_url = excluded.authorization_url,
      token_url = excluded.token_url,
      revocation_url = excluded.revocation_url,
      client_id = excluded.client_id,
      client_secret = excluded.client_secret,
      client_authentication = excluded.client_authentication,
      scopes = excluded.scopes,
      redirect_uri = excluded.redirect_uri,
      authorization_parameters = excluded.authorization_parameters,
      updated_at = excluded.updated_at;
  EXCEPTION
    WHEN check_violation OR not_null_violation THEN
      RAISE EXCEPTION 'That is no provider: a lower-case name, https URLs, a sealed secret, basic or post.'
        USING ERRCODE = 'TG400';
  END;
  IF set_provider.client_secret IS NOT NULL THEN
    -- What was refused may have been refused to a client that was registered wrongly here: it is tried once more.
    PERFORM tollgate.admit_organizations(tollgate.find_refused_credentials(set_provider.provider));
    UPDATE tollgate.credentials AS held
    SET state = 'connected'
    WHERE held.provider = set_provider.provider
      AND held.state = 'reconsent_required';
    PERFORM tollgate.admit_organizations('{}');
  END IF;
END
$$;

ALTER FUNCTION tollgate.set_provider(provider text, authorization_url text, token_url text, revocation_url text, client_id text, client_secret bytea, client_authentication text, scopes text[], redirect_uri text, authorization_parameters jsonb) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.set_provider(provider text, authorization_url text, token_url text, revocation_url text, client_id text, client_secret bytea, client_authentication text, scopes text[], redirect_uri text, authorization_parameters jsonb) IS 'Makes a provider, or replaces what is known of it. The client secret is sealed; NULL keeps the one there is, unless the provider is asked elsewhere from now on. With a client secret, credentials that the provider has refused are connected again, and tried once more. Raises TG400 for what is no provider, or lacks its secret.';

CREATE FUNCTION tollgate.set_user_role(organization_id uuid, user_id uuid, role text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  IF set_user_role.role IN ('viewer', 'member') IS NOT TRUE THEN
    RAISE EXCEPTION 'A user is a viewer or a member.' USING ERRCODE = 'TG400';
  END IF;
  PERFORM tollgate.admit_organizations(ARRAY[set_user_role.organization_id]);
  UPDATE public.user_profiles AS profile
  SET role = set_user_role.role, updated_at = tollgate.moment()
  WHERE profile.organization_id = set_user_role.organization_id AND profile.id = set_user_role.user_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no such user of this organization.' USING ERRCODE = 'TG404';
  END IF;
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.set_user_role(organization_id uuid, user_id uuid, role text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.set_user_role(organization_id uuid, user_id uuid, role text) IS 'Decides what a user may do in its organization, from the next request on: see viewer and member of user_profiles.role. Raises TG400 for an unknown role, TG404 for somebody who is no user of this organization.';

CREATE FUNCTION tollgate.settle(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[], idempotency_keys text[], event_ids text[], metadata jsonb[], transaction_ids uuid[], requests jsonb[] DEFAULT NULL::jsonb[]) RETURNS SETOF tollgate.settlement
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET jit TO 'off'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET enable_material TO 'off'
    SET enable_bitmapscan TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
  item_count CONSTANT integer := cardinality(features);
  item_numbers CONSTANT integer[] := array_positions(array_fill(1, ARRAY[item_count]), 1);
  moment CONSTANT timestamptz := tollgate.moment();
  this_week CONSTANT date := date_trunc('week', moment AT TIME ZONE 'UTC')::date;
  week_by_the_clock CONSTANT date := date_trunc('week', clock_timestamp() AT TIME ZONE 'UTC')::date;

  -- Each item, as worked out.
  types text[];
  costs bigint[];
  price_versions integer[];
  befores bigint[];
  afters bigint[];
  availables bigint[];
  sequences bigint[];
  states text[];
  from_purchased bigint[];
  rows_at tid[];
  is_final boolean[];

  locked_count bigint;
  can_all_pay boolean;
  is_new boolean;
  written bigint;
  admitted text;
BEGIN
  IF (cardinality(organization_ids) = item_count AND cardinality(user_ids) = item_count
      AND cardinality(membership_required) = item_count AND cardinality(units) = item_count
      AND cardinality(idempotency_keys) = item_count AND cardinality(event_ids) = item_count
      AND cardinality(metadata) = item_count AND cardinality(transaction_ids) = item_count
      AND coalesce(cardinality(requests), item_count) = item_count
      AND coalesce(array_ndims(transaction_ids) = 1 AND array_lower(transaction_ids, 1) = 1, true)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'A batch is arrays of the same length.' USING ERRCODE = 'TG400';
  END IF;
  IF item_count > 1000 THEN
    RAISE EXCEPTION 'A batch has at most 1000 items.' USING ERRCODE = 'TG400';
  END IF;
  IF item_count = 0 THEN
    RETURN;
  END IF;
  admitted := set_config('tollgate.organizations', tollgate.named_organizations(organization_ids), true);

  -- Within a week the primary key lets a key settle once. Across the turn of the week only a lock can: transactions
  -- last less than a minute, so those that could miss each other's keys are both in these two minutes. A transaction
  -- that was begun by hand last week also looks into the week that has come since. Whoever has no keys locks them, too: so
  -- everybody locks them before the balances.
  IF date_trunc('week', (moment - interval '1 minute') AT TIME ZONE 'UTC')
    <> date_trunc('week', (moment + interval '1 minute') AT TIME ZONE 'UTC')
  THEN
    PERFORM tollgate.lock_keys(organization_ids);
  END IF;

  IF requests IS NULL THEN
    WITH named AS MATERIALIZED (
      SELECT
        item.n,
        item.organization_id,
        offered.token_type,
        item.units * offered.cost AS cost,
        offered.price_version,
        -- Where a balance exists its organization does: all there is to ask is whether it may spend.
        offered.rates IS NULL AND NOT offered.is_limited AND NOT EXISTS (
          SELECT
          FROM public.organizations AS organization
          WHERE organization.id = item.organization_id AND organization.status = 'suspended'
        ) AS is_plain,
        row_number() OVER (PARTITION BY item.organization_id, offered.token_type ORDER BY item.n) AS place
      FROM (
        SELECT
          unnest(item_numbers) AS n, unnest(organization_ids) AS organization_id, unnest(user_ids) AS user_id,
          unnest(membership_required) AS membership_required, unnest(features) AS feature, unnest(units) AS units
      ) AS item
        JOIN tollgate.features AS offered ON offered.feature = item.feature
      WHERE item.units BETWEEN 1 AND 1000000000000000 / greatest(offered.cost, 1)
        AND (item.membership_required IS FALSE
          OR EXISTS (
            SELECT
            FROM public.user_profiles AS membership
            WHERE membership.organization_id = item.organization_id AND membership.id = item.user_id
              AND membership.role <> 'viewer'
          ))
    )
    SELECT
      count(*),
      bool_and(worked_out.is_plain AND worked_out.available >= worked_out.floor),
      array_agg(worked_out.token_type), array_agg(worked_out.cost), array_agg(worked_out.price_version),
      array_agg(worked_out.row_at),
      array_agg(worked_out.after + worked_out.cost),
      array_agg(worked_out.after), array_agg(worked_out.available), array_agg(worked_out.sequence),
      array_agg(tollgate.state_between(worked_out.available, worked_out.critical_threshold, worked_out.warning_threshold)),
      -- The plan's tokens go first: what was bought pays what they no longer can.
      array_agg(greatest(0, least(worked_out.purchased, worked_out.after + worked_out.cost))
        - greatest(0, least(worked_out.purchased, worked_out.after))),
      array_agg(worked_out.is_final)
    INTO locked_count, can_all_pay, types, costs, price_versions, rows_at, befores, afters, availables, sequences,
      states, from_purchased, is_final
    FROM (
      SELECT
        totalled.*,
        totalled.balance - totalled.total AS after,
        totalled.balance - totalled.reserved - totalled.total AS available,
        totalled.ledger_sequence + totalled.place AS sequence
      FROM (
        SELECT
          item.n, item.token_type, item.cost, item.price_version, item.is_plain, item.place,
          first_value(item.row_at) OVER movements AS row_at,
          first_value(item.balance) OVER movements AS balance,
          first_value(item.reserved) OVER movements AS reserved,
          first_value(item.purchased) OVER movements AS purchased,
          first_value(item.ledger_sequence) OVER movements AS ledger_sequence,
          first_value(item.floor) OVER movements AS floor,
          first_value(item.critical_threshold) OVER movements AS critical_threshold,
          first_value(item.warning_threshold) OVER movements AS warning_threshold,
          (sum(item.cost) OVER movements)::bigint AS total,
          lead(item.n) OVER movements IS NULL AS is_final
        FROM (
          -- Each balance is looked for once: where a long snapshot keeps the versions of a hot one alive, that visits
          -- them all. Every transaction locks in key order, which is what keeps several servers from deadlocking.
          SELECT locked.*
          FROM (
            SELECT
              named.*,
              token.ctid AS row_at, token.balance, token.reserved, token.purchased, token.ledger_sequence,
              -- Down to here nothing happens but that tokens are spent.
              CASE
                WHEN token.balance <> token.ledger_balance OR token.refresh_date <= moment OR token.due_at <= moment THEN
                  9223372036854775807
                ELSE greatest(
                  -token.overdraft,
                  token.request_below,
                  CASE WHEN kind.critical_blocks THEN tollgate.critical_threshold(token.total_allocated, kind) END,
                  CASE token.announced
                    WHEN 0 THEN tollgate.warning_threshold(token.total_allocated, kind)
                    WHEN 1 THEN tollgate.critical_threshold(token.total_allocated, kind)
                    WHEN 2 THEN 1
                  END)
              END AS floor,
              tollgate.critical_threshold(token.total_allocated, kind) AS critical_threshold,
              tollgate.warning_threshold(token.total_allocated, kind) AS warning_threshold
            FROM named
              JOIN tollgate.token_types AS kind ON kind.token_type = named.token_type
              JOIN public.ai_tokens AS token
                ON token.organization_id = named.organization_id AND token.token_type = named.token_type
            WHERE named.place = 1
            ORDER BY named.organization_id, named.token_type
            FOR NO KEY UPDATE OF token
          ) AS locked
          UNION ALL
          SELECT named.*, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
          FROM named
          WHERE named.place > 1
        ) AS item
        WINDOW movements AS (PARTITION BY item.organization_id, item.token_type ORDER BY item.n ROWS UNBOUNDED PRECEDING)
      ) AS totalled
      WHERE totalled.row_at IS NOT NULL
      ORDER BY totalled.n
    ) AS worked_out;
    can_all_pay := can_all_pay AND locked_count = item_count;
  END IF;

  IF can_all_pay THEN
    WITH settled AS MATERIALIZED (
      SELECT
        unnest(organization_ids) AS organization_id, unnest(user_ids) AS user_id, unnest(features) AS feature,
        unnest(units) AS units, unnest(idempotency_keys) AS key, unnest(event_ids) AS event_id,
        unnest(metadata) AS metadata, unnest(transaction_ids) AS id, unnest(types) AS token_type,
        unnest(costs) AS cost, unnest(price_versions) AS price_version, unnest(rows_at) AS row_at,
        unnest(befores) AS balance_before, unnest(afters) AS balance_after, unnest(availables) AS available,
        unnest(sequences) AS sequence, unnest(states) AS state, unnest(from_purchased) AS from_purchased,
        unnest(is_final) AS is_final
    ),
    -- A week at a time: each is one partition, and one descent into its index.
    verdict AS MATERIALIZED (
      SELECT bool_or(
        named.uses > 1
        OR EXISTS (
          SELECT
          FROM tollgate.idempotency_keys AS kept
          WHERE kept.organization_id = named.organization_id AND kept.key = named.key AND kept.week = this_week
        )
        OR EXISTS (
          SELECT
          FROM tollgate.idempotency_keys AS kept
          WHERE kept.organization_id = named.organization_id AND kept.key = named.key AND kept.week = this_week - 7
        )
        OR week_by_the_clock <> this_week AND EXISTS (
          SELECT
          FROM tollgate.idempotency_keys AS kept
          WHERE kept.organization_id = named.organization_id AND kept.key = named.key AND kept.week = week_by_the_clock
        )
      ) IS NOT TRUE AS is_new
      FROM (
        SELECT settled.organization_id, settled.key COLLATE "C" AS key, count(*) AS uses
        FROM settled
        WHERE settled.key IS NOT NULL
        GROUP BY settled.organization_id, settled.key COLLATE "C"
      ) AS named
    ),
    keys AS (
      INSERT INTO tollgate.idempotency_keys
        (organization_id, key, week, fingerprint, outcome, transaction_id, token_type, cost, balance_before,
         balance_after, available, state, created_at)
      SELECT settled.organization_id, settled.key, this_week,
        tollgate.fingerprint(settled.user_id, settled.feature, settled.units, settled.event_id, settled.metadata, NULL),
        'success', settled.id, settled.token_type, settled.cost, settled.balance_before, settled.balance_after,
        settled.available, settled.state, moment
      FROM settled
      WHERE (SELECT verdict.is_new FROM verdict)
        AND settled.key IS NOT NULL
    ),
    uses AS (
      INSERT INTO public.ai_token_usage_log
        (id, organization_id, user_id, token_type, feature_used, tokens_deducted, remaining_balance, metadata,
         created_at, units, price_version, event_id, idempotency_key, sequence, from_purchased)
      SELECT settled.id, settled.organization_id, settled.user_id, settled.token_type, settled.feature, settled.cost,
        settled.balance_after, coalesce(settled.metadata, '{}'), moment, settled.units, settled.price_version,
        settled.event_id, settled.key, settled.sequence, settled.from_purchased
      FROM settled
      WHERE (SELECT verdict.is_new FROM verdict)
    ),
    -- By the rows' places, which cannot change while they are locked.
    balances AS (
      UPDATE public.ai_tokens AS token
      SET balance = settled.balance_after,
        ledger_balance = settled.balance_after,
        purchased = greatest(0, least(token.purchased, settled.balance_after)),
        total_used = token.total_used + token.balance - settled.balance_after,
        ledger_sequence = settled.sequence,
        last_used_at = moment,
        updated_at = now()
      FROM settled
      WHERE settled.is_final
        AND token.ctid = settled.row_at
        AND (SELECT verdict.is_new FROM verdict)
      RETURNING 1
    )
    SELECT verdict.is_new, (SELECT count(*) FROM balances) INTO is_new, written FROM verdict;
    IF is_new THEN
      IF written <> cardinality(array_positions(is_final, true)) THEN
        RAISE EXCEPTION 'settle wrote % balances of %', written, cardinality(array_positions(is_final, true))
          USING ERRCODE = 'internal_error';
      END IF;
      RETURN QUERY
      SELECT answer.n::bigint, 'success', answer.id, answer.token_type, answer.cost, answer.balance_before,
        answer.balance_after, answer.available, answer.state, NULL::text, moment, false, NULL::jsonb
      FROM (
        SELECT
          unnest(item_numbers) AS n, unnest(transaction_ids) AS id, unnest(types) AS token_type, unnest(costs) AS cost,
          unnest(befores) AS balance_before, unnest(afters) AS balance_after, unnest(availables) AS available,
          unnest(states) AS state
      ) AS answer;
      admitted := set_config('tollgate.organizations', '', true);
      RETURN;
    END IF;
  END IF;

  RETURN QUERY
  SELECT *
  FROM tollgate.settle_in_order(organization_ids, user_ids, membership_required, features, units, idempotency_keys,
    event_ids, metadata, transaction_ids, requests);
  admitted := set_config('tollgate.organizations', '', true);
END
$$;

ALTER FUNCTION tollgate.settle(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[], idempotency_keys text[], event_ids text[], metadata jsonb[], transaction_ids uuid[], requests jsonb[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.settle(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[], idempotency_keys text[], event_ids text[], metadata jsonb[], transaction_ids uuid[], requests jsonb[]) IS 'Settles a batch in one transaction: each item is answered as if alone and in order. Refusals are rows (outcome), never exceptions. An element of requests that is not NULL asks for something else than a plain deduction: see docs/settlement.md.';

CREATE FUNCTION tollgate.settle_atomically(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[], idempotency_keys text[], event_ids text[], metadata jsonb[], transaction_ids uuid[], requests jsonb[] DEFAULT NULL::jsonb[]) RETURNS SETOF tollgate.settlement
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  settled tollgate.settlement[];
  admitted text;
BEGIN
  BEGIN
    SELECT array_agg(answer ORDER BY answer.item)
    INTO settled
    FROM tollgate.settle(organization_ids, user_ids, membership_required, features, units, idempotency_keys, event_ids,
      metadata, transaction_ids, requests) AS answer;
    IF EXISTS (SELECT FROM unnest(settled) AS answer WHERE answer.outcome <> 'success') THEN
      RAISE EXCEPTION 'The batch is refused.' USING ERRCODE = 'TG100';
    END IF;
  EXCEPTION
    -- What was written is undone, what was decided is still known: the refusals are recorded, the rest never happened.
    -- Without their keys: none is remembered, so that the same batch may be sent again, refused again or granted.
    WHEN SQLSTATE 'TG100' THEN
      admitted := set_config('tollgate.organizations', organization_ids::text, true);
      PERFORM tollgate.record_refusals(
        array_agg(answer.transaction_id), array_agg(organization_ids[answer.item]), array_agg(answer.token_type),
        array_agg(answer.balance_before), array_agg(user_ids[answer.item]), array_agg(features[answer.item]),
        array_agg(answer.outcome), array_agg(answer.cost), array_agg(NULL::integer), array_agg(event_ids[answer.item]),
        array_agg(NULL::text), array_agg(metadata[answer.item]), array_agg(answer.details),
        array_agg(answer.replayed))
      FROM unnest(settled) AS answer;
      PERFORM tollgate.lock_limits(organization_ids);
      PERFORM tollgate.count_refusal(organization_ids[answer.item], user_ids[answer.item], features[answer.item],
        answer.token_type)
      FROM unnest(settled) AS answer
      WHERE answer.outcome IN ('insufficient_tokens', 'critical_balance', 'not_on_plan') AND NOT answer.replayed;
      admitted := set_config('tollgate.organizations', '', true);
      RETURN QUERY
      SELECT answer.item, 'batch_refused', NULL::uuid, NULL::text, NULL::bigint, NULL::bigint, NULL::bigint,
        NULL::bigint, NULL::text, NULL::text, NULL::timestamptz, false, NULL::jsonb
      FROM unnest(settled) AS answer
      WHERE answer.outcome = 'success' AND NOT answer.replayed
      UNION ALL
      SELECT answer.*
      FROM unnest(settled) AS answer
      WHERE answer.outcome <> 'success' OR answer.replayed;
      RETURN;
  END;
  RETURN QUERY SELECT answer.* FROM unnest(settled) AS answer;
END
$$;

ALTER FUNCTION tollgate.settle_atomically(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[], idempotency_keys text[], event_ids text[], metadata jsonb[], transaction_ids uuid[], requests jsonb[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.settle_atomically(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[], idempotency_keys text[], event_ids text[], metadata jsonb[], transaction_ids uuid[], requests jsonb[]) IS 'Settles a batch as a whole or not at all. When one item is not granted the others are batch_refused (but for those settled before, whose answers stand), no key is remembered, and the refusals are recorded with the balance they met after the items before them.';

CREATE FUNCTION tollgate.settle_call(organization_id uuid, user_id uuid, membership_required boolean, cache tollgate.caches, key_hash bytea, lease_id uuid, idempotency_key text, remaining bigint DEFAULT NULL::bigint, lease_ends_at timestamp with time zone DEFAULT NULL::timestamp with time zone) RETURNS tollgate.settlement
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
#variable_conflict use_column
DECLARE
  -- Which makes another key another request under the same idempotency key.
  call CONSTANT jsonb := jsonb_build_object(
    'cache', (settle_call.cache).cache_name, 'key', encode(settle_call.key_hash, 'hex'));
  remembered_under text := settle_call.idempotency_key;
  described jsonb;
  settled tollgate.settlement;
BEGIN
  FOR attempt IN 1..3 LOOP
    described := call || jsonb_build_object(
      'remaining', settle_call.remaining, 'leaseEndsAt', tollgate.rfc3339(settle_call.lease_ends_at));
    IF remembered_under IS NOT NULL THEN
      -- What the same request was answered before. A member can write such metadata with a deduction of its own; that is
      -- another request, by its fingerprint.
      SELECT coalesce(max(entry.metadata::text)::jsonb - 'refusal', described)
      INTO described
      FROM tollgate.idempotency_keys AS kept
        JOIN tollgate.ledger AS entry
          ON entry.organization_id = kept.organization_id AND entry.id = kept.transaction_id
      WHERE kept.organization_id = settle_call.organization_id
        AND kept.key = remembered_under COLLATE "C"
        AND kept.week >= date_trunc('week', tollgate.moment() AT TIME ZONE 'UTC')::date - 7
        AND entry.metadata @> call
        AND entry.metadata ->> 'remaining' ~ '^[0-9]{1,16}$'
        AND entry.metadata ->> 'leaseEndsAt' ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?Z$';
    END IF;
    BEGIN
      SELECT answer.*
      INTO settled
      FROM tollgate.settle(
        ARRAY[settle_call.organization_id], ARRAY[settle_call.user_id], ARRAY[settle_call.membership_required],
        ARRAY[(settle_call.cache).feature], ARRAY[1::bigint], ARRAY[remembered_under], ARRAY[NULL::text],
        -- No other request says that it is a call: what was settled as anything else is none.
        ARRAY[described], ARRAY[settle_call.lease_id], ARRAY['{"operation": "deduct", "isCall": true}'::jsonb]) AS answer;
      EXIT WHEN remembered_under IS NULL OR settled.replayed
        OR settled.outcome <> ALL (tollgate.recorded_refusals());
      -- A refusal is the fallback, and those are not remembered: it is settled again without the key.
      RAISE EXCEPTION 'A refusal is not remembered.' USING ERRCODE = 'TG000';
    EXCEPTION
      WHEN SQLSTATE 'TG000' THEN
        remembered_under := NULL;
      -- Somebody settled the same idempotency key at this moment: the second look finds it.
      WHEN unique_violation THEN
        IF attempt > 1 THEN
          RAISE;
        END IF;
    END;
  END LOOP;
  IF settled.outcome = 'success' THEN
    settled.details := described;
  END IF;
  PERFORM tollgate.admit_organizations(
    ARRAY[settle_call.organization_id, '00000000-0000-0000-0000-000000000000']);
  RETURN settled;
END
$_$;

ALTER FUNCTION tollgate.settle_call(organization_id uuid, user_id uuid, membership_required boolean, cache tollgate.caches, key_hash bytea, lease_id uuid, idempotency_key text, remaining bigint, lease_ends_at timestamp with time zone) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.settle_call(organization_id uuid, user_id uuid, membership_required boolean, cache tollgate.caches, key_hash bytea, lease_id uuid, idempotency_key text, remaining bigint, lease_ends_at timestamp with time zone) IS 'Charges one unit of the cache''s feature, under the lease''s id, as tollgate.settle does; or replays the call that was charged under the idempotency key, which remembers no refusal. The details of a success say how many calls remained, and when the lease ends.';

CREATE FUNCTION tollgate.settle_in_order(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[], idempotency_keys text[], event_ids text[], metadata jsonb[], transaction_ids uuid[], requests jsonb[]) RETURNS SETOF tollgate.settlement
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  item_numbers CONSTANT integer[] := array_positions(array_fill(1, ARRAY[cardinality(features)]), 1);
  has_keys CONSTANT boolean := cardinality(array_remove(idempotency_keys, NULL)) > 0;
  moment CONSTANT timestamptz := tollgate.moment();
  refusals CONSTANT text[] := tollgate.recorded_refusals();
  this_week CONSTANT date := date_trunc('week', moment AT TIME ZONE 'UTC')::date;

  -- Each item, as decided.
  users uuid[];
  spent_on text[];
  ids uuid[];
  types text[];
  costs bigint[];
  price_versions integer[];
  outcomes text[];
  befores bigint[];
  afters bigint[];
  availables bigint[];
  sequences bigint[];
  states text[];
  from_purchased bigint[];
  reservation_ids uuid[];
  held_units jsonb[];
  details jsonb[];
  is_use boolean[];
  times timestamptz[];
  is_replay boolean[];
BEGIN
  SELECT *
  INTO users, spent_on, ids, types, costs, price_versions, outcomes, befores, afters, availables, sequences, states,
    from_purchased, reservation_ids, held_units, details, is_use, times, is_replay
  -- Keys may be known: that is looked up there.
  FROM tollgate.decide_in_order(organization_ids, user_ids, membership_required, features, units, idempotency_keys,
    event_ids, metadata, transaction_ids, requests, has_keys);
  -- Uses that no balance was involved in.
  IF array_position(sequences, NULL) IS NOT NULL AND is_use && ARRAY[true] THEN
    PERFORM tollgate.note_late_entries(organization_ids, ids, ARRAY(
      SELECT spent.is_use AND spent.sequence IS NULL
      FROM unnest(is_use, sequences) WITH ORDINALITY AS spent (is_use, sequence, n)
      ORDER BY spent.n
    ));
  END IF;

  INSERT INTO public.ai_token_usage_log
    (id, organization_id, user_id, token_type, feature_used, tokens_deducted, remaining_balance, metadata, created_at,
     units, price_version, event_id, idempotency_key, sequence, from_purchased, reservation_id, dimensions)
  SELECT spent.id, spent.organization_id, spent.user_id, spent.token_type, spent.feature, spent.cost,
    spent.balance_after, coalesce(spent.metadata, '{}'), moment,
    CASE
      WHEN jsonb_typeof(spent.held_units) = 'number' THEN (spent.held_units #>> '{}')::bigint
      ELSE coalesce(spent.units, 1)
    END,
    coalesce(spent.price_version, 1), spent.event_id, spent.key, spent.sequence, coalesce(spent.from_purchased, 0),
    spent.reservation_id,
    CASE
      WHEN jsonb_typeof(spent.held_units) = 'object' THEN spent.held_units
      ELSE spent.request -> 'units'
    END
  FROM (
    SELECT
      unnest(ids) AS id, unnest(organization_ids) AS organization_id, unnest(users) AS user_id,
      unnest(types) AS token_type, unnest(spent_on) AS feature, unnest(costs) AS cost,
      unnest(afters) AS balance_after, unnest(metadata) AS metadata, unnest(units) AS units,
      unnest(price_versions) AS price_version, unnest(event_ids) AS event_id, unnest(idempotency_keys) AS key,
      unnest(sequences) AS sequence, unnest(from_purchased) AS from_purchased,
      unnest(reservation_ids) AS reservation_id, unnest(held_units) AS held_units, unnest(requests) AS request,
      unnest(is_use) AS is_use
  ) AS spent
  WHERE spent.is_use;

  IF outcomes && refusals THEN
    PERFORM tollgate.record_refusals(ids, organization_ids, types, befores, users, spent_on, outcomes, costs,
      price_versions, event_ids, idempotency_keys, metadata, details, is_replay);
  END IF;

  IF has_keys THEN
    INSERT INTO tollgate.idempotency_keys
      (organization_id, key, week, fingerprint, outcome, transaction_id, token_type, cost, balance_before,
       balance_after, available, state, details, created_at)
    SELECT answered.organization_id, answered.key, this_week,
      tollgate.fingerprint(answered.user_id, answered.feature, answered.units, answered.event_id, answered.metadata,
        answered.request),
      answered.outcome, answered.id, answered.token_type, answered.cost, answered.balance_before,
      answered.balance_after, answered.available, answered.state, answered.details, answered.created_at
    FROM (
      SELECT
        unnest(organization_ids) AS organization_id, unnest(idempotency_keys) AS key, unnest(user_ids) AS user_id,
        unnest(features) AS feature, unnest(units) AS units, unnest(event_ids) AS event_id,
        unnest(metadata) AS metadata, unnest(requests) AS request, unnest(outcomes) AS outcome, unnest(ids) AS id,
        unnest(types) AS token_type, unnest(costs) AS cost, unnest(befores) AS balance_before,
        unnest(afters) AS balance_after, unnest(availables) AS available, unnest(states) AS state,
        unnest(details) AS details, unnest(times) AS created_at, unnest(is_replay) AS is_replay
    ) AS answered
    WHERE answered.key IS NOT NULL
      AND answered.outcome IN ('success', 'insufficient_tokens', 'critical_balance')
      AND NOT answered.is_replay;
  END IF;

  RETURN QUERY
  SELECT answer.n::bigint, answer.outcome, answer.id, answer.token_type, answer.cost, answer.balance_before,
    answer.balance_after, answer.available, answer.state,
    CASE WHEN answer.outcome = 'not_on_plan' THEN tollgate.plan_title(answer.organization_id) END, answer.created_at,
    answer.is_replay, answer.details
  FROM (
    SELECT
      unnest(item_numbers) AS n, unnest(outcomes) AS outcome, unnest(ids) AS id,
      unnest(organization_ids) AS organization_id, unnest(types) AS token_type, unnest(costs) AS cost,
      unnest(befores) AS balance_before, unnest(afters) AS balance_after, unnest(availables) AS available,
      unnest(states) AS state, unnest(times) AS created_at, unnest(is_replay) AS is_replay, unnest(details) AS details
  ) AS answer;
END
$$;

ALTER FUNCTION tollgate.settle_in_order(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[], idempotency_keys text[], event_ids text[], metadata jsonb[], transaction_ids uuid[], requests jsonb[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.settle_in_order(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[], idempotency_keys text[], event_ids text[], metadata jsonb[], transaction_ids uuid[], requests jsonb[]) IS 'Settles the items of a batch one after the other. Whoever calls it has admitted itself to the organizations of the batch, and at the turn of the week locked their keys.';

CREATE FUNCTION tollgate.settle_one(organization_id uuid, user_id uuid, feature text, units bigint, idempotency_key text, metadata jsonb, request jsonb) RETURNS tollgate.settlement
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
DECLARE
  caller CONSTANT record := tollgate.identify_caller(settle_one.organization_id, settle_one.user_id);
  answer tollgate.settlement;
BEGIN
  IF idempotency_key !~ '^[\x21-\x7E]{1,255}$' THEN
    RAISE EXCEPTION 'An idempotency key is 1 to 255 printable ASCII characters.' USING ERRCODE = 'TG400';
  END IF;
  IF jsonb_typeof(metadata) <> 'object' OR octet_length(metadata::text) > 8192 THEN
    RAISE EXCEPTION 'metadata is an object of at most 8192 bytes.' USING ERRCODE = 'TG400';
  END IF;

  FOR attempt IN 1..2 LOOP
    BEGIN
      SELECT settled.*
      INTO answer
      FROM tollgate.settle(
        ARRAY[caller.organization_id], ARRAY[caller.user_id], ARRAY[caller.membership_required], ARRAY[feature],
        ARRAY[units], ARRAY[idempotency_key], ARRAY[NULL::text], ARRAY[metadata], ARRAY[tollgate.time_ordered_id()],
        CASE WHEN request IS NOT NULL THEN ARRAY[request] END) AS settled;
      EXIT;
    EXCEPTION
      -- Somebody settled the same key at this moment: the second look finds it.
      WHEN unique_violation THEN
        IF attempt = 2 THEN
          RAISE;
        END IF;
    END;
  END LOOP;
  IF answer.outcome = 'amount_out_of_range' AND request ->> 'operation' = 'adjust' THEN
    RAISE EXCEPTION '% tokens are available. An adjustment is not 0, takes at most those and the overdraft, and leaves at most 10^18.',
      answer.available USING ERRCODE = 'TG422';
  END IF;
  PERFORM tollgate.raise_unless_decided(answer.outcome);
  RETURN answer;
END
$_$;

ALTER FUNCTION tollgate.settle_one(organization_id uuid, user_id uuid, feature text, units bigint, idempotency_key text, metadata jsonb, request jsonb) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.settle_one(organization_id uuid, user_id uuid, feature text, units bigint, idempotency_key text, metadata jsonb, request jsonb) IS 'A batch of one for tollgate.settle, on behalf of who calls from psql or an RPC. What is no decision is raised: TG400 invalid argument, TG401 no user, TG403, TG404, TG409, TG421, TG422, TG423 as tollgate.raise_unless_decided says.';

CREATE FUNCTION tollgate.spending_outcome(cost bigint, available bigint, overdraft bigint, blocked_below bigint, refill_reach bigint, is_without_plan boolean) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  SELECT CASE
    WHEN cost = 0 OR cost <= available + overdraft THEN
      CASE WHEN available < blocked_below THEN 'critical_balance' ELSE 'success' END
    WHEN cost <= refill_reach THEN 'refilling'
    WHEN is_without_plan AND available <= 0 THEN 'not_on_plan'
    ELSE 'insufficient_tokens'
  END
$$;

ALTER FUNCTION tollgate.spending_outcome(cost bigint, available bigint, overdraft bigint, blocked_below bigint, refill_reach bigint, is_without_plan boolean) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.spending_outcome(cost bigint, available bigint, overdraft bigint, blocked_below bigint, refill_reach bigint, is_without_plan boolean) IS 'Whether so many tokens can be spent: of those available, down to the overdraft, but not below a threshold that blocks (NULL: none). What a bucket has once it is full (refill_reach, NULL: no bucket) is worth waiting for.';

CREATE FUNCTION tollgate.state_between(available bigint, critical_below bigint, warning_below bigint) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  SELECT CASE
    WHEN available <= 0 THEN 'exhausted'
    WHEN available < critical_below THEN 'critical'
    WHEN available < warning_below THEN 'warning'
    WHEN available IS NOT NULL THEN 'safe'
  END
$$;

ALTER FUNCTION tollgate.state_between(available bigint, critical_below bigint, warning_below bigint) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.state_between(available bigint, critical_below bigint, warning_below bigint) IS 'safe, warning, critical or exhausted, for a number of available tokens and the thresholds they are held against; NULL for NULL.';

CREATE FUNCTION tollgate.state_level(state text) RETURNS smallint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  SELECT CASE state WHEN 'warning' THEN 1 WHEN 'critical' THEN 2 WHEN 'exhausted' THEN 3 ELSE 0 END::smallint
$$;

ALTER FUNCTION tollgate.state_level(state text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.state_level(state text) IS 'How bad a state is: 0 safe, 1 warning, 2 critical, 3 exhausted.';

CREATE FUNCTION tollgate.store_in_cache(organization_id uuid, user_id uuid, membership_required boolean, cache_name text, lease_id uuid, value json, OUT outcome text, OUT ends_at timestamp with time zone, OUT replayed boolean) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  moment CONSTANT timestamptz := tollgate.moment();
  cache tollgate.caches;
  entry tollgate.cache_entries;
BEGIN
  IF (octet_length(store_in_cache.value::text) <= 65536) IS NOT TRUE THEN
    RAISE EXCEPTION 'A value is JSON of at most 64 KiB.' USING ERRCODE = 'TG400';
  END IF;
  replayed := false;
  PERFORM tollgate.admit_organizations(ARRAY[store_in_cache.organization_id, '00000000-0000-0000-0000-000000000000']);
  outcome := tollgate.may_change(
    store_in_cache.organization_id, store_in_cache.user_id, store_in_cache.membership_required);
  IF outcome = 'success' THEN
    cache := tollgate.cache_of(store_in_cache.organization_id, store_in_cache.cache_name);
    SELECT known.*
    INTO entry
    FROM tollgate.cache_entries AS known
    WHERE known.organization_id = store_in_cache.organization_id
      AND known.cache_name = cache.cache_name
      AND known.lease_id = store_in_cache.lease_id
    FOR NO KEY UPDATE;
    CASE
      WHEN cache.cache_id IS NULL THEN
        outcome := 'unknown_cache';
      WHEN entry.lease_id IS NULL THEN
        outcome := tollgate.lease_outcome(
          store_in_cache.organization_id, store_in_cache.cache_name, store_in_cache.lease_id);
      WHEN entry.value::text = store_in_cache.value::text THEN
        replayed := true;
        ends_at := entry.ends_at;
      WHEN entry.value IS NOT NULL OR entry.ends_at <= moment THEN
        outcome := 'lease_over';
      ELSE
        -- One at a time, so that each counts what the others have stored.
        PERFORM pg_advisory_xact_lock(
          hash_record_extended(ROW('cache'::text, store_in_cache.organization_id, store_in_cache.cache_name), 0));
        UPDATE tollgate.cache_entries AS known
        SET value = store_in_cache.value,
          stored_at = moment,
          ends_at = moment + make_interval(secs => cache.ttl_seconds),
          last_used_at = moment
        WHERE known.organization_id = entry.organization_id
          AND known.cache_name = entry.cache_name
          AND known.key_hash = entry.key_hash
        RETURNING known.ends_at INTO ends_at;
        PERFORM tollgate.evict_entries(cache, store_in_cache.organization_id, entry.key_hash);
        PERFORM pg_notify('tollgate_leases', store_in_cache.lease_id::text);
    END CASE;
  END IF;
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.store_in_cache(organization_id uuid, user_id uuid, membership_required boolean, cache_name text, lease_id uuid, value json, OUT outcome text, OUT ends_at timestamp with time zone, OUT replayed boolean) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.store_in_cache(organization_id uuid, user_id uuid, membership_required boolean, cache_name text, lease_id uuid, value json, OUT outcome text, OUT ends_at timestamp with time zone, OUT replayed boolean) IS 'Stores the result of the call that a lease was granted for, and tells those who wait. outcome: success (again with the same value: replayed), lease_over for one that has ended, been replaced or brought another value, unknown_lease, unknown_cache, forbidden or unknown_organization. Raises TG400 for a value of more than 64 KiB.';

CREATE FUNCTION tollgate.store_refreshed(organization_id uuid, provider text, lease_id uuid, version bigint, refresh_token bytea, access_token bytea, expires_in_milliseconds bigint, fresh_milliseconds bigint) RETURNS TABLE(outcome text, access_token_expires_at timestamp with time zone)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  tenant CONSTANT uuid := store_refreshed.organization_id;
  moment CONSTANT timestamptz := tollgate.moment();
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[tenant]);
  -- By the version and not by the lease: where that has run out meanwhile, what the provider gave is still the newest
  -- there is, unless somebody else has stored something.
  UPDATE tollgate.credentials AS held
  SET state = 'connected',
    refresh_token = coalesce(store_refreshed.refresh_token, held.refresh_token),
    access_token = store_refreshed.access_token,
    access_token_expires_at = moment + store_refreshed.expires_in_milliseconds * interval '1 millisecond',
    access_token_fresh_until = moment + store_refreshed.fresh_milliseconds * interval '1 millisecond',
    version = held.version + 1,
    refreshed_at = moment,
    lease_id = store_refreshed.lease_id,
    lease_ends_at = NULL,
    retry_at = NULL
  WHERE held.organization_id = tenant
    AND held.provider = store_refreshed.provider
    AND held.version = store_refreshed.version
  RETURNING held.access_token_expires_at
  INTO access_token_expires_at;
  IF NOT FOUND THEN
    -- Asked for twice, because the answer to the first was lost.
    SELECT held.access_token_expires_at
    INTO access_token_expires_at
    FROM tollgate.credentials AS held
    WHERE held.organization_id = tenant
      AND held.provider = store_refreshed.provider
      AND held.version = store_refreshed.version + 1
      AND held.lease_id = store_refreshed.lease_id
      AND held.lease_ends_at IS NULL;
  END IF;
  outcome := CASE WHEN FOUND THEN 'success' ELSE 'superseded' END;
  PERFORM tollgate.admit_organizations('{}');
  RETURN NEXT;
END
$$;

ALTER FUNCTION tollgate.store_refreshed(organization_id uuid, provider text, lease_id uuid, version bigint, refresh_token bytea, access_token bytea, expires_in_milliseconds bigint, fresh_milliseconds bigint) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.store_refreshed(organization_id uuid, provider text, lease_id uuid, version bigint, refresh_token bytea, access_token bytea, expires_in_milliseconds bigint, fresh_milliseconds bigint) IS 'Keeps what a provider gave for the refresh token of this version: a new access token and, unless it is NULL, the refresh token that takes the old one''s place, both at once. Twice is once. One row: outcome is success, or superseded where the organization has connected anew, disconnected or refreshed meanwhile.';

CREATE FUNCTION tollgate.stored_content_bytes(settings tollgate.content_budgets) RETURNS bigint
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  RETURN coalesce(settings.stored_bytes, (
    SELECT coalesce(sum(tollgate.content_bytes(kept.instructions, kept.examples, kept.signals)), 0)::bigint
    FROM tollgate.content_attributes AS kept
    WHERE kept.organization_id = settings.organization_id
  ));
END
$$;

ALTER FUNCTION tollgate.stored_content_bytes(settings tollgate.content_budgets) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.stored_content_bytes(settings tollgate.content_budgets) IS 'Bytes of all texts that an organization has: as they were counted, or counted now. The caller has admitted itself.';

CREATE FUNCTION tollgate.suspend_organization(organization_id uuid, reason text DEFAULT NULL::text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  IF length(reason) > 500 THEN
    RAISE EXCEPTION 'A reason has at most 500 characters.' USING ERRCODE = 'TG400';
  END IF;
  RETURN tollgate.set_organization_status(organization_id, 'suspended', 'organization_suspended',
    jsonb_build_object('reason', reason));
END
$$;

ALTER FUNCTION tollgate.suspend_organization(organization_id uuid, reason text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.suspend_organization(organization_id uuid, reason text) IS 'Ends an organization''s spending, for an unpaid bill for instance, from the next request on. Balances stay as they are. Returns whether it was active before. Raises TG404 for an unknown organization, TG400 for a reason of more than 500 characters.';

CREATE FUNCTION tollgate.sweep(batch_limit integer DEFAULT 500, everywhere boolean DEFAULT false) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  due record;
  swept integer := 0;
BEGIN
  IF (batch_limit BETWEEN 1 AND 10000) IS NOT TRUE THEN
    RAISE EXCEPTION 'A sweep takes 1 to 10000 balances.' USING ERRCODE = 'TG400';
  END IF;
  SELECT * INTO due FROM tollgate.find_due_balances(batch_limit, everywhere IS TRUE);
  PERFORM tollgate.admit_organizations(due.organization_ids || due.replanned_ids);
  BEGIN
    swept := tollgate.bring_up_to_date(due.organization_ids, due.token_types);
  EXCEPTION
    WHEN data_exception OR integrity_constraint_violation THEN
      -- One balance that cannot be brought up to date keeps no other from it.
      FOR number IN 1..cardinality(due.organization_ids) LOOP
        BEGIN
          swept := swept
            + tollgate.bring_up_to_date(due.organization_ids[number:number], due.token_types[number:number]);
        EXCEPTION
          WHEN data_exception OR integrity_constraint_violation THEN
            RAISE WARNING 'balance % of organization % cannot be brought up to date: %',
              due.token_types[number], due.organization_ids[number], SQLERRM;
        END;
      END LOOP;
  END;
  swept := swept + tollgate.begin_next_plans(due.replanned_ids);
  swept := swept + tollgate.sweep_caches(batch_limit);
  PERFORM tollgate.admit_organizations('{}');
  RETURN swept;
END
$$;

ALTER FUNCTION tollgate.sweep(batch_limit integer, everywhere boolean) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.sweep(batch_limit integer, everywhere boolean) IS 'Books what is due to at most batch_limit balances of any organizations (resets, expired packs and reservations; with everywhere also changes by hand, which reads all balances), begins next plans whose time has come, deletes as many entries of decision caches that have ended, and returns how many of all these it changed. Any number may sweep at once; what is locked is left to who has it.';

CREATE FUNCTION tollgate.sweep_caches(batch_limit integer) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  swept integer;
BEGIN
  PERFORM tollgate.admit_organizations(tollgate.find_ended_entries(batch_limit));
  WITH ended AS MATERIALIZED (
    SELECT ended.organization_id, ended.cache_name, ended.key_hash
    FROM tollgate.cache_entries AS ended
    WHERE ended.ends_at <= tollgate.moment()
    ORDER BY ended.ends_at
    LIMIT batch_limit
    -- Somebody makes a new entry of it.
    FOR UPDATE SKIP LOCKED
  )
  DELETE FROM tollgate.cache_entries AS known
  USING ended
  WHERE known.organization_id = ended.organization_id
    AND known.cache_name = ended.cache_name
    AND known.key_hash = ended.key_hash;
  GET DIAGNOSTICS swept = ROW_COUNT;
  PERFORM tollgate.admit_organizations('{}');
  RETURN swept;
END
$$;

ALTER FUNCTION tollgate.sweep_caches(batch_limit integer) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.sweep_caches(batch_limit integer) IS 'Deletes at most batch_limit entries of decision caches that have ended, of any organizations, and returns how many. Any number may sweep at once.';

CREATE FUNCTION tollgate.take_authorization(organization_id uuid, user_id uuid, membership_required boolean, provider text, state_digest bytea) RETURNS TABLE(outcome text, known_digest bytea, verifier bytea, token_url text, client_id text, client_secret bytea, client_authentication text, redirect_uri text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  tenant CONSTANT uuid := take_authorization.organization_id;
  known tollgate.providers;
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[tenant]);
  outcome := tollgate.may_change(tenant, take_authorization.user_id, take_authorization.membership_required);
  IF outcome = 'success' THEN
    DELETE FROM tollgate.credential_authorizations AS under_way
    WHERE under_way.organization_id = tenant
      AND under_way.state_digest = take_authorization.state_digest
      AND under_way.provider = take_authorization.provider
      AND under_way.ends_at > tollgate.moment()
      -- Whom a user has begun it for comes back as that user: nobody finishes another's, as in a forged request.
      AND (take_authorization.membership_required IS FALSE
        OR under_way.begun_by IS NOT DISTINCT FROM take_authorization.user_id)
    RETURNING under_way.state_digest, under_way.verifier
    INTO known_digest, verifier;
    IF FOUND THEN
      SELECT * INTO known FROM tollgate.providers AS provided WHERE provided.provider = take_authorization.provider;
      token_url := known.token_url;
      client_id := known.client_id;
      client_secret := known.client_secret;
      client_authentication := known.client_authentication;
      redirect_uri := known.redirect_uri;
    ELSE
      outcome := 'unknown_authorization';
    END IF;
  END IF;
  PERFORM tollgate.admit_organizations('{}');
  RETURN NEXT;
END
$$;

ALTER FUNCTION tollgate.take_authorization(organization_id uuid, user_id uuid, membership_required boolean, provider text, state_digest bytea) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.take_authorization(organization_id uuid, user_id uuid, membership_required boolean, provider text, state_digest bytea) IS 'Ends an authorization that is under way, and returns what its code is exchanged with. One row: outcome is success, forbidden, unknown_organization or unknown_authorization: never begun, used before, ended, of another organization, provider or user.';

CREATE FUNCTION tollgate.take_deliveries(lease_id uuid, lease_seconds integer, healthy_limit integer, failing_limit integer, email_limit integer, busy uuid[]) RETURNS TABLE(organization_id uuid, delivery_id uuid, channel text, receiver_id uuid, address text, secret bytea, previous_secret bytea, attempts integer, is_failing boolean, event_id uuid, body text, subject text, message text, at timestamp with time zone)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  organization_ids uuid[];
  delivery_ids uuid[];
  event_organization_ids uuid[];
BEGIN
  SELECT array_agg(due.organization_id), array_agg(due.delivery_id)
  INTO organization_ids, delivery_ids
  FROM tollgate.find_due_deliveries(tollgate.moment(), take_deliveries.healthy_limit, take_deliveries.failing_limit,
    take_deliveries.email_limit, take_deliveries.busy) AS due;
  IF delivery_ids IS NULL THEN
    RETURN;
  END IF;
  PERFORM tollgate.admit_organizations(organization_ids);
  WITH locked AS MATERIALIZED (
    SELECT held.organization_id, held.delivery_id
    FROM tollgate.deliveries AS held
      JOIN unnest(organization_ids, delivery_ids) AS due (organization_id, delivery_id)
        ON due.organization_id = held.organization_id AND due.delivery_id = held.delivery_id
    -- Another server has taken it since it was found, or is taking it.
    WHERE held.status = 'pending' AND held.next_attempt_at <= tollgate.moment()
    FOR UPDATE OF held SKIP LOCKED
  ),
  taken AS (
    UPDATE tollgate.deliveries AS held
    SET lease_id = take_deliveries.lease_id,
      next_attempt_at = tollgate.moment() + make_interval(secs => least(greatest(take_deliveries.lease_seconds, 1), 600)),
      attempted_at = tollgate.moment(),
      attempts = held.attempts + 1
    FROM locked
    WHERE held.organization_id = locked.organization_id AND held.delivery_id = locked.delivery_id
    RETURNING held.organization_id, held.delivery_id, held.event_organization_id
  )
  SELECT array_agg(taken.organization_id), array_agg(taken.delivery_id), array_agg(taken.event_organization_id)
  INTO organization_ids, delivery_ids, event_organization_ids
  FROM taken;
  IF delivery_ids IS NOT NULL THEN
    PERFORM tollgate.admit_organizations(organization_ids || event_organization_ids);
    RETURN QUERY
    SELECT held.organization_id, held.delivery_id, held.channel, held.receiver_id, coalesce(held.address, hook.url),
      hook.secret, CASE WHEN hook.previous_secret_ends_at > tollgate.moment() THEN hook.previous_secret END,
      held.attempts, hook.failing_since IS NOT NULL, held.event_id,
      format('{"type":%s,"timestamp":%s,"data":%s}', to_json(tollgate.event_type(event.kind)),
        to_json(tollgate.rfc3339(event.created_at)),
        event.payload || jsonb_build_object('eventId', event.event_id)
          || CASE event.organization_id
            WHEN '00000000-0000-0000-0000-000000000000' THEN '{}'
            ELSE jsonb_build_object('organizationId', event.organization_id, 'organizationName', organization.name)
          END),
      words.subject, words.message, event.created_at
    FROM unnest(organization_ids, delivery_ids) AS mine (organization_id, delivery_id)
      JOIN tollgate.deliveries AS held
        ON held.organization_id = mine.organization_id AND held.delivery_id = mine.delivery_id
      JOIN tollgate.events AS event
        ON event.organization_id = held.event_organization_id AND event.event_id = held.event_id
      LEFT JOIN public.organizations AS organization ON organization.id = event.organization_id
      LEFT JOIN tollgate.webhooks AS hook
        ON hook.organization_id = held.organization_id AND hook.webhook_id = held.receiver_id
      CROSS JOIN LATERAL tollgate.alert_words(event.payload, organization.name, event.created_at) AS words;
  END IF;
  PERFORM tollgate.admit_organizations('{}');
END
$$;

ALTER FUNCTION tollgate.take_deliveries(lease_id uuid, lease_seconds integer, healthy_limit integer, failing_limit integer, email_limit integer, busy uuid[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.take_deliveries(lease_id uuid, lease_seconds integer, healthy_limit integer, failing_limit integer, email_limit integer, busy uuid[]) IS 'Takes deliveries that are due, for lease_seconds: of webhooks in order, of failing ones, and by email, at most so many of each, and none of the busy receivers. Secrets are sealed; body is what a webhook gets, subject and message what an address gets. Who does not finish in time counts as dead, and another takes it.';

CREATE FUNCTION tollgate.take_lease(organization_id uuid, cache tollgate.caches, key_hash bytea, lease_id uuid) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  moment CONSTANT timestamptz := tollgate.moment();
BEGIN
  -- Others who take a lease of the same key wait here for the end of this transaction.
  INSERT INTO tollgate.cache_entries AS known (organization_id, cache_name, key_hash, lease_id, ends_at, last_used_at)
  VALUES (take_lease.organization_id, (take_lease.cache).cache_name, take_lease.key_hash, take_lease.lease_id,
    moment + make_interval(secs => (take_lease.cache).lease_seconds), moment)
  ON CONFLICT ON CONSTRAINT "a key has one entry" DO UPDATE
  SET lease_id = excluded.lease_id,
    value = NULL,
    stored_at = NULL,
    ends_at = excluded.ends_at,
    last_used_at = excluded.last_used_at
  WHERE known.ends_at <= moment;
  RETURN FOUND;
END
$$;

ALTER FUNCTION tollgate.take_lease(organization_id uuid, cache tollgate.caches, key_hash bytea, lease_id uuid) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.take_lease(organization_id uuid, cache tollgate.caches, key_hash bytea, lease_id uuid) IS 'Takes the lease of a key under which nothing is known, or nothing any more. False: somebody else''s value or lease has come meanwhile.';

CREATE FUNCTION tollgate.take_limits(organization_id uuid, user_id uuid, feature text, token_type text, cost bigint, uses bigint DEFAULT 1) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  SELECT tollgate.count_in_limits(organization_id, user_id, feature, token_type, cost, uses, 0)
$$;

ALTER FUNCTION tollgate.take_limits(organization_id uuid, user_id uuid, feature text, token_type text, cost bigint, uses bigint) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.take_limits(organization_id uuid, user_id uuid, feature text, token_type text, cost bigint, uses bigint) IS 'Counts a granted charge in every limit that applies. uses is 0 where a charge that is counted already turns out to cost more.';

CREATE FUNCTION tollgate.test_webhook(webhook_id uuid) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  owner CONSTANT uuid := tollgate.admit_webhook(test_webhook.webhook_id);
  delivery uuid := tollgate.time_ordered_id();
  event uuid;
BEGIN
  PERFORM
  FROM tollgate.webhooks AS hook
  WHERE hook.organization_id = owner AND hook.webhook_id = test_webhook.webhook_id AND hook.active
  FOR SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'The webhook is not active.' USING ERRCODE = 'TG409';
  END IF;
  event := tollgate.write_event(owner, 'webhook_test', NULL, jsonb_build_object('webhookId', test_webhook.webhook_id));
  -- Its delivery is made at once, so that who asked can look for it; it need not wait in the queue.
  DELETE FROM tollgate.event_queue AS waiting
  WHERE waiting.organization_id = owner AND waiting.event_id = event;
  INSERT INTO tollgate.deliveries (organization_id, delivery_id, channel, receiver_id, event_organization_id, event_id,
    next_attempt_at, created_at)
  VALUES (owner, delivery, 'webhook', test_webhook.webhook_id, owner, event, tollgate.moment(), tollgate.moment());
  PERFORM tollgate.admit_organizations('{}');
  RETURN delivery;
END
$$;

ALTER FUNCTION tollgate.test_webhook(webhook_id uuid) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.test_webhook(webhook_id uuid) IS 'Writes an event webhook.test for this webhook alone, and returns the id of its delivery. Raises TG404 for an unknown webhook, TG409 for one that is not active.';

CREATE FUNCTION tollgate.time_of_id(id uuid) RETURNS timestamp with time zone
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  SELECT to_timestamp(('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint / 1000.0::double precision)
$$;

ALTER FUNCTION tollgate.time_of_id(id uuid) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.time_of_id(id uuid) IS 'The millisecond in which a UUID of version 7 was made: tollgate.first_id_at() of it is at most the id.';

CREATE FUNCTION tollgate.time_ordered_id() RETURNS uuid
    LANGUAGE plpgsql PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  RETURN encode(
    set_bit(
      set_bit(
        overlay(
          uuid_send(gen_random_uuid())
          PLACING substring(int8send(floor(extract(epoch FROM tollgate.moment() + (clock_timestamp() - now())) * 1000)::bigint) FROM 3)
          FROM 1 FOR 6),
        52, 1),
      53, 1),
    'hex')::uuid;
END
$$;

ALTER FUNCTION tollgate.time_ordered_id() OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.time_ordered_id() IS 'A UUID of version 7 (RFC 9562): 48 bits of milliseconds since 1970 by the clock that decides (tollgate.moment), then random. New rows land at an index''s right edge.';

CREATE FUNCTION tollgate.tokens_per_day(used numeric, first_used_at timestamp with time zone, at timestamp with time zone) RETURNS numeric
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  SELECT round(
    used / greatest(1, (extract(epoch FROM
      at - greatest(first_used_at, ((at AT TIME ZONE 'UTC')::date - 6)::timestamp AT TIME ZONE 'UTC')) / 86400)),
    2)
$$;

ALTER FUNCTION tollgate.tokens_per_day(used numeric, first_used_at timestamp with time zone, at timestamp with time zone) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.tokens_per_day(used numeric, first_used_at timestamp with time zone, at timestamp with time zone) IS 'Tokens a day, to the hundredth: what was used, less what refunds gave back, since midnight (UTC) six days ago over the time since then, or since the first use if that was later, but over one day at least.';

CREATE FUNCTION tollgate.top_up(organization_id uuid, token_type text, amount bigint, payment_id text, expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone) RETURNS tollgate.settlement
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  IF NOT tollgate.caller_is_trusted() THEN
    RAISE EXCEPTION 'Members do not give themselves tokens.' USING ERRCODE = 'TG403';
  END IF;
  RETURN tollgate.settle_one(top_up.organization_id, NULL, NULL, NULL, NULL, '{}',
    jsonb_strip_nulls(jsonb_build_object('operation', 'top_up', 'tokenType', top_up.token_type,
      'amount', top_up.amount, 'paymentId', top_up.payment_id,
      'expiresAtMicroseconds', (extract(epoch FROM top_up.expires_at) * 1000000)::bigint)));
END
$$;

ALTER FUNCTION tollgate.top_up(organization_id uuid, token_type text, amount bigint, payment_id text, expires_at timestamp with time zone) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.top_up(organization_id uuid, token_type text, amount bigint, payment_id text, expires_at timestamp with time zone) IS 'Adds bought tokens, once per payment; they expire after 12 months unless another time is given. For trusted callers. Raised are TG409 payment used for another top-up, TG421 unknown token type, TG422 amount out of range.';

CREATE FUNCTION tollgate.units_fit(feature tollgate.features, units bigint, dimensions jsonb) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    AS $_$
BEGIN
  IF feature.rates IS NULL THEN
    RETURN dimensions IS NULL;
  END IF;
  IF units IS NOT NULL OR jsonb_typeof(dimensions) IS DISTINCT FROM 'object' OR dimensions = '{}' THEN
    RETURN false;
  END IF;
  RETURN NOT EXISTS (
    SELECT
    FROM jsonb_each(dimensions) AS asked (dimension, amount)
    WHERE NOT feature.rates ? asked.dimension
      OR jsonb_typeof(asked.amount) <> 'number'
      OR asked.amount::text !~ '^(0|[1-9][0-9]{0,14}|10{15})$'
  );
END
$_$;

ALTER FUNCTION tollgate.units_fit(feature tollgate.features, units bigint, dimensions jsonb) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.units_fit(feature tollgate.features, units bigint, dimensions jsonb) IS 'Whether units are of the kind that a price counts: an integer where it has no dimensions, otherwise an object of some of its dimensions, each an integer from 0 to 10^15.';

CREATE FUNCTION tollgate.unrolled_parts(organization_ids uuid[], margin interval, row_limit bigint) RETURNS TABLE(organization_id uuid, token_type text, to_sequence bigint, first_id uuid, last_id uuid)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_sort TO 'off'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
  last_of_all CONSTANT uuid := 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid;
BEGIN
  IF row_limit IS NULL THEN
    RETURN;
  END IF;
  RETURN QUERY
  WITH start AS MATERIALIZED (
    SELECT * FROM tollgate.unrolled_starts(organization_ids, margin)
  ),
  first AS (
    SELECT start.organization_id, by_id.*
    FROM start
      CROSS JOIN LATERAL (
        SELECT entry.id, entry.token_type, entry.sequence
        FROM tollgate.unrolled_rows(
          start.organization_id, start.before_id, start.from_id, last_of_all, start.from_time) AS entry
        -- What waits for the seal is not rolled up, and keeps nothing from it.
        WHERE entry.sequence IS NOT NULL OR entry.id < start.settled_id
        ORDER BY entry.id
        LIMIT row_limit
      ) AS by_id
    WHERE margin IS NOT NULL
    UNION ALL
    SELECT start.organization_id, by_place.*
    FROM start
      CROSS JOIN LATERAL (
        SELECT entry.id, entry.token_type, entry.sequence
        FROM tollgate.unrolled_rows(
          start.organization_id, start.before_id, start.from_id, last_of_all, start.from_time) AS entry
        WHERE entry.sequence IS NOT NULL
        ORDER BY entry.sequence
        LIMIT row_limit
      ) AS by_place
    WHERE margin IS NULL
  ),
  part AS MATERIALIZED (
    SELECT first.organization_id, first.token_type, max(first.sequence) AS to_sequence, min(ARRAY[first.id]) AS first_ids,
      max(ARRAY[first.id]) AS last_ids, count(*) AS entries
    FROM first
    GROUP BY first.organization_id, first.token_type
  )
  SELECT cut.organization_id, cut.token_type, cut.to_sequence, cut.first_ids[1], cut.last_ids[1]
  FROM (
    SELECT part.*, sum(part.entries) OVER (PARTITION BY part.organization_id) AS of_organization
    FROM part
  ) AS cut
  WHERE cut.of_organization >= row_limit;
END
$$;

ALTER FUNCTION tollgate.unrolled_parts(organization_ids uuid[], margin interval, row_limit bigint) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.unrolled_parts(organization_ids uuid[], margin interval, row_limit bigint) IS 'Up to which movement of each balance to roll up at once, where an organization has row_limit rows or more that are not rolled up; and of which ids the part is.';

CREATE FUNCTION tollgate.unrolled_rows(of_organization uuid, before_id uuid, from_id uuid, to_id uuid, from_time timestamp with time zone) RETURNS TABLE(id uuid, token_type text, sequence bigint, created_at timestamp with time zone, user_id uuid, feature_used text, is_use boolean, kind text, tokens bigint, change bigint, balance bigint)
    LANGUAGE sql STABLE
    AS $$
  SELECT entry.id, entry.token_type, entry.sequence, entry.created_at, entry.user_id, entry.feature_used, entry.is_use,
    entry.kind, CASE WHEN entry.is_use THEN entry.required ELSE 0 END, entry.amount, entry.balance_after
  FROM tollgate.ledger AS entry
    LEFT JOIN tollgate.rolled_balances AS rolled
      ON rolled.organization_id = of_organization AND rolled.token_type = entry.token_type
  WHERE entry.organization_id = of_organization
    AND entry.id >= from_id
    AND entry.id <= to_id
    AND entry.created_at >= from_time
    AND CASE
      WHEN entry.sequence IS NULL THEN entry.id >= before_id AND NOT tollgate.is_irregular(entry.id, entry.created_at)
      ELSE entry.sequence > coalesce(rolled.sequence, 0)
    END
$$;

ALTER FUNCTION tollgate.unrolled_rows(of_organization uuid, before_id uuid, from_id uuid, to_id uuid, from_time timestamp with time zone) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.unrolled_rows(of_organization uuid, before_id uuid, from_id uuid, to_id uuid, from_time timestamp with time zone) IS 'Rows of an organization''s ledger that are not rolled up, of ids from from_id to to_id and from a time on, but for those that late_entries names: of a balance''s movements those behind what is rolled up, of rows without a place in a chain those from before_id on.';

CREATE FUNCTION tollgate.unrolled_starts(organization_ids uuid[], margin interval) RETURNS TABLE(organization_id uuid, before_id uuid, from_id uuid, from_time timestamp with time zone, rolled_before timestamp with time zone, settled_at timestamp with time zone, settled_id uuid)
    LANGUAGE sql STABLE
    AS $$
  SELECT
    named.organization_id,
    tollgate.first_id_at(coalesce(rolled.rolled_before, '-infinity')),
    tollgate.first_id_at(least(rolled.rolled_before, coalesce(rolled.looked_from - margin, '-infinity'))),
    coalesce(least(rolled.rolled_before, coalesce(rolled.looked_from - margin, '-infinity')) - interval '1 hour', '-infinity'),
    coalesce(rolled.rolled_before, '-infinity'),
    seal.settled_at,
    tollgate.first_id_at(seal.settled_at)
  FROM unnest(organization_ids) AS named (organization_id)
    CROSS JOIN tollgate.rollup_seal AS seal
    LEFT JOIN tollgate.rolled_organizations AS rolled ON rolled.organization_id = named.organization_id
$$;

ALTER FUNCTION tollgate.unrolled_starts(organization_ids uuid[], margin interval) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.unrolled_starts(organization_ids uuid[], margin interval) IS 'Where to look for what is not rolled up: ids from from_id and times from from_time on, margin before where the last roll-up began to leave some (NULL: from the first row on); and of rows without a place in a chain, ids from before_id on, of which those from settled_id on wait for the seal.';

CREATE FUNCTION tollgate.unrolled_sums(organization_ids uuid[], row_limit bigint DEFAULT NULL::bigint) RETURNS SETOF tollgate.unrolled_sum
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
DECLARE
  wanted uuid[] := organization_ids;
  missed uuid[];
  margin interval;
  found tollgate.unrolled_sum[];
BEGIN
  FOREACH margin IN ARRAY ARRAY['1 second', '10 seconds', '10 minutes', NULL]::interval[] LOOP
    found := tollgate.look_for_sums(wanted, margin, row_limit);
    -- Added up and not joined: of how many balances this is, no plan that was made before knows. What was dropped before it
    -- could be rolled up is in no roll-up: the last search finds what is left.
    missed := ARRAY(
      SELECT balance.organization_id
      FROM (
        SELECT chain.organization_id, max(chain.known) + sum(chain.movements) AS reached, max(chain.ends_with) AS ends_with,
          max(chain.found) AS found, bool_or(chain.is_cut) AS is_cut
        FROM (
          SELECT token.organization_id, token.token_type, token.ledger_sequence AS ends_with, 0::bigint AS known,
            0::bigint AS movements, NULL::bigint AS found, false AS is_cut
          FROM public.ai_tokens AS token
          WHERE token.organization_id = ANY (wanted)
          UNION ALL
          SELECT rolled.organization_id, rolled.token_type, 0, rolled.sequence, 0, NULL, false
          FROM tollgate.rolled_balances AS rolled
          WHERE rolled.organization_id = ANY (wanted)
          UNION ALL
          SELECT looked.organization_id, looked.token_type, 0, 0,
            CASE WHEN looked.last_sequence IS NOT NULL THEN looked.entries ELSE 0 END, looked.last_sequence, looked.is_cut
          FROM unnest(found) AS looked
        ) AS chain
        GROUP BY chain.organization_id, chain.token_type
      ) AS balance
      WHERE margin IS NOT NULL
      GROUP BY balance.organization_id
      HAVING CASE
        WHEN bool_or(balance.is_cut) THEN bool_or(balance.found > balance.reached)
        ELSE bool_or(balance.ends_with > balance.reached)
      END);
    RETURN QUERY
    SELECT looked.*
    FROM unnest(found) AS looked
    WHERE looked.organization_id <> ALL (missed);
    EXIT WHEN missed = '{}';
    wanted := missed;
  END LOOP;
END
$$;

ALTER FUNCTION tollgate.unrolled_sums(organization_ids uuid[], row_limit bigint) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.unrolled_sums(organization_ids uuid[], row_limit bigint) IS 'Sums of what the roll-ups of these organizations do not have yet: with them it is exactly the ledger that the calling statement sees. With row_limit, which whoever rolls up gives, a part of it that may be rolled up.';

CREATE FUNCTION tollgate.usable_time_zone(time_zone text) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  PERFORM timezone(time_zone, 'epoch'::timestamptz);
  RETURN coalesce(time_zone, 'UTC');
EXCEPTION
  WHEN invalid_parameter_value THEN RETURN 'UTC';
END
$$;

ALTER FUNCTION tollgate.usable_time_zone(time_zone text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.usable_time_zone(time_zone text) IS 'The time zone, or UTC where PostgreSQL does not know it: one that was written by hand, or that its own update took away, must stop nobody.';

CREATE FUNCTION tollgate.usage_rates(organization_id uuid, hours integer) RETURNS TABLE(token_type text, tokens_per_hour numeric)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  WITH newest AS MATERIALIZED (
    -- However busy an organization is, so many rows are read.
    SELECT used.id, used.token_type, used.tokens_deducted, used.created_at
    FROM public.ai_token_usage_log AS used
    WHERE used.organization_id = usage_rates.organization_id
      AND used.id >= tollgate.first_id_at(tollgate.moment() - make_interval(hours => usage_rates.hours) - interval '1 minute')
      AND used.created_at > tollgate.moment() - make_interval(hours => usage_rates.hours)
      AND used.created_at <= tollgate.moment()
    ORDER BY used.id DESC
    LIMIT 10000
  ),
  -- Refunds are younger than what they give back.
  refunded AS MATERIALIZED (
    SELECT given.transaction_id, sum(given.amount) AS tokens
    FROM tollgate.refunds AS given
    WHERE given.organization_id = usage_rates.organization_id
      AND given.transaction_id >= tollgate.first_id_at(
        tollgate.moment() - make_interval(hours => usage_rates.hours) - interval '1 minute')
    GROUP BY given.transaction_id
  ),
  span AS (
    -- Who began a moment ago has used for an hour; of more uses than are read, these say how fast they followed each other.
    SELECT greatest(extract(epoch FROM tollgate.moment() - min(newest.created_at)),
      CASE WHEN count(*) < 10000 THEN 3600 ELSE 1 END) / 3600 AS hours
    FROM newest
  )
  SELECT newest.token_type, sum(newest.tokens_deducted - coalesce(refunded.tokens, 0)) / max(span.hours)
  FROM newest
    LEFT JOIN refunded ON refunded.transaction_id = newest.id
    CROSS JOIN span
  GROUP BY newest.token_type
$$;

ALTER FUNCTION tollgate.usage_rates(organization_id uuid, hours integer) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.usage_rates(organization_id uuid, hours integer) IS 'Tokens an hour, by token type, that an organization used and was not given back in the last hours, or in its latest 10000 uses where there were more. The caller has admitted itself to it.';

CREATE FUNCTION tollgate.use_credential(organization_id uuid, user_id uuid, membership_required boolean, provider text, lease_id uuid, lease_seconds integer) RETURNS TABLE(outcome text, access_token bytea, access_token_expires_at timestamp with time zone, wait_milliseconds bigint, version bigint, refresh_token bytea, token_url text, client_id text, client_secret bytea, client_authentication text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  tenant CONSTANT uuid := use_credential.organization_id;
  moment CONSTANT timestamptz := tollgate.moment();
  known tollgate.credentials;
BEGIN
  PERFORM tollgate.admit_organizations(ARRAY[tenant]);
  outcome := tollgate.may_change(tenant, use_credential.user_id, use_credential.membership_required);
  IF outcome = 'success' THEN
    SELECT *
    INTO known
    FROM tollgate.credentials AS held
    WHERE held.organization_id = tenant AND held.provider = use_credential.provider;
    outcome := CASE
      WHEN NOT FOUND THEN 'unknown_credential'
      WHEN known.state = 'reconsent_required' THEN 'reconsent_required'
      WHEN known.access_token_fresh_until > moment THEN 'success'
      WHEN known.lease_ends_at > moment THEN 'refreshing'
      WHEN known.retry_at > moment THEN 'retry_later'
      ELSE 'stale'
    END;
  END IF;
  IF outcome = 'stale' AND use_credential.lease_id IS NOT NULL THEN
    -- One of all who are here at the same moment: the others wait for the row, and find that it is no longer as it was.
    UPDATE tollgate.credentials AS held
    SET lease_id = use_credential.lease_id,
      lease_ends_at = moment + least(greatest(use_credential.lease_seconds, 1), 600) * interval '1 second'
    FROM tollgate.providers AS provided
    WHERE held.organization_id = tenant
      AND held.provider = use_credential.provider
      AND held.version = known.version
      AND held.state = 'connected'
      AND (held.lease_ends_at > moment) IS NOT TRUE
      AND (held.retry_at > moment) IS NOT TRUE
      AND provided.provider = held.provider
    RETURNING held.version, held.refresh_token, provided.token_url, provided.client_id, provided.client_secret,
      provided.client_authentication
    INTO version, refresh_token, token_url, client_id, client_secret, client_authentication;
    IF FOUND THEN
      outcome := 'leased';
    ELSE
      -- What whoever was quicker has made of it: new tokens, a lease, or that the provider is to be left alone.
      SELECT *
      INTO known
      FROM tollgate.credentials AS held
      WHERE held.organization_id = tenant AND held.provider = use_credential.provider;
      outcome := CASE
        WHEN NOT FOUND THEN 'unknown_credential'
        WHEN known.state = 'reconsent_required' THEN 'reconsent_required'
        WHEN known.access_token_fresh_until > moment THEN 'success'
        WHEN (known.lease_ends_at > moment) IS NOT TRUE AND known.retry_at > moment THEN 'retry_later'
        ELSE 'refreshing'
      END;
    END IF;
  END IF;
  IF outcome = 'success' THEN
    access_token := known.access_token;
    access_token_expires_at := known.access_token_expires_at;
  END IF;
  wait_milliseconds := CASE outcome
    WHEN 'refreshing' THEN
      ceil(extract(epoch FROM greatest(known.lease_ends_at - moment, interval '0')) * 1000)::bigint
    WHEN 'retry_later' THEN ceil(extract(epoch FROM known.retry_at - moment) * 1000)::bigint
  END;
  PERFORM tollgate.admit_organizations('{}');
  RETURN NEXT;
END
$$;

ALTER FUNCTION tollgate.use_credential(organization_id uuid, user_id uuid, membership_required boolean, provider text, lease_id uuid, lease_seconds integer) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.use_credential(organization_id uuid, user_id uuid, membership_required boolean, provider text, lease_id uuid, lease_seconds integer) IS 'The sealed access token of an organization, or who makes a new one. One row, whose outcome is success (a fresh access token), leased (the caller refreshes, alone, for lease_seconds), refreshing (somebody else does, for at most wait_milliseconds), retry_later (the provider is not to be asked for wait_milliseconds), stale (no lease was asked for), reconsent_required, forbidden, unknown_organization or unknown_credential.';

CREATE TABLE tollgate.token_packs (
    organization_id uuid NOT NULL,
    pack_id uuid NOT NULL,
    token_type text NOT NULL,
    amount bigint NOT NULL,
    remaining bigint NOT NULL,
    payment_id text COLLATE pg_catalog."C",
    expires_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT "a pack has 1 to 10^15 tokens" CHECK (((amount >= 1) AND (amount <= '1000000000000000'::bigint))),
    CONSTRAINT "of a pack remain 0 to all tokens" CHECK (((remaining >= 0) AND (remaining <= amount)))
);

ALTER TABLE ONLY tollgate.token_packs FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.token_packs OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.token_packs IS 'Bought tokens: one row per top-up. They are spent after the plan''s tokens, the pack that expires first before the others.';

COMMENT ON COLUMN tollgate.token_packs.remaining IS 'Tokens left when the balance''s packs were last brought up to date; the view tollgate.packs has them as of now.';

COMMENT ON COLUMN tollgate.token_packs.payment_id IS 'The payment it was bought with; NULL: bought tokens that a refund gave back.';

CREATE FUNCTION tollgate.use_packs(token public.ai_tokens, INOUT packs tollgate.token_packs[], OUT uses tollgate.pack_uses[]) RETURNS record
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  pack tollgate.token_packs;
  spent bigint := (SELECT sum(open.remaining)::bigint FROM unnest(packs) AS open)
    - greatest(0, least(token.purchased, token.balance));
  taken bigint;
BEGIN
  uses := '{}';
  FOR number IN 1..cardinality(packs) LOOP
    EXIT WHEN spent <= 0;
    pack := packs[number];
    taken := least(pack.remaining, spent);
    CONTINUE WHEN taken = 0;
    spent := spent - taken;
    pack.remaining := pack.remaining - taken;
    packs[number] := pack;
    uses := uses || ROW(token.organization_id, pack.pack_id, token.token_type, token.purchased_sequence,
      token.ledger_sequence, taken, false, tollgate.moment())::tollgate.pack_uses;
  END LOOP;
END
$$;

ALTER FUNCTION tollgate.use_packs(token public.ai_tokens, INOUT packs tollgate.token_packs[], OUT uses tollgate.pack_uses[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.use_packs(token public.ai_tokens, INOUT packs tollgate.token_packs[], OUT uses tollgate.pack_uses[]) IS 'Packs in the order in which they expire, without what was spent of them since they were last brought up to date: what they have beyond what is left of the bought tokens. Writes nothing.';

CREATE FUNCTION tollgate.utf16_quarter(content text) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  -- A character above U+FFFF is one to PostgreSQL and two code units to a browser.
  SELECT (length(content) + regexp_count(content COLLATE "C", '[\U00010000-\U0010FFFF]') + 3) / 4
$$;

ALTER FUNCTION tollgate.utf16_quarter(content text) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.utf16_quarter(content text) IS 'Tokens of a text: UTF-16 code units, which is what a browser calls its length, divided by 4 and rounded up.';

CREATE FUNCTION tollgate.walk_alerts(walk text, row_limit integer) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  progress tollgate.alert_walks;
  at CONSTANT timestamptz := tollgate.moment();
  watched uuid[];
  written integer;
BEGIN
  -- One server at a time: who comes second leaves it to the first, and who dies lets go of it.
  SELECT *
  INTO progress
  FROM tollgate.alert_walks AS known
  WHERE known.walk = walk_alerts.walk
  FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN 0;
  END IF;
  IF progress.behind_id = '00000000-0000-0000-0000-000000000000' THEN
    -- A clock that was set back is no reason to wait for it.
    IF at >= progress.begun_at AND at < progress.begun_at + progress.pause THEN
      RETURN 0;
    END IF;
    progress.begun_at := at;
  END IF;
  watched := tollgate.find_watched_organizations(progress.behind_id, row_limit);
  progress.behind_id :=
    CASE WHEN cardinality(watched) = row_limit THEN watched[row_limit] ELSE '00000000-0000-0000-0000-000000000000' END;
  UPDATE tollgate.alert_walks AS known
  SET behind_id = progress.behind_id,
    begun_at = progress.begun_at
  WHERE known.walk = walk_alerts.walk
    AND (known.behind_id, known.begun_at) IS DISTINCT FROM (progress.behind_id, progress.begun_at);
  IF watched IS NULL THEN
    RETURN 0;
  END IF;

  PERFORM tollgate.admit_organizations(watched || '00000000-0000-0000-0000-000000000000'::uuid);
  -- Who goes to and fro across a threshold makes one event a minute of it. What differs from what was told last is told
  -- by the first look behind that.
  WITH measured AS MATERIALIZED (
    SELECT * FROM tollgate.measure_alerts(watched, progress.conditions)
  ),
  raised AS (
    INSERT INTO tollgate.alert_states AS known (organization_id, alert_id, condition, token_type, threshold, is_raised, edges,
      told_at)
    SELECT measured.organization_id, measured.alert_id, measured.condition, measured.token_type, measured.threshold, true, 1,
      at
    FROM measured
    WHERE measured.holds
    ON CONFLICT ON CONSTRAINT "an alert has one state for a balance" DO UPDATE
    SET threshold = excluded.threshold,
      is_raised = true,
      edges = known.edges + 1,
      told_at = excluded.told_at
    WHERE NOT known.is_raised
      AND NOT (at >= known.told_at AND at < known.told_at + interval '1 minute')
    RETURNING known.organization_id, known.alert_id, known.condition, known.token_type, known.threshold, known.edges
  ),
  recovered AS (
    UPDATE tollgate.alert_states AS known
    SET is_raised = false,
      edges = known.edges + 1,
      told_at = at
    WHERE known.organization_id = ANY (watched)
      AND known.condition = ANY (progress.conditions)
      AND known.is_raised
      AND NOT (at >= known.told_at AND at < known.told_at + interval '1 minute')
      AND NOT EXISTS (
        SELECT
        FROM measured
        WHERE measured.organization_id = known.organization_id
          AND measured.alert_id = known.alert_id
          AND measured.condition = known.condition
          AND measured.token_type = known.token_type
          AND measured.holds
      )
    RETURNING known.organization_id, known.alert_id, known.condition, known.token_type, known.threshold, known.edges
  ),
  edge AS (
    SELECT 'raised' AS state, raised.* FROM raised
    UNION ALL
    SELECT 'recovered', recovered.* FROM recovered
  )
  SELECT (count(tollgate.write_event(edge.organization_id, 'alert_' || edge.state, edge.token_type,
    jsonb_build_object('alertId', edge.alert_id, 'condition', edge.condition, 'tokenType', edge.token_type,
      'state', edge.state, 'edge', edge.edges, 'threshold', coalesce(measured.threshold, edge.threshold), 'value', measured.value,
      'available', measured.available, 'allocated', measured.allocated))))::integer
  INTO written
  FROM edge
    LEFT JOIN measured
      ON measured.organization_id = edge.organization_id
      AND measured.alert_id = edge.alert_id
      AND measured.condition = edge.condition
      AND measured.token_type = edge.token_type;
  PERFORM tollgate.admit_organizations('{}');
  RETURN written;
END
$$;

ALTER FUNCTION tollgate.walk_alerts(walk text, row_limit integer) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.walk_alerts(walk text, row_limit integer) IS 'Holds the balances of the next organizations of a walk against the rules, and writes an event for each condition that holds and was not told to, or the other way round: of a rule and a balance one a minute at most. Returns how many.';

CREATE FUNCTION tollgate.warning_threshold(allocated bigint, kind tollgate.token_types) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  SELECT coalesce(kind.warning_below, allocated * kind.warning_percent / 100 + 1)
$$;

ALTER FUNCTION tollgate.warning_threshold(allocated bigint, kind tollgate.token_types) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.warning_threshold(allocated bigint, kind tollgate.token_types) IS 'Tokens: fewer than these deserve a warning. The absolute threshold, or warning_percent of the allocation or less.';

CREATE FUNCTION tollgate.write_balances(tokens public.ai_tokens[]) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  written integer;
BEGIN
  UPDATE public.ai_tokens AS token
  SET balance = changed.balance,
    ledger_balance = changed.balance,
    ledger_sequence = changed.ledger_sequence,
    total_allocated = changed.total_allocated,
    total_used = changed.total_used,
    reserved = changed.reserved,
    purchased = greatest(0, least(changed.purchased, changed.balance)),
    purchased_sequence = changed.purchased_sequence,
    overdraft = changed.overdraft,
    refresh_date = changed.refresh_date,
    announced = changed.announced,
    request_below = changed.request_below,
    due_at = changed.due_at,
    refilled_at = changed.refilled_at,
    last_used_at = changed.last_used_at,
    updated_at = now()
  FROM unnest(tokens) AS changed
  WHERE token.organization_id = changed.organization_id AND token.token_type = changed.token_type
    AND token.* IS DISTINCT FROM changed.*;
  GET DIAGNOSTICS written = ROW_COUNT;
  RETURN written;
END
$$;

ALTER FUNCTION tollgate.write_balances(tokens public.ai_tokens[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.write_balances(tokens public.ai_tokens[]) IS 'Writes balances that the caller has locked, where they are not as they were, and returns how many.';

CREATE FUNCTION tollgate.write_content_budget(settings tollgate.content_budgets) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  -- The smallest id that tollgate.time_ordered_id() could have made then.
  an_hour_ago CONSTANT uuid := rpad(
    lpad(to_hex(floor(extract(epoch FROM tollgate.moment() - interval '1 hour') * 1000)::bigint), 12, '0'), 32, '0')::uuid;
  standing record;
  state_level smallint;
BEGIN
  SELECT present.* INTO standing FROM tollgate.content_standing(settings) AS present;
  state_level := tollgate.state_level(standing.state);
  -- Who goes up and down around a threshold is told of once an hour.
  IF state_level > settings.announced AND NOT EXISTS (
    SELECT
    FROM tollgate.events AS told
    WHERE told.organization_id = settings.organization_id
      AND told.event_id >= an_hour_ago
      AND told.created_at > tollgate.moment() - interval '1 hour'
      AND told.kind = 'content_threshold_crossed'
      AND told.payload ->> 'state' = standing.state
  ) THEN
    PERFORM tollgate.write_event(settings.organization_id, 'content_threshold_crossed', NULL,
      jsonb_build_object('state', standing.state, 'used', standing.used, 'budget', standing.budget,
        'remaining', standing.remaining, 'percentUsed', standing.percent_used));
  END IF;
  UPDATE tollgate.content_budgets AS kept
  SET level = settings.level,
    budget_tokens = settings.budget_tokens,
    counter = settings.counter,
    deactivates_automatically = settings.deactivates_automatically,
    active_tokens = settings.active_tokens,
    attribute_count = settings.attribute_count,
    last_number = settings.last_number,
    stored_bytes = settings.stored_bytes,
    announced = state_level,
    updated_at = tollgate.moment()
  WHERE kept.organization_id = settings.organization_id;
END
$$;

ALTER FUNCTION tollgate.write_content_budget(settings tollgate.content_budgets) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.write_content_budget(settings tollgate.content_budgets) IS 'Writes a content budget''s row, which the caller has locked, and an event where its state is worse than it was: one for each crossing, whatever thresholds lie between, but none of a state that the last hour has one of.';

CREATE FUNCTION tollgate.write_event(organization_id uuid, kind text, token_type text, payload jsonb, at timestamp with time zone DEFAULT NULL::timestamp with time zone, event_id uuid DEFAULT NULL::uuid) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
  id CONSTANT uuid := coalesce(write_event.event_id, tollgate.time_ordered_id());
BEGIN
  INSERT INTO tollgate.events (organization_id, event_id, kind, token_type, payload, created_at)
  VALUES (write_event.organization_id, id, write_event.kind, write_event.token_type, write_event.payload,
    coalesce(write_event.at, tollgate.moment()));
  INSERT INTO tollgate.event_queue (organization_id, event_id)
  VALUES (write_event.organization_id, id);
  RETURN id;
END
$$;

ALTER FUNCTION tollgate.write_event(organization_id uuid, kind text, token_type text, payload jsonb, at timestamp with time zone, event_id uuid) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.write_event(organization_id uuid, kind text, token_type text, payload jsonb, at timestamp with time zone, event_id uuid) IS 'Writes an event, in the transaction in which it happens, and queues it for delivery. Returns its id. The caller has admitted itself to the organization.';

CREATE FUNCTION tollgate.write_movements(entries tollgate.ledger_entries[], begun tollgate.reservations[], changed tollgate.reservations[], refunds tollgate.refunds[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  IF cardinality(begun) > 0 THEN
    INSERT INTO tollgate.reservations
    SELECT held.*
    FROM unnest(begun) AS held;
  END IF;
  IF cardinality(changed) > 0 THEN
    UPDATE tollgate.reservations AS held
    SET status = now_is.status,
      captured = now_is.captured,
      transaction_id = now_is.transaction_id,
      expires_at = now_is.expires_at,
      finished_at = now_is.finished_at
    FROM unnest(changed) AS now_is
    WHERE held.organization_id = now_is.organization_id AND held.reservation_id = now_is.reservation_id;
  END IF;
  IF cardinality(refunds) > 0 THEN
    INSERT INTO tollgate.refunds
    SELECT refund.*
    FROM unnest(refunds) AS refund;
  END IF;
  IF cardinality(entries) > 0 THEN
    INSERT INTO tollgate.ledger_entries
    SELECT entry.*
    FROM unnest(entries) AS entry;
  END IF;
END
$$;

ALTER FUNCTION tollgate.write_movements(entries tollgate.ledger_entries[], begun tollgate.reservations[], changed tollgate.reservations[], refunds tollgate.refunds[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.write_movements(entries tollgate.ledger_entries[], begun tollgate.reservations[], changed tollgate.reservations[], refunds tollgate.refunds[]) IS 'Writes what items of a batch came to, each reservation and charge once: rows of the ledger, reservations that have begun and those that have changed, refunds.';

CREATE FUNCTION tollgate.write_pack_uses(uses tollgate.pack_uses[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  IF cardinality(uses) = 0 THEN
    RETURN;
  END IF;
  INSERT INTO tollgate.pack_uses
  SELECT used.*
  FROM unnest(uses) AS used
  -- Only a change of `purchased` by hand can take of a pack twice at one movement.
  ON CONFLICT DO NOTHING;
  UPDATE tollgate.token_packs AS pack
  SET remaining = pack.remaining - used.amount
  FROM (
    SELECT use.organization_id, use.pack_id, sum(use.amount) AS amount
    FROM unnest(uses) AS use
    GROUP BY use.organization_id, use.pack_id
  ) AS used
  WHERE pack.organization_id = used.organization_id AND pack.pack_id = used.pack_id;
END
$$;

ALTER FUNCTION tollgate.write_pack_uses(uses tollgate.pack_uses[]) OWNER TO tollgate_owner;

COMMENT ON FUNCTION tollgate.write_pack_uses(uses tollgate.pack_uses[]) IS 'Books what was taken of packs. The caller has locked their balances.';

CREATE TABLE public.ai_token_usage_log (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    organization_id uuid NOT NULL,
    user_id uuid,
    token_type text NOT NULL,
    feature_used text NOT NULL,
    tokens_deducted bigint NOT NULL,
    remaining_balance bigint NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    units bigint DEFAULT 1 NOT NULL,
    price_version integer DEFAULT 1 NOT NULL,
    event_id text,
    idempotency_key text,
    sequence bigint,
    from_purchased bigint DEFAULT 0 NOT NULL,
    reservation_id uuid,
    dimensions jsonb,
    CONSTRAINT "a use deducts 0 or more tokens, some of them bought" CHECK (((from_purchased >= 0) AND (from_purchased <= tokens_deducted)))
)
PARTITION BY RANGE (created_at);

ALTER TABLE ONLY public.ai_token_usage_log FORCE ROW LEVEL SECURITY;

ALTER TABLE public.ai_token_usage_log OWNER TO tollgate_owner;

COMMENT ON TABLE public.ai_token_usage_log IS 'One row per successful use of a feature. It is also the ledger''s row of that deduction.';

COMMENT ON COLUMN public.ai_token_usage_log.tokens_deducted IS 'Tokens; units × the feature''s price at the time.';

COMMENT ON COLUMN public.ai_token_usage_log.remaining_balance IS 'Tokens left after this use.';

COMMENT ON COLUMN public.ai_token_usage_log.sequence IS 'Place in the chain of this balance''s movements; NULL where no balance was involved.';

COMMENT ON COLUMN public.ai_token_usage_log.from_purchased IS 'Tokens of this use that were bought ones.';

COMMENT ON COLUMN public.ai_token_usage_log.reservation_id IS 'The reservation that was captured; NULL: an immediate deduction.';

COMMENT ON COLUMN public.ai_token_usage_log.dimensions IS 'Units of a price with dimensions, as {"input": 1200}.';

CREATE TABLE public.organizations (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name text NOT NULL,
    plan text,
    status text DEFAULT 'active'::text NOT NULL,
    time_zone text DEFAULT 'UTC'::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    next_plan text,
    next_plan_from timestamp with time zone,
    payment_hold boolean DEFAULT false NOT NULL,
    CONSTRAINT "a next plan has its time" CHECK (((next_plan IS NULL) = (next_plan_from IS NULL))),
    CONSTRAINT "an organization is active or suspended" CHECK ((status = ANY (ARRAY['active'::text, 'suspended'::text]))),
    CONSTRAINT "an organization's name has 1 to 200 characters" CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT "no organization has the nil UUID" CHECK ((id <> '00000000-0000-0000-0000-000000000000'::uuid))
);

ALTER TABLE ONLY public.organizations FORCE ROW LEVEL SECURITY;

ALTER TABLE public.organizations OWNER TO tollgate_owner;

COMMENT ON TABLE public.organizations IS 'The tenants. Their id is the organization_id of every other table.';

COMMENT ON COLUMN public.organizations.plan IS 'NULL: no plan, hence no plan tokens.';

COMMENT ON COLUMN public.organizations.status IS 'suspended: spending is refused, balances stay as they are.';

COMMENT ON COLUMN public.organizations.time_zone IS 'IANA name; where its days begin.';

COMMENT ON COLUMN public.organizations.next_plan IS 'The plan that holds from next_plan_from on: a downgrade that waits for the reset. NULL: none.';

COMMENT ON COLUMN public.organizations.payment_hold IS 'Whether a failed payment suspended it, and nobody else: payment lifts that. An administrator''s suspension is not one.';

CREATE TABLE public.user_profiles (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    organization_id uuid NOT NULL,
    email text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    role text DEFAULT 'member'::text NOT NULL,
    CONSTRAINT "a user's role is one there is" CHECK ((role = ANY (ARRAY['viewer'::text, 'member'::text])))
);

ALTER TABLE ONLY public.user_profiles FORCE ROW LEVEL SECURITY;

ALTER TABLE public.user_profiles OWNER TO tollgate_owner;

COMMENT ON TABLE public.user_profiles IS 'Who belongs to which organization. A user of two organizations has to name the one they mean; row-level security, which cannot be told, shows neither.';

COMMENT ON COLUMN public.user_profiles.id IS 'The user id: `sub` of the JWT.';

COMMENT ON COLUMN public.user_profiles.role IS 'viewer: sees what the organization has and does, and moves none of it. member: spends as well.';

CREATE TABLE tollgate.alert_states (
    organization_id uuid NOT NULL,
    alert_id uuid NOT NULL,
    condition text NOT NULL,
    token_type text NOT NULL,
    threshold bigint NOT NULL,
    is_raised boolean NOT NULL,
    edges bigint NOT NULL,
    told_at timestamp with time zone NOT NULL,
    CONSTRAINT "an alert is raised by an odd edge and recovers by an even one" CHECK (((is_raised = ((edges % (2)::bigint) = 1)) AND (edges > 0)))
);

ALTER TABLE ONLY tollgate.alert_states FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.alert_states OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.alert_states IS 'How conditions were when it was last looked, of those that have ever held.';

COMMENT ON COLUMN tollgate.alert_states.organization_id IS 'Whose balance it is, also where the rule is one for all.';

COMMENT ON COLUMN tollgate.alert_states.threshold IS 'The rule''s, in its condition''s unit, when the alert was last raised.';

COMMENT ON COLUMN tollgate.alert_states.edges IS 'Counts the events that this gave: the first is the first raise, the second the end of that. Whatever clocks do, they are told in turn.';

COMMENT ON COLUMN tollgate.alert_states.told_at IS 'When the last of them was told: the next one is told a minute later at the earliest.';

CREATE TABLE tollgate.alert_walks (
    walk text NOT NULL,
    conditions text[] NOT NULL,
    pause interval NOT NULL,
    behind_id uuid DEFAULT '00000000-0000-0000-0000-000000000000'::uuid NOT NULL,
    begun_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL
);

ALTER TABLE tollgate.alert_walks OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.alert_walks IS 'How far the rounds through all watched organizations have come. Whoever has locked a row goes on with it: one server at a time.';

COMMENT ON COLUMN tollgate.alert_walks.conditions IS 'The conditions that are looked at.';

COMMENT ON COLUMN tollgate.alert_walks.pause IS 'A round begins so long after the one before, or when that has ended.';

COMMENT ON COLUMN tollgate.alert_walks.behind_id IS 'Organizations behind this one are next; the nil UUID: a round begins.';

CREATE TABLE tollgate.api_keys (
    organization_id uuid NOT NULL,
    key_id uuid NOT NULL,
    digest bytea NOT NULL,
    name text NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    created_by uuid,
    expires_at timestamp with time zone,
    replaced_by uuid,
    grace_ends_at timestamp with time zone,
    revoked_at timestamp with time zone,
    last_used_at timestamp with time zone,
    CONSTRAINT "a key expires at some time" CHECK ((isfinite(expires_at) AND isfinite(grace_ends_at))),
    CONSTRAINT "a key is kept as a SHA-256 digest" CHECK ((octet_length(digest) = 32)),
    CONSTRAINT "a key that is replaced has a grace" CHECK (((replaced_by IS NULL) = (grace_ends_at IS NULL))),
    CONSTRAINT "a key's name has 1 to 200 characters" CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT "a key's scopes are some of read, spend and admin, in order" CHECK ((array_to_string(scopes, ' '::text, '-'::text) = ANY (ARRAY['read'::text, 'spend'::text, 'admin'::text, 'read spend'::text, 'read admin'::text, 'spend admin'::text, 'read spend admin'::text])))
)
WITH (fillfactor='80');

ALTER TABLE ONLY tollgate.api_keys FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.api_keys OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.api_keys IS 'API keys of organizations and of the service. Nobody but the owner may read digests; the view tollgate.keys shows the rest.';

COMMENT ON COLUMN tollgate.api_keys.organization_id IS 'Whose key it is; the nil UUID: the service''s.';

COMMENT ON COLUMN tollgate.api_keys.key_id IS 'The public id, which a key begins with after tg_live_ as 22 digits of base 62. Random: it is looked up by itself, and no unique key over all organizations could say so.';

COMMENT ON COLUMN tollgate.api_keys.digest IS 'SHA-256 of the whole key, 32 bytes: with the public id in it, so that a digest copied to another row fits no key.';

COMMENT ON COLUMN tollgate.api_keys.scopes IS 'read: looks; spend: moves the organization''s tokens; admin: both, and of the service''s keys everything.';

COMMENT ON COLUMN tollgate.api_keys.created_by IS 'The key that asked for it; NULL: a trusted server''s token, or an operator.';

COMMENT ON COLUMN tollgate.api_keys.expires_at IS 'From then on it is refused; NULL: never.';

COMMENT ON COLUMN tollgate.api_keys.replaced_by IS 'The key that took its place; NULL: none.';

COMMENT ON COLUMN tollgate.api_keys.grace_ends_at IS 'Of a key that was replaced: from then on it is refused.';

COMMENT ON COLUMN tollgate.api_keys.revoked_at IS 'From then on it is refused; NULL: not revoked.';

COMMENT ON COLUMN tollgate.api_keys.last_used_at IS 'To the minute; NULL: never used.';

CREATE TABLE tollgate.audit_log (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    number bigint NOT NULL,
    actor_kind text NOT NULL,
    actor_id text,
    hint text,
    database_role text NOT NULL,
    change text NOT NULL,
    subject text NOT NULL,
    before jsonb,
    after jsonb,
    request_id text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT "a change has a subject of at most 500 characters" CHECK (((length(subject) >= 1) AND (length(subject) <= 500))),
    CONSTRAINT "a change is a noun, a dot and a verb" CHECK ((change ~ '^[a-z][a-z_]{0,62}[.][a-z][a-z_]{0,62}$'::text)),
    CONSTRAINT "an actor is a user, key, service, payments or a database role" CHECK ((actor_kind = ANY (ARRAY['user'::text, 'key'::text, 'service'::text, 'payments'::text, 'database'::text]))),
    CONSTRAINT "before and after are objects" CHECK (((jsonb_typeof(before) = 'object'::text) AND (jsonb_typeof(after) = 'object'::text))),
    CONSTRAINT "what is said of an actor is short" CHECK ((((length(actor_id) >= 1) AND (length(actor_id) <= 255)) AND (length(hint) <= 255) AND (length(request_id) <= 255))),
    CONSTRAINT "whoever is no service is known by name" CHECK (((actor_kind = 'service'::text) OR (actor_id IS NOT NULL)))
);

ALTER TABLE ONLY tollgate.audit_log FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.audit_log OWNER TO tollgate_owner;

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

ALTER TABLE tollgate.audit_log ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME tollgate.audit_log_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE tollgate.auto_top_ups (
    organization_id uuid NOT NULL,
    token_type text NOT NULL,
    below bigint NOT NULL,
    amount bigint NOT NULL,
    period_maximum integer DEFAULT 3 NOT NULL,
    cool_off_seconds integer DEFAULT 3600 NOT NULL,
    requested_count integer DEFAULT 0 NOT NULL,
    requested_at timestamp with time zone,
    CONSTRAINT "a cool-off lasts 0 seconds to 366 days" CHECK (((cool_off_seconds >= 0) AND (cool_off_seconds <= 31622400))),
    CONSTRAINT "a top-up has 1 to 10^15 tokens" CHECK ((((amount >= 1) AND (amount <= '1000000000000000'::bigint)) AND ((below >= 1) AND (below <= '1000000000000000'::bigint)))),
    CONSTRAINT "a top-up is requested 0 to 1000 times a period" CHECK ((((period_maximum >= 0) AND (period_maximum <= 1000)) AND (requested_count >= 0)))
);

ALTER TABLE ONLY tollgate.auto_top_ups FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.auto_top_ups OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.auto_top_ups IS 'When fewer than `below` tokens are available an event asks for a top-up of `amount`.';

COMMENT ON COLUMN tollgate.auto_top_ups.below IS 'Tokens.';

COMMENT ON COLUMN tollgate.auto_top_ups.amount IS 'Tokens to ask for.';

COMMENT ON COLUMN tollgate.auto_top_ups.period_maximum IS 'As many requests in a period.';

COMMENT ON COLUMN tollgate.auto_top_ups.cool_off_seconds IS 'Seconds between two requests.';

COMMENT ON COLUMN tollgate.auto_top_ups.requested_count IS 'Requests in this period.';

CREATE TABLE tollgate.balance_days (
    organization_id uuid NOT NULL,
    token_type text NOT NULL,
    day date NOT NULL,
    used bigint NOT NULL,
    granted bigint NOT NULL,
    refunded bigint NOT NULL,
    balance bigint NOT NULL,
    last_sequence bigint NOT NULL,
    CONSTRAINT "a day uses and gives back 0 or more tokens" CHECK (((used >= 0) AND (refunded >= 0)))
);

ALTER TABLE ONLY tollgate.balance_days FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.balance_days OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.balance_days IS 'What became of each balance on each day (UTC) on which it moved, as far as its movements are rolled up.';

COMMENT ON COLUMN tollgate.balance_days.used IS 'Tokens that uses deducted.';

COMMENT ON COLUMN tollgate.balance_days.granted IS 'Tokens that all other movements added, less what they took: allocations, resets, top-ups, refunds, adjustments, expiries.';

COMMENT ON COLUMN tollgate.balance_days.refunded IS 'Tokens of these that refunds gave back, of whichever day''s uses.';

COMMENT ON COLUMN tollgate.balance_days.balance IS 'Tokens after the day''s last movement.';

COMMENT ON COLUMN tollgate.balance_days.last_sequence IS 'The day''s last movement.';

CREATE TABLE tollgate.cache_days (
    organization_id uuid NOT NULL,
    cache_name text NOT NULL,
    day date NOT NULL,
    calls bigint DEFAULT 0 NOT NULL,
    quota bigint DEFAULT 0 NOT NULL,
    hits bigint DEFAULT 0 NOT NULL,
    fallbacks bigint DEFAULT 0 NOT NULL,
    waits bigint DEFAULT 0 NOT NULL,
    CONSTRAINT "counts of a day are never negative" CHECK ((LEAST(calls, quota, hits, fallbacks, waits) >= 0))
)
WITH (fillfactor='60');

ALTER TABLE ONLY tollgate.cache_days FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.cache_days OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.cache_days IS 'What caches answered, by day, for the last 90 of them.';

COMMENT ON COLUMN tollgate.cache_days.day IS 'In the organization''s time zone.';

COMMENT ON COLUMN tollgate.cache_days.calls IS 'Calls granted. Exact: counted in the transaction that grants.';

COMMENT ON COLUMN tollgate.cache_days.quota IS 'The largest quota that any of them was granted under.';

COMMENT ON COLUMN tollgate.cache_days.hits IS 'Answers with a value. Counted by servers every second: one that is killed forgets the last.';

COMMENT ON COLUMN tollgate.cache_days.fallbacks IS 'Answers with the fallback, counted likewise.';

COMMENT ON COLUMN tollgate.cache_days.waits IS 'Requests that waited for somebody else''s call, counted likewise. Their answers count as what they are.';

CREATE TABLE tollgate.cache_entries (
    organization_id uuid NOT NULL,
    cache_name text NOT NULL,
    key_hash bytea NOT NULL,
    lease_id uuid NOT NULL,
    value json,
    ends_at timestamp with time zone NOT NULL,
    stored_at timestamp with time zone,
    last_used_at timestamp with time zone NOT NULL,
    CONSTRAINT "a key is kept as a SHA-256 digest only" CHECK ((octet_length(key_hash) = 32)),
    CONSTRAINT "a value has at most 64 KiB" CHECK ((octet_length((value)::text) <= 65536)),
    CONSTRAINT "a value was stored at some time" CHECK (((value IS NULL) = (stored_at IS NULL))),
    CONSTRAINT "an entry ends at some time" CHECK (isfinite(ends_at))
)
WITH (fillfactor='80');

ALTER TABLE ONLY tollgate.cache_entries FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.cache_entries OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.cache_entries IS 'What is known under a key: a value, or a lease of somebody who is to bring it. What has ended counts as absent, and is swept up.';

COMMENT ON COLUMN tollgate.cache_entries.key_hash IS 'SHA-256 of the organization, the cache''s id and the key in canonical form. The key itself, which may be about people, is not kept.';

COMMENT ON COLUMN tollgate.cache_entries.lease_id IS 'The charge of the call that the value is, or will be, the result of.';

COMMENT ON COLUMN tollgate.cache_entries.value IS 'As it was stored, byte by byte; NULL: there is a lease and no value yet.';

COMMENT ON COLUMN tollgate.cache_entries.ends_at IS 'Of a value: from then on it is not given. Of a lease: from then on another may get one.';

COMMENT ON COLUMN tollgate.cache_entries.last_used_at IS 'To the minute.';

CREATE VIEW tollgate.cache_use WITH (security_invoker='true') AS
 SELECT counted.organization_id,
    counted.cache_name,
    counted.day,
    counted.calls,
    counted.quota,
    counted.hits,
    counted.fallbacks,
    counted.waits,
    round(((counted.hits)::numeric / (NULLIF(((counted.hits + counted.calls) + counted.fallbacks), 0))::numeric), 4) AS hit_rate
   FROM tollgate.cache_days counted;

ALTER TABLE tollgate.cache_use OWNER TO tollgate_owner;

COMMENT ON VIEW tollgate.cache_use IS 'What decision caches answered each day of the last 90. hit_rate: hits among hits, calls and fallbacks, from 0 to 1; NULL: nobody asked. Calls are exact, the others as servers have told by now.';

CREATE TABLE tollgate.content_attributes (
    organization_id uuid NOT NULL,
    attribute_id uuid NOT NULL,
    number bigint NOT NULL,
    instructions text NOT NULL,
    examples jsonb DEFAULT '[]'::jsonb NOT NULL,
    signals jsonb DEFAULT '[]'::jsonb NOT NULL,
    active boolean NOT NULL,
    tokens bigint NOT NULL,
    uses bigint DEFAULT 0 NOT NULL,
    last_used_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT "an attribute has 0 to 10^12 tokens" CHECK (((tokens >= 0) AND (tokens <= '1000000000000'::bigint))),
    CONSTRAINT "an attribute's uses are counted from 0 on" CHECK ((uses >= 0)),
    CONSTRAINT "examples are a text or a list of texts" CHECK (((jsonb_typeof(examples) = 'string'::text) OR ((jsonb_typeof(examples) = 'array'::text) AND (NOT jsonb_path_exists(examples, 'strict $[*]?(@.type() != "string")'::jsonpath))))),
    CONSTRAINT "signals are a text or a list of texts" CHECK (((jsonb_typeof(signals) = 'string'::text) OR ((jsonb_typeof(signals) = 'array'::text) AND (NOT jsonb_path_exists(signals, 'strict $[*]?(@.type() != "string")'::jsonpath)))))
)
WITH (fillfactor='70');

ALTER TABLE ONLY tollgate.content_attributes FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.content_attributes OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.content_attributes IS 'Content of organizations: texts that are sent along with prompts while they are active.';

COMMENT ON COLUMN tollgate.content_attributes.number IS 'In the order in which they were made.';

COMMENT ON COLUMN tollgate.content_attributes.examples IS 'A text or a list of texts, as it was sent.';

COMMENT ON COLUMN tollgate.content_attributes.signals IS 'A text or a list of texts, as it was sent.';

COMMENT ON COLUMN tollgate.content_attributes.active IS 'Whether its tokens count.';

COMMENT ON COLUMN tollgate.content_attributes.tokens IS 'Tokens of all its texts, each counted by itself.';

COMMENT ON COLUMN tollgate.content_attributes.uses IS 'How often it was used: those with the fewest are deactivated first.';

COMMENT ON COLUMN tollgate.content_attributes.last_used_at IS 'NULL: never used.';

CREATE TABLE tollgate.content_levels (
    level integer NOT NULL,
    title text NOT NULL,
    tokens bigint NOT NULL,
    CONSTRAINT "a content level has 1 to 10^15 tokens" CHECK (((tokens >= 1) AND (tokens <= '1000000000000000'::bigint))),
    CONSTRAINT "a content level is 1 or higher" CHECK ((level >= 1))
);

ALTER TABLE tollgate.content_levels OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.content_levels IS 'How many tokens of content an organization may have active, by its level.';

COMMENT ON COLUMN tollgate.content_levels.title IS 'The name people read.';

COMMENT ON COLUMN tollgate.content_levels.tokens IS 'Tokens that the active attributes may have together.';

CREATE VIEW tollgate.content_usage WITH (security_invoker='true') AS
 SELECT settings.organization_id,
    standing.level,
    standing.level_title,
    standing.budget,
    standing.used,
    standing.remaining,
    standing.percent_used,
    standing.state,
    settings.attribute_count,
    standing.deactivates_automatically,
    standing.counter,
    settings.updated_at
   FROM (tollgate.content_budgets settings
     CROSS JOIN LATERAL tollgate.content_standing(settings.*) standing(level, level_title, budget_tokens, budget, used, remaining, percent_used, state, deactivates_automatically, counter));

ALTER TABLE tollgate.content_usage OWNER TO tollgate_owner;

COMMENT ON VIEW tollgate.content_usage IS 'How full content budgets are, of organizations that have content or settings for it. Tokens.';

COMMENT ON COLUMN tollgate.content_usage.used IS 'Tokens of the active attributes.';

COMMENT ON COLUMN tollgate.content_usage.remaining IS 'Tokens; 0 over the budget.';

COMMENT ON COLUMN tollgate.content_usage.percent_used IS 'Percent; more than 100 over the budget.';

COMMENT ON COLUMN tollgate.content_usage.attribute_count IS 'Attributes, active or not.';

CREATE TABLE tollgate.credential_authorizations (
    organization_id uuid NOT NULL,
    state_digest bytea NOT NULL,
    provider text NOT NULL,
    begun_by uuid,
    verifier bytea NOT NULL,
    begun_at timestamp with time zone DEFAULT now() NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    CONSTRAINT "a state is kept as a SHA-256 digest" CHECK ((octet_length(state_digest) = 32)),
    CONSTRAINT "a verifier is sealed" CHECK (
CASE
    WHEN ((octet_length(verifier) >= 32) AND (octet_length(verifier) <= 1024)) THEN ((get_byte(verifier, 0) = 1) AND ((get_byte(verifier, 1) >= 1) AND (get_byte(verifier, 1) <= 32)) AND (octet_length(verifier) > (30 + get_byte(verifier, 1))))
    ELSE false
END)
);

ALTER TABLE ONLY tollgate.credential_authorizations FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.credential_authorizations OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.credential_authorizations IS 'Consents that somebody was sent away for, for ten minutes and for one use: whoever comes back with the state finishes them.';

COMMENT ON COLUMN tollgate.credential_authorizations.state_digest IS 'SHA-256 of the state that the authorization URL has.';

COMMENT ON COLUMN tollgate.credential_authorizations.begun_by IS 'The user who has to come back; NULL: a service or a key began it.';

COMMENT ON COLUMN tollgate.credential_authorizations.verifier IS 'Sealed: the code verifier of PKCE (RFC 7636).';

CREATE TABLE tollgate.credentials (
    organization_id uuid NOT NULL,
    provider text NOT NULL,
    state text DEFAULT 'connected'::text NOT NULL,
    refresh_token bytea NOT NULL,
    access_token bytea,
    access_token_expires_at timestamp with time zone,
    access_token_fresh_until timestamp with time zone,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    connected_at timestamp with time zone DEFAULT now() NOT NULL,
    connected_by uuid,
    refreshed_at timestamp with time zone,
    lease_id uuid,
    lease_ends_at timestamp with time zone,
    retry_at timestamp with time zone,
    CONSTRAINT "a credential is connected or needs consent again" CHECK ((state = ANY (ARRAY['connected'::text, 'reconsent_required'::text]))),
    CONSTRAINT "a refresh token is sealed" CHECK (
CASE
    WHEN ((octet_length(refresh_token) >= 32) AND (octet_length(refresh_token) <= 16384)) THEN ((get_byte(refresh_token, 0) = 1) AND ((get_byte(refresh_token, 1) >= 1) AND (get_byte(refresh_token, 1) <= 32)) AND (octet_length(refresh_token) > (30 + get_byte(refresh_token, 1))))
    ELSE false
END),
    CONSTRAINT "an access token has an end, before which it is no longer fresh" CHECK ((((access_token IS NULL) = (access_token_expires_at IS NULL)) AND ((access_token IS NULL) = (access_token_fresh_until IS NULL)) AND ((access_token_fresh_until <= access_token_expires_at) IS NOT FALSE))),
    CONSTRAINT "an access token is sealed" CHECK (
CASE
    WHEN (access_token IS NULL) THEN true
    WHEN ((octet_length(access_token) >= 32) AND (octet_length(access_token) <= 32768)) THEN ((get_byte(access_token, 0) = 1) AND ((get_byte(access_token, 1) >= 1) AND (get_byte(access_token, 1) <= 32)) AND (octet_length(access_token) > (30 + get_byte(access_token, 1))))
    ELSE false
END)
)
WITH (fillfactor='70');

ALTER TABLE ONLY tollgate.credentials FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.credentials OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.credentials IS 'What organizations have connected: a refresh token and the access token that was made of it last, both sealed. Nobody but the owner may read those.';

COMMENT ON COLUMN tollgate.credentials.state IS 'connected; reconsent_required: the provider has refused the refresh token for good, and is not asked again until somebody connects anew.';

COMMENT ON COLUMN tollgate.credentials.refresh_token IS 'Sealed. Kept until its successor is stored.';

COMMENT ON COLUMN tollgate.credentials.access_token IS 'Sealed; NULL: none was made yet.';

COMMENT ON COLUMN tollgate.credentials.access_token_fresh_until IS 'Until then it is handed out; from then on it is refreshed first.';

COMMENT ON COLUMN tollgate.credentials.version IS 'Counts the refresh tokens and access tokens that were stored. Sealing them under another key does not count.';

COMMENT ON COLUMN tollgate.credentials.connected_by IS 'The user who connected it; NULL: a service or a key.';

COMMENT ON COLUMN tollgate.credentials.lease_id IS 'Whoever refreshes, or was the last to do so.';

COMMENT ON COLUMN tollgate.credentials.lease_ends_at IS 'Until then nobody else refreshes, whatever became of who does; NULL: nobody is refreshing.';

COMMENT ON COLUMN tollgate.credentials.retry_at IS 'The provider was out of order or asked for patience: it is not asked before.';

CREATE VIEW tollgate.current_balances WITH (security_invoker='true') AS
 SELECT organization.id AS organization_id,
    kind.token_type,
    COALESCE(current.balance, allocation.tokens, (0)::bigint) AS balance,
    COALESCE(current.reserved, (0)::bigint) AS reserved,
    COALESCE(current.total_allocated, allocation.tokens, (0)::bigint) AS total_allocated,
    COALESCE(current.total_used, (0)::bigint) AS total_used,
    COALESCE(current.purchased, (0)::bigint) AS purchased,
        CASE
            WHEN (token.id IS NULL) THEN tollgate.period_end(allocation.period, allocation.period_days, NULL::timestamp with time zone,
            CASE
                WHEN allocation.anchored THEN tollgate.moment()
                ELSE NULL::timestamp with time zone
            END, organization.time_zone, tollgate.moment())
            ELSE current.refresh_date
        END AS refresh_date,
    COALESCE(current.overdraft, allocation.overdraft, (0)::bigint) AS overdraft
   FROM ((((public.organizations organization
     CROSS JOIN tollgate.token_types kind)
     LEFT JOIN public.ai_tokens token ON (((token.organization_id = organization.id) AND (token.token_type = kind.token_type))))
     LEFT JOIN tollgate.plan_allocations allocation ON (((allocation.token_type = kind.token_type) AND (allocation.plan =
        CASE
            WHEN (organization.next_plan_from <= tollgate.moment()) THEN organization.next_plan
            ELSE organization.plan
        END))))
     LEFT JOIN LATERAL ( SELECT token.balance,
            token.reserved,
            token.total_allocated,
            token.total_used,
            GREATEST((0)::bigint, LEAST(token.purchased, token.balance)) AS purchased,
            token.refresh_date,
            token.overdraft
          WHERE (((token.refresh_date <= tollgate.moment()) IS NOT TRUE) AND ((token.due_at <= tollgate.moment()) IS NOT TRUE))
        UNION ALL
         SELECT (due.current).balance AS balance,
            (due.current).reserved AS reserved,
            (due.current).total_allocated AS total_allocated,
            (due.current).total_used AS total_used,
            (due.current).purchased AS purchased,
            (due.current).refresh_date AS refresh_date,
            (due.current).overdraft AS overdraft
           FROM tollgate.due_movements(token.*, tollgate.moment()) due(current, entries, pack_uses, expired_reservations, began_period)
          WHERE ((token.refresh_date <= tollgate.moment()) OR (token.due_at <= tollgate.moment()))
 OFFSET 0) current ON ((token.id IS NOT NULL)))
  WHERE ((token.id IS NOT NULL) OR (allocation.plan IS NOT NULL));

ALTER TABLE tollgate.current_balances OWNER TO tollgate_owner;

COMMENT ON VIEW tollgate.current_balances IS 'Balances as of now: what has fallen due counts, whether or not it is in ai_tokens yet: a reset, a refill, what has expired; and so does an allocation.';

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
    WHEN (channel = 'email'::text) THEN '00000000-0000-0000-0000-000000000000'::uuid
    WHEN (organization_id = '00000000-0000-0000-0000-000000000000'::uuid) THEN receiver_id
    ELSE NULL::uuid
END) STORED,
    status text DEFAULT 'pending'::text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    lease_id uuid,
    next_attempt_at timestamp with time zone,
    attempted_at timestamp with time zone,
    last_status integer,
    last_error text,
    history jsonb DEFAULT '[]'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    pending_since timestamp with time zone DEFAULT now() NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT "a delivery goes to a webhook or an address" CHECK (
CASE channel
    WHEN 'webhook'::text THEN (address IS NULL)
    WHEN 'email'::text THEN (address IS NOT NULL)
    ELSE false
END),
    CONSTRAINT "a delivery is pending, delivered or dead" CHECK ((status = ANY (ARRAY['pending'::text, 'delivered'::text, 'dead'::text]))),
    CONSTRAINT "a pending delivery has a next attempt, any other an end" CHECK ((((status = 'pending'::text) = (next_attempt_at IS NOT NULL)) AND ((status = 'pending'::text) = (finished_at IS NULL))))
)
WITH (fillfactor='70');

ALTER TABLE ONLY tollgate.deliveries FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.deliveries OWNER TO tollgate_owner;

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

COMMENT ON COLUMN tollgate.deliveries.pending_since IS 'When it was made, or somebody asked for it again, by the database''s clock, whatever moment was injected.';

CREATE VIEW tollgate.due_resets WITH (security_invoker='true') AS
 SELECT ai_tokens.organization_id,
    ai_tokens.token_type,
    ai_tokens.balance,
    ai_tokens.total_used,
    ai_tokens.refresh_date,
    (now() - ai_tokens.refresh_date) AS overdue
   FROM public.ai_tokens
  WHERE (ai_tokens.refresh_date <= now());

ALTER TABLE tollgate.due_resets OWNER TO tollgate_owner;

COMMENT ON VIEW tollgate.due_resets IS 'Balances whose period is over and which nobody has touched since. Their next use applies the reset first.';

CREATE TABLE tollgate.event_queue (
    organization_id uuid NOT NULL,
    event_id uuid NOT NULL,
    queued_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY tollgate.event_queue FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.event_queue OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.event_queue IS 'Events that nobody has looked for receivers of yet. Written with the event, deleted with the writing of its deliveries.';

COMMENT ON COLUMN tollgate.event_queue.queued_at IS 'By the database''s clock, whatever moment was injected.';

CREATE TABLE tollgate.events (
    organization_id uuid NOT NULL,
    event_id uuid NOT NULL,
    kind text NOT NULL,
    token_type text,
    payload jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT "an event is of a known kind" CHECK ((kind = ANY (ARRAY['threshold_crossed'::text, 'top_up_requested'::text, 'limit_exceeded'::text, 'plan_changed'::text, 'organization_suspended'::text, 'organization_resumed'::text, 'content_threshold_crossed'::text, 'content_deactivated'::text, 'content_reset'::text, 'alert_raised'::text, 'alert_recovered'::text, 'webhook_test'::text])))
);

ALTER TABLE ONLY tollgate.events FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.events OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.events IS 'The outbox: what somebody should be told, written in the transaction in which it happened.';

COMMENT ON COLUMN tollgate.events.organization_id IS 'Whose it is; the nil UUID: nobody''s, a test of a webhook for all.';

COMMENT ON COLUMN tollgate.events.payload IS 'What happened, as the receiver gets it.';

CREATE VIEW tollgate.keys WITH (security_invoker='true') AS
 SELECT key.organization_id,
    key.key_id,
    key.name,
    key.scopes,
        CASE
            WHEN (key.revoked_at IS NOT NULL) THEN 'revoked'::text
            WHEN (key.expires_at <= tollgate.moment()) THEN 'expired'::text
            WHEN (key.grace_ends_at <= tollgate.moment()) THEN 'replaced'::text
            WHEN (key.grace_ends_at IS NOT NULL) THEN 'in_grace'::text
            ELSE 'active'::text
        END AS status,
    key.created_at,
    key.created_by,
    key.expires_at,
    key.replaced_by,
    key.grace_ends_at,
    key.revoked_at,
    key.last_used_at
   FROM tollgate.api_keys key;

ALTER TABLE tollgate.keys OWNER TO tollgate_owner;

COMMENT ON VIEW tollgate.keys IS 'API keys without their digests. The nil UUID stands for the service. Those whose status is active or in_grace are valid.';

CREATE TABLE tollgate.late_entries (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY tollgate.late_entries FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.late_entries OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.late_entries IS 'Refusals and uses without a balance that were written with an id from before rollup_seal.announced_at: whoever rolls up finds them here.';

CREATE VIEW tollgate.ledger WITH (security_invoker='true') AS
 SELECT ai_token_usage_log.id,
    ai_token_usage_log.organization_id,
        CASE
            WHEN (ai_token_usage_log.reservation_id IS NULL) THEN 'deduction'::text
            ELSE 'capture'::text
        END AS kind,
    'success'::text AS status,
    ai_token_usage_log.token_type,
    ai_token_usage_log.feature_used,
    ai_token_usage_log.user_id,
    ai_token_usage_log.event_id,
    (- ai_token_usage_log.tokens_deducted) AS amount,
    (ai_token_usage_log.remaining_balance + ai_token_usage_log.tokens_deducted) AS balance_before,
    ai_token_usage_log.remaining_balance AS balance_after,
    ai_token_usage_log.sequence,
    NULL::text AS reason,
    ai_token_usage_log.tokens_deducted AS required,
    ai_token_usage_log.idempotency_key,
    ai_token_usage_log.metadata,
    ai_token_usage_log.created_at,
    ai_token_usage_log.reservation_id AS subject_id,
    ai_token_usage_log.price_version,
    ai_token_usage_log.units,
    ai_token_usage_log.dimensions,
    ai_token_usage_log.from_purchased,
    ai_token_usage_log.reservation_id,
    true AS is_use
   FROM public.ai_token_usage_log
UNION ALL
 SELECT ledger_entries.id,
    ledger_entries.organization_id,
    ledger_entries.kind,
        CASE ledger_entries.kind
            WHEN 'refusal'::text THEN 'refused'::text
            ELSE 'success'::text
        END AS status,
    ledger_entries.token_type,
    ledger_entries.feature_used,
    ledger_entries.user_id,
    ledger_entries.event_id,
    ledger_entries.amount,
    ledger_entries.balance_before,
    ledger_entries.balance_after,
    ledger_entries.sequence,
    ledger_entries.reason,
    ledger_entries.required,
    ledger_entries.idempotency_key,
    ledger_entries.metadata,
    ledger_entries.created_at,
    ledger_entries.subject_id,
    ledger_entries.price_version,
    NULL::bigint AS units,
    NULL::jsonb AS dimensions,
    NULL::bigint AS from_purchased,
        CASE
            WHEN (ledger_entries.kind = ANY (ARRAY['reservation'::text, 'release'::text])) THEN ledger_entries.subject_id
            ELSE NULL::uuid
        END AS reservation_id,
    false AS is_use
   FROM tollgate.ledger_entries;

ALTER TABLE tollgate.ledger OWNER TO tollgate_owner;

COMMENT ON VIEW tollgate.ledger IS 'Every movement of every balance and every refusal. `sequence` orders the movements of one balance. A use that ends a reservation is a capture.';

COMMENT ON COLUMN tollgate.ledger.amount IS 'Tokens; positive: the balance grew.';

COMMENT ON COLUMN tollgate.ledger.required IS 'Tokens that a use or a refusal was about, or that a reservation holds or lets go.';

COMMENT ON COLUMN tollgate.ledger.subject_id IS 'What it is about: of a refund the charge, of a reservation, capture or release the reservation, of a top-up or expiry the pack.';

COMMENT ON COLUMN tollgate.ledger.units IS 'How many times the price; NULL where nothing was used.';

COMMENT ON COLUMN tollgate.ledger.dimensions IS 'Units of a price with dimensions.';

COMMENT ON COLUMN tollgate.ledger.from_purchased IS 'Tokens of a use that were bought ones; NULL where nothing was used.';

COMMENT ON COLUMN tollgate.ledger.is_use IS 'Whether it is a row of ai_token_usage_log: a deduction or a capture.';

CREATE TABLE tollgate.limit_overrides (
    organization_id uuid NOT NULL,
    limit_name text NOT NULL,
    maximum bigint,
    CONSTRAINT "an overridden limit is between 0 and 10^15" CHECK (((maximum >= 0) AND (maximum <= '1000000000000000'::bigint)))
);

ALTER TABLE ONLY tollgate.limit_overrides FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.limit_overrides OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.limit_overrides IS 'Limits that are different for one organization.';

COMMENT ON COLUMN tollgate.limit_overrides.maximum IS 'Instead of the limit''s; NULL: no limit.';

CREATE TABLE tollgate.limit_uses (
    organization_id uuid NOT NULL,
    limit_name text NOT NULL,
    subject uuid NOT NULL,
    window_start timestamp with time zone NOT NULL,
    used bigint NOT NULL,
    earlier_used bigint DEFAULT 0 NOT NULL,
    alerted boolean DEFAULT false NOT NULL,
    CONSTRAINT "a count is never negative" CHECK (((used >= 0) AND (earlier_used >= 0)))
)
WITH (fillfactor='60');

ALTER TABLE ONLY tollgate.limit_uses FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.limit_uses OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.limit_uses IS 'What limits have counted in their present window.';

COMMENT ON COLUMN tollgate.limit_uses.subject IS 'The user, or the organization where a limit is per organization.';

COMMENT ON COLUMN tollgate.limit_uses.window_start IS 'When the window began; of spacing the last use.';

COMMENT ON COLUMN tollgate.limit_uses.used IS 'Tokens, uses or refusals since window_start.';

COMMENT ON COLUMN tollgate.limit_uses.earlier_used IS 'The same of the day or month before: a transaction that began in it may have its turn after others have begun the next.';

COMMENT ON COLUMN tollgate.limit_uses.alerted IS 'Whether this window''s event is written.';

CREATE TABLE tollgate.limits (
    limit_name text NOT NULL,
    is_enabled boolean DEFAULT false NOT NULL,
    plan text,
    token_type text,
    feature text,
    per text DEFAULT 'organization'::text NOT NULL,
    counts text DEFAULT 'uses'::text NOT NULL,
    window_kind text NOT NULL,
    window_seconds integer,
    maximum bigint NOT NULL,
    action text DEFAULT 'refuse'::text NOT NULL,
    CONSTRAINT "a limit counts tokens, uses or refusals" CHECK ((counts = ANY (ARRAY['tokens'::text, 'uses'::text, 'refusals'::text]))),
    CONSTRAINT "a limit is a lower-case name" CHECK ((limit_name ~ '^[a-z][a-z0-9_]{0,62}$'::text)),
    CONSTRAINT "a limit is between 0 and 10^15" CHECK (((maximum >= 0) AND (maximum <= '1000000000000000'::bigint))),
    CONSTRAINT "a limit is per organization or user" CHECK ((per = ANY (ARRAY['organization'::text, 'user'::text]))),
    CONSTRAINT "a limit refuses or alerts" CHECK ((action = ANY (ARRAY['refuse'::text, 'alert'::text]))),
    CONSTRAINT "a request counts tokens, spacing counts uses" CHECK ((counts =
CASE window_kind
    WHEN 'request'::text THEN 'tokens'::text
    WHEN 'spacing'::text THEN 'uses'::text
    ELSE counts
END)),
    CONSTRAINT "a window is a request, spacing, seconds, day or month" CHECK ((window_kind = ANY (ARRAY['request'::text, 'spacing'::text, 'seconds'::text, 'day'::text, 'month'::text]))),
    CONSTRAINT "spacing and seconds have 1 second to 366 days" CHECK (
CASE
    WHEN (window_kind = ANY (ARRAY['spacing'::text, 'seconds'::text])) THEN COALESCE(((window_seconds >= 1) AND (window_seconds <= 31622400)), false)
    ELSE (window_seconds IS NULL)
END)
);

ALTER TABLE tollgate.limits OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.limits IS 'What bounds a charge besides the balance: quotas, caps and abuse limits. Where plan, token_type or feature is NULL it is for all of them.';

COMMENT ON COLUMN tollgate.limits.per IS 'Whose uses are counted together.';

COMMENT ON COLUMN tollgate.limits.window_kind IS 'request: each charge by itself; spacing: at least window_seconds between two; seconds: window_seconds from the first; day, month: of the calendar in the organization''s time zone.';

COMMENT ON COLUMN tollgate.limits.maximum IS 'The most tokens, uses or refusals in a window. With refusals: after as many nothing more is granted. Not used by spacing.';

COMMENT ON COLUMN tollgate.limits.action IS 'refuse: what goes beyond is refused; alert: it is granted, and an event is written once a window.';

CREATE VIEW tollgate.limits_in_use WITH (security_invoker='true') AS
 SELECT counted.organization_id,
    counted.limit_name,
    counted.subject,
    present.used,
    present.maximum,
    present.window_start,
    present.window_end,
    (present.used >= present.maximum) AS is_used_up
   FROM ((tollgate.limit_uses counted
     JOIN tollgate.limits bound ON ((bound.limit_name = counted.limit_name)))
     CROSS JOIN LATERAL tollgate.applicable_limits(counted.organization_id, counted.subject, bound.feature, bound.token_type) present(limit_name, subject, counts, window_kind, action, maximum, window_start, window_end, used, earlier_used, is_alerted))
  WHERE ((present.limit_name = counted.limit_name) AND (present.subject = counted.subject) AND (present.used > 0));

ALTER TABLE tollgate.limits_in_use OWNER TO tollgate_owner;

COMMENT ON VIEW tollgate.limits_in_use IS 'What enabled limits have counted in windows that are open now, of how much. Where is_used_up is true and the limit refuses, the subject waits until window_end.';

CREATE VIEW tollgate.low_balances WITH (security_invoker='true') AS
 SELECT current.organization_id,
    current.token_type,
    current.balance,
    current.total_allocated,
    current.refresh_date,
    tollgate.balance_state((current.balance - current.reserved), current.total_allocated, kind.*) AS state
   FROM (tollgate.current_balances current
     JOIN tollgate.token_types kind USING (token_type))
  WHERE ((current.total_allocated > 0) AND (tollgate.balance_state((current.balance - current.reserved), current.total_allocated, kind.*) = ANY (ARRAY['critical'::text, 'exhausted'::text])));

ALTER TABLE tollgate.low_balances OWNER TO tollgate_owner;

COMMENT ON VIEW tollgate.low_balances IS 'Balances on a plan that are critical or exhausted, as of now.';

CREATE TABLE tollgate.pack_prices (
    tokens bigint NOT NULL,
    amount_minor bigint NOT NULL,
    currency text NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT "a pack costs 0 to 10^12" CHECK (((amount_minor >= 0) AND (amount_minor <= '1000000000000'::bigint))),
    CONSTRAINT "a pack that is sold has 1 to 10^15 tokens" CHECK (((tokens >= 1) AND (tokens <= '1000000000000000'::bigint))),
    CONSTRAINT "a pack's currency is a code of ISO 4217" CHECK ((currency ~ '^[A-Z]{3}$'::text))
);

ALTER TABLE tollgate.pack_prices OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.pack_prices IS 'What packs of tokens cost, of any token type, for estimates.';

COMMENT ON COLUMN tollgate.pack_prices.tokens IS 'The size: tokens.';

COMMENT ON COLUMN tollgate.pack_prices.amount_minor IS 'In the currency''s smallest unit.';

COMMENT ON COLUMN tollgate.pack_prices.currency IS 'ISO 4217.';

CREATE VIEW tollgate.packs WITH (security_invoker='true') AS
 SELECT counted.organization_id,
    counted.token_type,
    counted.pack_id,
    counted.payment_id,
    counted.amount,
    ((counted.amount - counted.expired) - counted.unspent) AS used,
    counted.unspent AS remaining,
    counted.expired,
    (counted.expires_at <= tollgate.moment()) AS is_expired,
    counted.expires_at,
    counted.created_at
   FROM ( SELECT present.organization_id,
            present.pack_id,
            present.token_type,
            present.amount,
            present.remaining,
            present.payment_id,
            present.expires_at,
            present.created_at,
            present.left_of_all,
            present.present,
            present.expired,
            (LEAST((present.present)::numeric, GREATEST((0)::numeric, (sum(present.present) OVER in_order - (sum(present.present) OVER of_balance - (present.left_of_all)::numeric)))))::bigint AS unspent
           FROM ( SELECT pack.organization_id,
                    pack.pack_id,
                    pack.token_type,
                    pack.amount,
                    pack.remaining,
                    pack.payment_id,
                    pack.expires_at,
                    pack.created_at,
                    COALESCE(balance.left_of_all, (0)::bigint) AS left_of_all,
                    (pack.remaining - COALESCE(due.taken, (0)::bigint)) AS present,
                    (COALESCE(due.expired, (0)::bigint) + (COALESCE(( SELECT sum(gone.amount) AS sum
                           FROM tollgate.pack_uses gone
                          WHERE ((gone.organization_id = pack.organization_id) AND (gone.pack_id = pack.pack_id) AND gone.expired)), (0)::numeric))::bigint) AS expired
                   FROM ((tollgate.token_packs pack
                     LEFT JOIN ( SELECT token.organization_id,
                            token.token_type,
                            due_1.pack_uses,
                            GREATEST((0)::bigint, LEAST((due_1.current).purchased, (due_1.current).balance)) AS left_of_all
                           FROM (public.ai_tokens token
                             CROSS JOIN LATERAL tollgate.due_movements(token.*, tollgate.moment()) due_1(current, entries, pack_uses, expired_reservations, began_period))
                          WHERE ((token.purchased > 0) OR (token.due_at <= tollgate.moment()))) balance USING (organization_id, token_type))
                     LEFT JOIN LATERAL ( SELECT (sum(use.amount))::bigint AS taken,
                            (sum(use.amount) FILTER (WHERE use.expired))::bigint AS expired
                           FROM unnest(balance.pack_uses) use(organization_id, pack_id, token_type, sequence_after, sequence_to, amount, expired, created_at)
                          WHERE (use.pack_id = pack.pack_id)) due ON (true))) present
          WINDOW of_balance AS (PARTITION BY present.organization_id, present.token_type), in_order AS (PARTITION BY present.organization_id, present.token_type ORDER BY present.expires_at, present.pack_id)) counted;

ALTER TABLE tollgate.packs OWNER TO tollgate_owner;

COMMENT ON VIEW tollgate.packs IS 'Bought tokens, pack by pack, as of now: amount = used + remaining + expired. Also counts what was spent or has expired since token_packs was last brought up to date.';

COMMENT ON COLUMN tollgate.packs.payment_id IS 'The payment it was bought with; NULL: bought tokens that a refund gave back.';

COMMENT ON COLUMN tollgate.packs.amount IS 'Tokens bought.';

COMMENT ON COLUMN tollgate.packs.used IS 'Tokens spent.';

COMMENT ON COLUMN tollgate.packs.remaining IS 'Tokens left; of a pack whose time is over those that a reservation still holds.';

COMMENT ON COLUMN tollgate.packs.expired IS 'Tokens that nobody spent in time.';

CREATE TABLE tollgate.payment_customers (
    organization_id uuid NOT NULL,
    customer_id text NOT NULL COLLATE pg_catalog."C",
    event_id text COLLATE pg_catalog."C",
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT "a customer id is 1 to 255 printable ASCII characters" CHECK ((customer_id ~ '^[\x21-\x7E]{1,255}$'::text))
);

ALTER TABLE ONLY tollgate.payment_customers FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.payment_customers OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.payment_customers IS 'Which customers of the payment provider an organization is. A customer is one organization''s alone.';

COMMENT ON COLUMN tollgate.payment_customers.event_id IS 'The checkout that said so; NULL: an administrator did.';

CREATE TABLE tollgate.payment_invoices (
    organization_id uuid NOT NULL,
    invoice_id text NOT NULL COLLATE pg_catalog."C",
    customer_id text NOT NULL COLLATE pg_catalog."C",
    state text NOT NULL,
    stated_at timestamp with time zone NOT NULL,
    event_id text NOT NULL COLLATE pg_catalog."C",
    CONSTRAINT "an invoice is failed, settled or waived" CHECK ((state = ANY (ARRAY['failed'::text, 'settled'::text, 'waived'::text])))
);

ALTER TABLE ONLY tollgate.payment_invoices FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.payment_invoices OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.payment_invoices IS 'What the payment provider said last of each invoice. An organization with a failed one is suspended.';

COMMENT ON COLUMN tollgate.payment_invoices.state IS 'failed: a payment of it failed; settled: it is paid, or void; waived: an administrator let the organization go on without it.';

COMMENT ON COLUMN tollgate.payment_invoices.stated_at IS 'When the provider made the event that said so: an older one changes nothing.';

COMMENT ON COLUMN tollgate.payment_invoices.event_id IS 'That event.';

CREATE TABLE tollgate.payment_packs (
    pack text NOT NULL COLLATE pg_catalog."C",
    token_type text NOT NULL,
    tokens bigint NOT NULL,
    price_minor bigint,
    currency text,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT "a currency is three lower-case letters" CHECK ((currency ~ '^[a-z]{3}$'::text)),
    CONSTRAINT "a pack's name is 1 to 255 printable ASCII characters" CHECK ((pack ~ '^[\x21-\x7E]{1,255}$'::text)),
    CONSTRAINT "a price is 1 to 10^12 of its currency's smallest unit, or none" CHECK ((((price_minor >= 1) AND (price_minor <= '1000000000000'::bigint)) AND ((price_minor IS NULL) = (currency IS NULL)))),
    CONSTRAINT "a sold pack has 1 to 10^15 tokens" CHECK (((tokens >= 1) AND (tokens <= '1000000000000000'::bigint)))
);

ALTER TABLE tollgate.payment_packs OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.payment_packs IS 'What a paid checkout may buy, the same for all tenants. A checkout names a pack and never its tokens.';

COMMENT ON COLUMN tollgate.payment_packs.pack IS 'What a checkout names it by: a name of one''s own, or an id of the provider''s, such as a payment link''s or a price''s.';

COMMENT ON COLUMN tollgate.payment_packs.price_minor IS 'What a checkout has to come to at the least, in the currency''s smallest unit, before discounts and with taxes; NULL: not looked at.';

CREATE TABLE tollgate.plan_prices (
    plan text NOT NULL,
    amount_minor bigint NOT NULL,
    currency text NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT "a plan costs 0 to 10^12" CHECK (((amount_minor >= 0) AND (amount_minor <= '1000000000000'::bigint))),
    CONSTRAINT "a plan's currency is a code of ISO 4217" CHECK ((currency ~ '^[A-Z]{3}$'::text))
);

ALTER TABLE tollgate.plan_prices OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.plan_prices IS 'What plans cost, for estimates: nobody is charged by it.';

COMMENT ON COLUMN tollgate.plan_prices.amount_minor IS 'For 30 days, in the currency''s smallest unit.';

COMMENT ON COLUMN tollgate.plan_prices.currency IS 'ISO 4217.';

CREATE TABLE tollgate.plans (
    plan text NOT NULL,
    title text NOT NULL,
    CONSTRAINT "a plan is a lower-case name" CHECK ((plan ~ '^[a-z][a-z0-9_]{0,62}$'::text))
);

ALTER TABLE tollgate.plans OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.plans IS 'What an organization can subscribe to.';

COMMENT ON COLUMN tollgate.plans.title IS 'The name people read: "Not available on Starter plan".';

CREATE TABLE tollgate.providers (
    provider text NOT NULL,
    authorization_url text NOT NULL,
    token_url text NOT NULL,
    revocation_url text,
    client_id text NOT NULL,
    client_secret bytea NOT NULL,
    client_authentication text DEFAULT 'basic'::text NOT NULL,
    scopes text[] DEFAULT '{}'::text[] NOT NULL,
    redirect_uri text NOT NULL,
    authorization_parameters jsonb DEFAULT '{}'::jsonb NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT "a client authenticates by basic or post" CHECK ((client_authentication = ANY (ARRAY['basic'::text, 'post'::text]))),
    CONSTRAINT "a client secret is sealed" CHECK (
CASE
    WHEN ((octet_length(client_secret) >= 32) AND (octet_length(client_secret) <= 8192)) THEN ((get_byte(client_secret, 0) = 1) AND ((get_byte(client_secret, 1) >= 1) AND (get_byte(client_secret, 1) <= 32)) AND (octet_length(client_secret) > (30 + get_byte(client_secret, 1))))
    ELSE false
END),
    CONSTRAINT "a provider is a lower-case name" CHECK ((provider ~ '^[a-z][a-z0-9_]{0,62}$'::text)),
    CONSTRAINT "a provider is asked over https" CHECK ((starts_with(token_url, 'https://'::text) AND (starts_with(revocation_url, 'https://'::text) IS NOT FALSE) AND starts_with(authorization_url, 'https://'::text)))
);

ALTER TABLE tollgate.providers OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.providers IS 'Whom tenants can connect to: OAuth 2.0 servers, and how this service is registered there. The same for all tenants.';

COMMENT ON COLUMN tollgate.providers.token_url IS 'Where codes and refresh tokens are exchanged. Asked by servers.';

COMMENT ON COLUMN tollgate.providers.revocation_url IS 'Where a refresh token is revoked when a tenant disconnects (RFC 7009); NULL: nowhere, it is forgotten.';

COMMENT ON COLUMN tollgate.providers.client_secret IS 'Sealed.';

COMMENT ON COLUMN tollgate.providers.client_authentication IS 'basic: by the field Authorization; post: in the body (RFC 6749, section 2.3.1).';

COMMENT ON COLUMN tollgate.providers.authorization_parameters IS 'What the authorization URL says besides, names and texts: {"access_type": "offline"}.';

CREATE TABLE tollgate.rolled_balances (
    organization_id uuid NOT NULL,
    token_type text NOT NULL,
    sequence bigint NOT NULL,
    first_used_at timestamp with time zone,
    available bigint,
    allocated bigint,
    percent_left integer,
    state text,
    tokens_per_day numeric,
    runs_out_at timestamp with time zone,
    forecast_at timestamp with time zone,
    CONSTRAINT "a movement that is rolled up has a place in the chain" CHECK ((sequence >= 0))
);

ALTER TABLE ONLY tollgate.rolled_balances FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.rolled_balances OWNER TO tollgate_owner;

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
    rolled_before timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    looked_from timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    is_behind boolean DEFAULT true NOT NULL,
    rolled_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL
)
WITH (fillfactor='80');

ALTER TABLE ONLY tollgate.rolled_organizations FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.rolled_organizations OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.rolled_organizations IS 'How far each organization''s rows without a place in a chain are rolled up, and which organizations have something new.';

COMMENT ON COLUMN tollgate.rolled_organizations.rolled_before IS 'Refusals and uses without a balance are in the roll-ups when their ids are before tollgate.first_id_at() of this, unless late_entries still names them.';

COMMENT ON COLUMN tollgate.rolled_organizations.looked_from IS 'Where to begin to look for movements that are not rolled up. A hint: the chain tells whether it was good.';

COMMENT ON COLUMN tollgate.rolled_organizations.is_behind IS 'Whether something may be there that is not rolled up. A hint, too.';

CREATE TABLE tollgate.rollup_places (
    parent regclass NOT NULL,
    month date NOT NULL,
    next_block bigint NOT NULL,
    seen_blocks bigint NOT NULL
);

ALTER TABLE tollgate.rollup_places OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.rollup_places IS 'How far the ledger''s partitions were looked through for organizations with something new. Hints, by the place on disk, which no clock moves.';

COMMENT ON COLUMN tollgate.rollup_places.next_block IS 'Pages of 8 KiB.';

COMMENT ON COLUMN tollgate.rollup_places.seen_blocks IS 'Pages of 8 KiB that there were when it was last looked through.';

CREATE TABLE tollgate.rollup_seal (
    is_only boolean DEFAULT true NOT NULL,
    announced_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    waits_for xid8,
    settled_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    everywhere_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    looked_up_to uuid,
    caught_up_at timestamp with time zone,
    looked_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    CONSTRAINT "the seal is the only row" CHECK (is_only)
);

ALTER TABLE tollgate.rollup_seal OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.rollup_seal IS 'Before which time no row without a place in a chain can appear unnoticed. See docs/decisions/0026-roll-ups.md.';

COMMENT ON COLUMN tollgate.rollup_seal.announced_at IS 'Whoever writes such a row with an id from before it also writes late_entries.';

COMMENT ON COLUMN tollgate.rollup_seal.waits_for IS 'The first transaction that is sure to know announced_at; NULL: not looked up yet.';

COMMENT ON COLUMN tollgate.rollup_seal.settled_at IS 'The announcement that all transactions know by now.';

COMMENT ON COLUMN tollgate.rollup_seal.everywhere_at IS 'When somebody last began to look at every balance.';

COMMENT ON COLUMN tollgate.rollup_seal.looked_up_to IS 'The organization up to which that was done; NULL: all of them.';

COMMENT ON COLUMN tollgate.rollup_seal.caught_up_at IS 'Every movement committed before it is in the roll-ups, as far as places tell.';

COMMENT ON COLUMN tollgate.rollup_seal.looked_at IS 'When somebody last looked through the ledger''s last pages for whose rows are new.';

CREATE VIEW tollgate.running_out WITH (security_invoker='true') AS
 SELECT known.organization_id,
    known.token_type,
    known.available,
    known.allocated,
    known.state,
    known.tokens_per_day,
    known.runs_out_at,
    known.forecast_at
   FROM tollgate.rolled_balances known
  WHERE (known.runs_out_at IS NOT NULL);

ALTER TABLE tollgate.running_out OWNER TO tollgate_owner;

COMMENT ON VIEW tollgate.running_out IS 'When balances that are used run out if they are used on as they were (tollgate.tokens_per_day), as of their last movement, or of today: order by runs_out_at.';

COMMENT ON COLUMN tollgate.running_out.available IS 'Tokens.';

COMMENT ON COLUMN tollgate.running_out.tokens_per_day IS 'Tokens a day.';

COMMENT ON COLUMN tollgate.running_out.runs_out_at IS 'As if no reset came.';

CREATE TABLE tollgate.schema_migrations (
    version integer NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE tollgate.schema_migrations OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.schema_migrations IS 'The migrations that this database has. Written by `tollgate migrate up` alone.';

COMMENT ON COLUMN tollgate.schema_migrations.checksum IS 'SHA-256 of the file, in hexadecimal.';

CREATE TABLE tollgate.schema_objects (
    path text NOT NULL COLLATE pg_catalog."C",
    checksum text NOT NULL,
    schema_version integer NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE tollgate.schema_objects OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.schema_objects IS 'The files of functions, views and policies as they were last applied.';

COMMENT ON COLUMN tollgate.schema_objects.checksum IS 'SHA-256 of the file, in hexadecimal.';

COMMENT ON COLUMN tollgate.schema_objects.schema_version IS 'The highest migration at that time; after a later one all files are applied again.';

CREATE TABLE tollgate.schema_state (
    object text NOT NULL COLLATE pg_catalog."C",
    checksum text NOT NULL
);

ALTER TABLE tollgate.schema_state OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.schema_state IS 'What `tollgate migrate up` left in the catalogue, for `tollgate migrate verify` to compare.';

COMMENT ON COLUMN tollgate.schema_state.checksum IS 'SHA-256 of the object''s definition, owner and privileges, in hexadecimal.';

CREATE TABLE tollgate.service_days (
    day date NOT NULL,
    token_type text NOT NULL,
    feature_used text NOT NULL,
    uses bigint NOT NULL,
    tokens bigint NOT NULL,
    refusals bigint NOT NULL
);

ALTER TABLE tollgate.service_days OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.service_days IS 'usage_days of all organizations together.';

COMMENT ON COLUMN tollgate.service_days.uses IS 'Rows of ai_token_usage_log.';

COMMENT ON COLUMN tollgate.service_days.tokens IS 'Tokens that the uses deducted.';

COMMENT ON COLUMN tollgate.service_days.refusals IS 'Refusals in the ledger.';

CREATE TABLE tollgate.service_hours (
    hour timestamp with time zone NOT NULL,
    token_type text NOT NULL,
    feature_used text NOT NULL,
    uses bigint NOT NULL,
    tokens bigint NOT NULL,
    refusals bigint NOT NULL
);

ALTER TABLE tollgate.service_hours OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.service_hours IS 'usage_hours of all organizations together.';

COMMENT ON COLUMN tollgate.service_hours.uses IS 'Rows of ai_token_usage_log.';

COMMENT ON COLUMN tollgate.service_hours.tokens IS 'Tokens that the uses deducted.';

COMMENT ON COLUMN tollgate.service_hours.refusals IS 'Refusals in the ledger.';

CREATE VIEW tollgate.stuck_tokens WITH (security_invoker='true') AS
 SELECT reservations.organization_id,
    reservations.token_type,
    reservations.reservation_id,
    reservations.amount,
    reservations.feature_used,
    reservations.user_id,
    reservations.created_at,
    reservations.expires_at,
    (tollgate.moment() - reservations.expires_at) AS overdue
   FROM tollgate.reservations
  WHERE ((reservations.status = 'open'::text) AND (reservations.expires_at <= tollgate.moment()));

ALTER TABLE tollgate.stuck_tokens OWNER TO tollgate_owner;

COMMENT ON VIEW tollgate.stuck_tokens IS 'Tokens held by reservations that nobody captured, released or extended in time. They count as given back; the balance''s next movement, or a sweep, books it.';

COMMENT ON COLUMN tollgate.stuck_tokens.amount IS 'Tokens.';

CREATE TABLE tollgate.token_counters (
    counter text NOT NULL,
    schema_name text NOT NULL,
    function_name text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    CONSTRAINT "a counter is a lower-case name" CHECK ((counter ~ '^[a-z][a-z0-9_]{0,62}$'::text))
);

ALTER TABLE tollgate.token_counters OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.token_counters IS 'Ways to count the tokens of a text, each a function of one text. tollgate.register_token_counter() adds one: it runs with the owner''s rights.';

COMMENT ON COLUMN tollgate.token_counters.schema_name IS 'Where the function is. By name, because a dump restores no function''s number.';

COMMENT ON COLUMN tollgate.token_counters.function_name IS 'The function: of one text, answering an integer or a bigint.';

CREATE VIEW tollgate.usage_by_feature WITH (security_invoker='true') AS
 SELECT ai_token_usage_log.organization_id,
    ai_token_usage_log.feature_used,
    ai_token_usage_log.token_type,
    count(*) AS uses,
    (sum(ai_token_usage_log.tokens_deducted))::bigint AS tokens,
    max(ai_token_usage_log.created_at) AS last_used_at
   FROM public.ai_token_usage_log
  WHERE (ai_token_usage_log.created_at > (now() - '30 days'::interval))
  GROUP BY ai_token_usage_log.organization_id, ai_token_usage_log.feature_used, ai_token_usage_log.token_type;

ALTER TABLE tollgate.usage_by_feature OWNER TO tollgate_owner;

COMMENT ON VIEW tollgate.usage_by_feature IS 'Uses and tokens of the last 30 days by organization and feature.';

CREATE VIEW tollgate.usage_by_user WITH (security_invoker='true') AS
 SELECT ai_token_usage_log.organization_id,
    ai_token_usage_log.user_id,
    count(*) AS uses,
    (sum(ai_token_usage_log.tokens_deducted))::bigint AS tokens,
    max(ai_token_usage_log.created_at) AS last_used_at
   FROM public.ai_token_usage_log
  WHERE (ai_token_usage_log.created_at > (now() - '30 days'::interval))
  GROUP BY ai_token_usage_log.organization_id, ai_token_usage_log.user_id;

ALTER TABLE tollgate.usage_by_user OWNER TO tollgate_owner;

COMMENT ON VIEW tollgate.usage_by_user IS 'Uses and tokens of the last 30 days by organization and user.';

CREATE TABLE tollgate.usage_days (
    organization_id uuid NOT NULL,
    day date NOT NULL,
    token_type text NOT NULL,
    feature_used text NOT NULL,
    user_id uuid NOT NULL,
    uses bigint NOT NULL,
    tokens bigint NOT NULL,
    refusals bigint NOT NULL,
    CONSTRAINT "a day counts 0 or more" CHECK (((uses >= 0) AND (tokens >= 0) AND (refusals >= 0)))
);

ALTER TABLE ONLY tollgate.usage_days FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.usage_days OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.usage_days IS 'The same as usage_hours by day (UTC).';

COMMENT ON COLUMN tollgate.usage_days.feature_used IS 'Empty: a refusal that was about no feature.';

COMMENT ON COLUMN tollgate.usage_days.user_id IS 'The nil UUID: nobody was named.';

COMMENT ON COLUMN tollgate.usage_days.uses IS 'Rows of ai_token_usage_log.';

COMMENT ON COLUMN tollgate.usage_days.tokens IS 'Tokens that the uses deducted. Refunds take nothing away.';

COMMENT ON COLUMN tollgate.usage_days.refusals IS 'Refusals in the ledger.';

CREATE TABLE tollgate.usage_hours (
    organization_id uuid NOT NULL,
    hour timestamp with time zone NOT NULL,
    token_type text NOT NULL,
    feature_used text NOT NULL,
    user_id uuid NOT NULL,
    uses bigint NOT NULL,
    tokens bigint NOT NULL,
    refusals bigint NOT NULL,
    CONSTRAINT "an hour counts 0 or more" CHECK (((uses >= 0) AND (tokens >= 0) AND (refusals >= 0)))
);

ALTER TABLE ONLY tollgate.usage_hours FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.usage_hours OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.usage_hours IS 'Uses and refusals of each hour, as far as they are rolled up; tollgate.unrolled_sums() has the rest.';

COMMENT ON COLUMN tollgate.usage_hours.hour IS 'The start of the hour by created_at.';

COMMENT ON COLUMN tollgate.usage_hours.feature_used IS 'Empty: a refusal that was about no feature.';

COMMENT ON COLUMN tollgate.usage_hours.user_id IS 'The nil UUID: nobody was named.';

COMMENT ON COLUMN tollgate.usage_hours.uses IS 'Rows of ai_token_usage_log.';

COMMENT ON COLUMN tollgate.usage_hours.tokens IS 'Tokens that the uses deducted. Refunds take nothing away.';

COMMENT ON COLUMN tollgate.usage_hours.refusals IS 'Refusals in the ledger.';

CREATE TABLE tollgate.usage_months (
    organization_id uuid NOT NULL,
    month date NOT NULL,
    subject uuid NOT NULL,
    uses bigint NOT NULL,
    tokens bigint NOT NULL,
    CONSTRAINT "a month counts 0 or more" CHECK (((uses >= 0) AND (tokens >= 0)))
);

ALTER TABLE ONLY tollgate.usage_months FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.usage_months OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.usage_months IS 'Uses of each calendar month (UTC): whoever used most is found without adding up.';

COMMENT ON COLUMN tollgate.usage_months.subject IS 'The organization: all its uses. Else the user.';

COMMENT ON COLUMN tollgate.usage_months.uses IS 'Rows of ai_token_usage_log.';

COMMENT ON COLUMN tollgate.usage_months.tokens IS 'Tokens that the uses deducted.';

CREATE TABLE tollgate.vault_keys (
    key_id text NOT NULL COLLATE pg_catalog."C",
    sealed bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT "a vault key's known value is sealed under it" CHECK (
CASE
    WHEN ((octet_length(sealed) >= 32) AND (octet_length(sealed) <= 1024)) THEN ((get_byte(sealed, 0) = 1) AND (substr(sealed, 3, get_byte(sealed, 1)) = convert_to(key_id, 'UTF8'::name)) AND (octet_length(sealed) > (30 + get_byte(sealed, 1))))
    ELSE false
END)
);

ALTER TABLE tollgate.vault_keys OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.vault_keys IS 'For each id in TOLLGATE_VAULT_KEYS that any server ever had, a known value, sealed under its key: a key that does not open it is another key.';

COMMENT ON COLUMN tollgate.vault_keys.sealed IS 'Sealed, as in tollgate.credentials; what is in it is no secret.';

CREATE TABLE tollgate.webhooks (
    organization_id uuid NOT NULL,
    webhook_id uuid NOT NULL,
    url text NOT NULL,
    events text[] DEFAULT '{}'::text[] NOT NULL,
    active boolean DEFAULT true NOT NULL,
    secret bytea NOT NULL,
    previous_secret bytea,
    previous_secret_ends_at timestamp with time zone,
    disabled_reason text,
    failures integer DEFAULT 0 NOT NULL,
    failing_since timestamp with time zone,
    last_attempt_at timestamp with time zone,
    last_delivery_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT "a webhook has at most 50 events" CHECK (((cardinality(events) <= 50) AND (octet_length(array_to_string(events, ' '::text, '-'::text)) <= 4000))),
    CONSTRAINT "a webhook is called over https" CHECK ((starts_with(url, 'https://'::text) AND (url ~ '^[\x21-\x7e]*$'::text) AND (octet_length(url) <= 2048))),
    CONSTRAINT "a webhook's previous secret has an end" CHECK ((((previous_secret IS NULL) = (previous_secret_ends_at IS NULL)) AND (isfinite(previous_secret_ends_at) IS NOT FALSE))),
    CONSTRAINT "a webhook's previous secret is sealed" CHECK (
CASE
    WHEN (previous_secret IS NULL) THEN true
    WHEN ((octet_length(previous_secret) >= 32) AND (octet_length(previous_secret) <= 1024)) THEN ((get_byte(previous_secret, 0) = 1) AND ((get_byte(previous_secret, 1) >= 1) AND (get_byte(previous_secret, 1) <= 32)) AND (octet_length(previous_secret) > (30 + get_byte(previous_secret, 1))))
    ELSE false
END),
    CONSTRAINT "a webhook's secret is sealed" CHECK (
CASE
    WHEN ((octet_length(secret) >= 32) AND (octet_length(secret) <= 1024)) THEN ((get_byte(secret, 0) = 1) AND ((get_byte(secret, 1) >= 1) AND (get_byte(secret, 1) <= 32)) AND (octet_length(secret) > (30 + get_byte(secret, 1))))
    ELSE false
END)
)
WITH (fillfactor='70');

ALTER TABLE ONLY tollgate.webhooks FORCE ROW LEVEL SECURITY;

ALTER TABLE tollgate.webhooks OWNER TO tollgate_owner;

COMMENT ON TABLE tollgate.webhooks IS 'Who is told about events over HTTPS. Nobody but the owner may read secrets.';

COMMENT ON COLUMN tollgate.webhooks.organization_id IS 'Whose events; the nil UUID: everybody''s.';

COMMENT ON COLUMN tollgate.webhooks.events IS 'Types of events (tollgate.event_type); empty: all.';

COMMENT ON COLUMN tollgate.webhooks.secret IS 'Sealed: what deliveries are signed with.';

COMMENT ON COLUMN tollgate.webhooks.previous_secret IS 'Sealed: deliveries are signed with it, too, until previous_secret_ends_at.';

COMMENT ON COLUMN tollgate.webhooks.disabled_reason IS 'gone: the receiver said so (410); NULL: nobody but an administrator made it inactive.';

COMMENT ON COLUMN tollgate.webhooks.failures IS 'Attempts that failed since one succeeded.';

COMMENT ON COLUMN tollgate.webhooks.failing_since IS 'When the first of them failed; NULL: the last one succeeded.';

COMMENT ON COLUMN tollgate.webhooks.last_attempt_at IS 'When an attempt last ended, whatever became of it: who has waited longest is next. NULL: none has.';

ALTER TABLE ONLY public.ai_token_usage_log
    ADD CONSTRAINT "a use has one row" PRIMARY KEY (organization_id, id, created_at);

ALTER TABLE ONLY public.user_profiles
    ADD CONSTRAINT "a user is in an organization once" PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.ai_tokens
    ADD CONSTRAINT "an organization has one balance of a token type" PRIMARY KEY (organization_id, token_type);

ALTER TABLE ONLY public.organizations
    ADD CONSTRAINT "an organization has one row" PRIMARY KEY (id);

ALTER TABLE ONLY tollgate.rolled_balances
    ADD CONSTRAINT "a balance is rolled up to one movement" PRIMARY KEY (organization_id, token_type);

ALTER TABLE ONLY tollgate.auto_top_ups
    ADD CONSTRAINT "a balance is topped up in one way" PRIMARY KEY (organization_id, token_type);

ALTER TABLE ONLY tollgate.cache_days
    ADD CONSTRAINT "a cache counts a day once" PRIMARY KEY (organization_id, cache_name, day);

ALTER TABLE ONLY tollgate.audit_log
    ADD CONSTRAINT "a change is recorded once" PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY tollgate.content_levels
    ADD CONSTRAINT "a content level has one row" PRIMARY KEY (level);

ALTER TABLE ONLY tollgate.token_counters
    ADD CONSTRAINT "a counter has one row" PRIMARY KEY (counter);

ALTER TABLE ONLY tollgate.payment_customers
    ADD CONSTRAINT "a customer is an organization's once" PRIMARY KEY (organization_id, customer_id);

ALTER TABLE ONLY tollgate.balance_days
    ADD CONSTRAINT "a day of a balance has one row" PRIMARY KEY (organization_id, token_type, day);

ALTER TABLE ONLY tollgate.usage_days
    ADD CONSTRAINT "a day of a feature and user has one row" PRIMARY KEY (organization_id, day, token_type, feature_used, user_id);

ALTER TABLE ONLY tollgate.service_days
    ADD CONSTRAINT "a day of a feature has one row" PRIMARY KEY (day, token_type, feature_used);

ALTER TABLE ONLY tollgate.deliveries
    ADD CONSTRAINT "a delivery has one row" PRIMARY KEY (organization_id, delivery_id);

ALTER TABLE ONLY tollgate.features
    ADD CONSTRAINT "a feature has one row" PRIMARY KEY (feature);

ALTER TABLE ONLY tollgate.cache_entries
    ADD CONSTRAINT "a key has one entry" PRIMARY KEY (organization_id, cache_name, key_hash);

ALTER TABLE ONLY tollgate.api_keys
    ADD CONSTRAINT "a key has one row" PRIMARY KEY (organization_id, key_id);

ALTER TABLE ONLY tollgate.late_entries
    ADD CONSTRAINT "a late entry is noted once" PRIMARY KEY (organization_id, id, created_at);

ALTER TABLE ONLY tollgate.ledger_entries
    ADD CONSTRAINT "a ledger entry has one row" PRIMARY KEY (organization_id, id, created_at);

ALTER TABLE ONLY tollgate.limit_uses
    ADD CONSTRAINT "a limit counts a subject once" PRIMARY KEY (organization_id, limit_name, subject);

ALTER TABLE ONLY tollgate.limits
    ADD CONSTRAINT "a limit has one row" PRIMARY KEY (limit_name);

ALTER TABLE ONLY tollgate.schema_migrations
    ADD CONSTRAINT "a migration is applied once" PRIMARY KEY (version);

ALTER TABLE ONLY tollgate.usage_months
    ADD CONSTRAINT "a month of a subject has one row" PRIMARY KEY (organization_id, month, subject);

ALTER TABLE ONLY tollgate.pack_prices
    ADD CONSTRAINT "a pack has one price" PRIMARY KEY (tokens);

ALTER TABLE ONLY tollgate.token_packs
    ADD CONSTRAINT "a pack has one row" PRIMARY KEY (organization_id, pack_id);

ALTER TABLE ONLY tollgate.pack_uses
    ADD CONSTRAINT "a pack is used once between two movements" PRIMARY KEY (organization_id, pack_id, sequence_to, expired);

ALTER TABLE ONLY tollgate.payment_packs
    ADD CONSTRAINT "a pack that is sold has one row" PRIMARY KEY (pack);

ALTER TABLE ONLY tollgate.rollup_places
    ADD CONSTRAINT "a partition is looked through once" PRIMARY KEY (parent, month);

ALTER TABLE ONLY tollgate.token_packs
    ADD CONSTRAINT "a payment counts once" UNIQUE (organization_id, payment_id);

ALTER TABLE ONLY tollgate.plan_allocations
    ADD CONSTRAINT "a plan allocates a token type once" PRIMARY KEY (plan, token_type);

ALTER TABLE ONLY tollgate.plan_prices
    ADD CONSTRAINT "a plan has one price" PRIMARY KEY (plan);

ALTER TABLE ONLY tollgate.plans
    ADD CONSTRAINT "a plan has one row" PRIMARY KEY (plan);

ALTER TABLE ONLY tollgate.prices
    ADD CONSTRAINT "a price has one row" PRIMARY KEY (feature, price_version);

ALTER TABLE ONLY tollgate.providers
    ADD CONSTRAINT "a provider has one row" PRIMARY KEY (provider);

ALTER TABLE ONLY tollgate.refunds
    ADD CONSTRAINT "a refund has one row" PRIMARY KEY (organization_id, refund_id);

ALTER TABLE ONLY tollgate.reservations
    ADD CONSTRAINT "a reservation has one row" PRIMARY KEY (organization_id, reservation_id);

ALTER TABLE ONLY tollgate.token_types
    ADD CONSTRAINT "a token type has one row" PRIMARY KEY (token_type);

ALTER TABLE ONLY tollgate.vault_keys
    ADD CONSTRAINT "a vault key's id has one row" PRIMARY KEY (key_id);

ALTER TABLE ONLY tollgate.alert_walks
    ADD CONSTRAINT "a walk has one row" PRIMARY KEY (walk);

ALTER TABLE ONLY tollgate.webhooks
    ADD CONSTRAINT "a webhook has one row" PRIMARY KEY (organization_id, webhook_id);

ALTER TABLE ONLY tollgate.alerts
    ADD CONSTRAINT "an alert has one row" PRIMARY KEY (organization_id, alert_id);

ALTER TABLE ONLY tollgate.alert_states
    ADD CONSTRAINT "an alert has one state for a balance" PRIMARY KEY (organization_id, alert_id, condition, token_type);

ALTER TABLE ONLY tollgate.content_attributes
    ADD CONSTRAINT "an attribute has one row" PRIMARY KEY (organization_id, attribute_id);

ALTER TABLE ONLY tollgate.content_attributes
    ADD CONSTRAINT "an attribute's number is its own" UNIQUE (organization_id, number);

ALTER TABLE ONLY tollgate.credential_authorizations
    ADD CONSTRAINT "an authorization is known by its state" PRIMARY KEY (organization_id, state_digest);

ALTER TABLE ONLY tollgate.payment_events
    ADD CONSTRAINT "an event counts once" PRIMARY KEY (event_id);

ALTER TABLE ONLY tollgate.events
    ADD CONSTRAINT "an event has one row" PRIMARY KEY (organization_id, event_id);

ALTER TABLE ONLY tollgate.event_queue
    ADD CONSTRAINT "an event waits once" PRIMARY KEY (organization_id, event_id);

ALTER TABLE ONLY tollgate.usage_hours
    ADD CONSTRAINT "an hour of a feature and user has one row" PRIMARY KEY (organization_id, hour, token_type, feature_used, user_id);

ALTER TABLE ONLY tollgate.service_hours
    ADD CONSTRAINT "an hour of a feature has one row" PRIMARY KEY (hour, token_type, feature_used);

ALTER TABLE ONLY tollgate.idempotency_keys
    ADD CONSTRAINT "an idempotency key settles once" PRIMARY KEY (organization_id, key, week);

ALTER TABLE ONLY tollgate.payment_invoices
    ADD CONSTRAINT "an invoice has one row" PRIMARY KEY (organization_id, invoice_id);

ALTER TABLE ONLY tollgate.schema_objects
    ADD CONSTRAINT "an object file is applied in one version" PRIMARY KEY (path);

ALTER TABLE ONLY tollgate.schema_state
    ADD CONSTRAINT "an object has one definition" PRIMARY KEY (object);

ALTER TABLE ONLY tollgate.caches
    ADD CONSTRAINT "an organization has one cache of a name" PRIMARY KEY (organization_id, cache_name);

ALTER TABLE ONLY tollgate.content_budgets
    ADD CONSTRAINT "an organization has one content budget" PRIMARY KEY (organization_id);

ALTER TABLE ONLY tollgate.credentials
    ADD CONSTRAINT "an organization has one credential of a provider" PRIMARY KEY (organization_id, provider);

ALTER TABLE ONLY tollgate.rolled_organizations
    ADD CONSTRAINT "an organization is rolled up in one way" PRIMARY KEY (organization_id);

ALTER TABLE ONLY tollgate.limit_overrides
    ADD CONSTRAINT "an organization overrides a limit once" PRIMARY KEY (organization_id, limit_name);

ALTER TABLE ONLY tollgate.rollup_seal
    ADD CONSTRAINT "there is one seal" PRIMARY KEY (is_only);

CREATE INDEX ai_token_usage_log_captures ON ONLY public.ai_token_usage_log USING btree (organization_id, id) WHERE (reservation_id IS NOT NULL);

CREATE INDEX ai_token_usage_log_created_at ON ONLY public.ai_token_usage_log USING brin (created_at);

CREATE INDEX ai_token_usage_log_of_packs ON ONLY public.ai_token_usage_log USING btree (organization_id, token_type, sequence) WHERE (from_purchased > 0);

CREATE INDEX ai_tokens_due ON public.ai_tokens USING btree (LEAST(refresh_date, due_at)) WHERE (due_at IS DISTINCT FROM '-infinity'::timestamp with time zone);

CREATE INDEX organizations_created_at ON public.organizations USING btree (created_at, id);

CREATE INDEX organizations_name ON public.organizations USING btree (lower(name) COLLATE "C", id);

CREATE INDEX organizations_next_plan_from ON public.organizations USING btree (next_plan_from) WHERE (next_plan_from IS NOT NULL);

CREATE INDEX organizations_suspended ON public.organizations USING btree (id) WHERE (status = 'suspended'::text);

CREATE INDEX user_profiles_created_at ON public.user_profiles USING btree (created_at, id);

CREATE INDEX user_profiles_email ON public.user_profiles USING btree (lower(email) COLLATE "C", id);

CREATE INDEX user_profiles_id ON public.user_profiles USING btree (id);

CREATE INDEX alert_states_raised ON tollgate.alert_states USING btree (organization_id) WHERE is_raised;

CREATE INDEX alerts_alert_id ON tollgate.alerts USING btree (alert_id);

CREATE INDEX alerts_token_type ON tollgate.alerts USING btree (token_type);

CREATE INDEX api_keys_key_id ON tollgate.api_keys USING btree (key_id);

CREATE INDEX audit_log_actor_id ON tollgate.audit_log USING btree (actor_id, id);

CREATE INDEX audit_log_change ON tollgate.audit_log USING btree (change, id);

CREATE INDEX audit_log_id ON tollgate.audit_log USING btree (id);

CREATE INDEX audit_log_subject ON tollgate.audit_log USING btree (organization_id, subject, id);

CREATE INDEX cache_entries_ends_at ON tollgate.cache_entries USING btree (ends_at);

CREATE INDEX cache_entries_last_used_at ON tollgate.cache_entries USING btree (organization_id, cache_name, last_used_at) WHERE (value IS NOT NULL);

CREATE INDEX cache_entries_lease_id ON tollgate.cache_entries USING btree (organization_id, lease_id);

CREATE INDEX content_attributes_active ON tollgate.content_attributes USING btree (organization_id, tokens) WHERE active;

CREATE INDEX credential_authorizations_ends_at ON tollgate.credential_authorizations USING btree (ends_at);

CREATE INDEX credential_authorizations_provider ON tollgate.credential_authorizations USING btree (provider);

CREATE INDEX credentials_provider ON tollgate.credentials USING btree (provider);

CREATE INDEX credentials_refused ON tollgate.credentials USING btree (state, provider) WHERE (state = 'reconsent_required'::text);

CREATE INDEX deliveries_attempts_of_line ON tollgate.deliveries USING btree (line_id, attempted_at) WHERE (line_id IS NOT NULL);

CREATE INDEX deliveries_due_of_line ON tollgate.deliveries USING btree (line_id, next_attempt_at) WHERE ((status = 'pending'::text) AND (line_id IS NOT NULL));

CREATE INDEX deliveries_finished_at ON tollgate.deliveries USING btree (finished_at) WHERE (status <> 'pending'::text);

CREATE INDEX deliveries_of_receiver ON tollgate.deliveries USING btree (organization_id, receiver_id, delivery_id);

CREATE INDEX deliveries_pending ON tollgate.deliveries USING btree (organization_id, receiver_id, next_attempt_at) WHERE (status = 'pending'::text);

CREATE INDEX deliveries_turns_of_line ON tollgate.deliveries USING btree (line_id, event_organization_id, next_attempt_at) WHERE ((status = 'pending'::text) AND (line_id IS NOT NULL));

CREATE INDEX event_queue_event_id ON tollgate.event_queue USING btree (event_id);

CREATE INDEX events_of_alerts ON tollgate.events USING btree (event_id) WHERE (kind = ANY (ARRAY['alert_raised'::text, 'alert_recovered'::text, 'threshold_crossed'::text, 'content_threshold_crossed'::text]));

CREATE INDEX ledger_entries_of_balance ON ONLY tollgate.ledger_entries USING btree (organization_id, token_type, id) WHERE (kind <> 'refusal'::text);

CREATE INDEX ledger_entries_of_kind ON ONLY tollgate.ledger_entries USING btree (organization_id, kind, id) WHERE (kind <> 'refusal'::text);

CREATE INDEX payment_customers_customer_id ON tollgate.payment_customers USING btree (customer_id);

CREATE INDEX payment_events_waiting ON tollgate.payment_events USING btree (customer_id) WHERE (outcome = ANY (ARRAY['unknown_customer'::text, 'unknown_organization'::text]));

CREATE INDEX refunds_of_charge ON tollgate.refunds USING btree (organization_id, transaction_id);

CREATE INDEX reservations_finished ON tollgate.reservations USING btree (organization_id, finished_at) WHERE (finished_at IS NOT NULL);

CREATE INDEX reservations_open ON tollgate.reservations USING btree (organization_id, token_type, expires_at) WHERE (status = 'open'::text);

CREATE INDEX rolled_balances_forecast_at ON tollgate.rolled_balances USING btree (forecast_at) WHERE (runs_out_at IS NOT NULL);

CREATE INDEX rolled_balances_low ON tollgate.rolled_balances USING btree (percent_left, organization_id, token_type) WHERE ((state = ANY (ARRAY['critical'::text, 'exhausted'::text])) AND (allocated > 0));

CREATE INDEX rolled_balances_running_out ON tollgate.rolled_balances USING btree (runs_out_at, organization_id, token_type) WHERE (runs_out_at IS NOT NULL);

CREATE INDEX rolled_organizations_behind ON tollgate.rolled_organizations USING btree (rolled_at) WHERE is_behind;

CREATE INDEX token_packs_open ON tollgate.token_packs USING btree (organization_id, token_type, expires_at) WHERE (remaining > 0);

CREATE INDEX usage_days_day ON tollgate.usage_days USING btree (day);

CREATE INDEX usage_hours_hour ON tollgate.usage_hours USING btree (hour);

CREATE INDEX usage_months_of_organizations ON tollgate.usage_months USING btree (month, tokens DESC) WHERE (subject = organization_id);

CREATE INDEX usage_months_of_users ON tollgate.usage_months USING btree (month, tokens DESC) WHERE (subject <> organization_id);

CREATE INDEX webhooks_webhook_id ON tollgate.webhooks USING btree (webhook_id);

CREATE TRIGGER "what administrators change is recorded" AFTER INSERT OR DELETE OR UPDATE ON public.organizations FOR EACH ROW EXECUTE FUNCTION tollgate.record_row('organization', 'id', 'name plan next_plan next_plan_from status payment_hold time_zone');

CREATE TRIGGER "what administrators change is recorded" AFTER INSERT OR DELETE OR UPDATE ON public.user_profiles FOR EACH ROW EXECUTE FUNCTION tollgate.record_row('user', 'id', 'organization_id role');

CREATE TRIGGER "a new price has the next version" BEFORE INSERT OR UPDATE OF feature, token_type, cost, rates, price_version ON tollgate.features FOR EACH ROW EXECUTE FUNCTION tollgate.number_price();

CREATE TRIGGER "a new price is kept" AFTER INSERT OR UPDATE OF feature, token_type, cost, rates, price_version ON tollgate.features FOR EACH ROW EXECUTE FUNCTION tollgate.keep_price();

CREATE TRIGGER mark_limited_feature BEFORE INSERT OR UPDATE OF feature, token_type, is_limited ON tollgate.features FOR EACH ROW EXECUTE FUNCTION tollgate.mark_limited_feature();

CREATE TRIGGER mark_limited_features AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON tollgate.limits FOR EACH STATEMENT EXECUTE FUNCTION tollgate.mark_limited_features();

CREATE TRIGGER "what administrators change is recorded" AFTER INSERT OR DELETE OR UPDATE ON tollgate.alerts FOR EACH ROW EXECUTE FUNCTION tollgate.record_row('alert', 'alert_id', 'token_type condition threshold email:count active');

CREATE TRIGGER "what administrators change is recorded" AFTER INSERT OR DELETE OR UPDATE OF organization_id, key_id, digest, name, scopes, created_by, expires_at, replaced_by, grace_ends_at, revoked_at ON tollgate.api_keys FOR EACH ROW EXECUTE FUNCTION tollgate.record_row('key', 'key_id', 'name scopes created_by expires_at replaced_by grace_ends_at revoked_at', 'digest');

CREATE TRIGGER "what administrators change is recorded" AFTER INSERT OR DELETE OR UPDATE OF organization_id, token_type, below, amount, period_maximum, cool_off_seconds ON tollgate.auto_top_ups FOR EACH ROW EXECUTE FUNCTION tollgate.record_row('auto_top_up', 'token_type', 'below amount period_maximum cool_off_seconds');

CREATE TRIGGER "what administrators change is recorded" AFTER INSERT OR DELETE OR UPDATE ON tollgate.caches FOR EACH ROW EXECUTE FUNCTION tollgate.record_row('cache', 'cache_name', 'key_members ttl_seconds daily_quota fallback feature lease_seconds wait_seconds maximum_entries');

CREATE TRIGGER "what administrators change is recorded" AFTER DELETE OR UPDATE OF organization_id, level, budget_tokens, counter, deactivates_automatically ON tollgate.content_budgets FOR EACH ROW EXECUTE FUNCTION tollgate.record_row('content_budget', 'organization_id', 'level budget_tokens counter deactivates_automatically');

CREATE TRIGGER "what administrators change is recorded" AFTER INSERT OR DELETE OR UPDATE ON tollgate.content_levels FOR EACH ROW EXECUTE FUNCTION tollgate.record_row('content_level', 'level', 'title tokens');

CREATE TRIGGER "what administrators change is recorded" AFTER INSERT OR DELETE OR UPDATE ON tollgate.features FOR EACH ROW EXECUTE FUNCTION tollgate.record_row('action', 'feature', 'token_type cost rates price_version description endpoint_type');

CREATE TRIGGER "what administrators change is recorded" AFTER INSERT OR DELETE OR UPDATE ON tollgate.limit_overrides FOR EACH ROW EXECUTE FUNCTION tollgate.record_row('limit_override', 'limit_name', 'maximum');

CREATE TRIGGER "what administrators change is recorded" AFTER INSERT OR DELETE OR UPDATE ON tollgate.limits FOR EACH ROW EXECUTE FUNCTION tollgate.record_row('limit', 'limit_name', 'is_enabled plan token_type feature per counts window_kind window_seconds maximum action');

CREATE TRIGGER "what administrators change is recorded" AFTER INSERT OR DELETE OR UPDATE ON tollgate.pack_prices FOR EACH ROW EXECUTE FUNCTION tollgate.record_row('pack_price', 'tokens', 'amount_minor currency');

CREATE TRIGGER "what administrators change is recorded" AFTER INSERT OR DELETE OR UPDATE ON tollgate.payment_customers FOR EACH ROW EXECUTE FUNCTION tollgate.record_row('payment_customer', 'customer_id', 'event_id');

CREATE TRIGGER "what administrators change is recorded" AFTER INSERT OR DELETE OR UPDATE ON tollgate.payment_packs FOR EACH ROW EXECUTE FUNCTION tollgate.record_row('payment_pack', 'pack', 'token_type tokens price_minor currency');

CREATE TRIGGER "what administrators change is recorded" AFTER INSERT OR DELETE OR UPDATE ON tollgate.plan_allocations FOR EACH ROW EXECUTE FUNCTION tollgate.record_row('allocation', 'plan token_type', 'tokens period period_days anchored rollover_cap refill_tokens refill_seconds overdraft');

CREATE TRIGGER "what administrators change is recorded" AFTER INSERT OR DELETE OR UPDATE ON tollgate.plan_prices FOR EACH ROW EXECUTE FUNCTION tollgate.record_row('plan_price', 'plan', 'amount_minor currency');

CREATE TRIGGER "what administrators change is recorded" AFTER INSERT OR DELETE OR UPDATE ON tollgate.plans FOR EACH ROW EXECUTE FUNCTION tollgate.record_row('plan', 'plan', 'title');

CREATE TRIGGER "what administrators change is recorded" AFTER INSERT OR DELETE OR UPDATE ON tollgate.providers FOR EACH ROW EXECUTE FUNCTION tollgate.record_row('provider', 'provider', 'authorization_url token_url revocation_url client_id client_authentication scopes redirect_uri authorization_parameters', 'client_secret');

CREATE TRIGGER "what administrators change is recorded" AFTER INSERT OR DELETE OR UPDATE ON tollgate.token_counters FOR EACH ROW EXECUTE FUNCTION tollgate.record_row('token_counter', 'counter', 'schema_name function_name description');

CREATE TRIGGER "what administrators change is recorded" AFTER INSERT OR DELETE OR UPDATE ON tollgate.token_types FOR EACH ROW EXECUTE FUNCTION tollgate.record_row('token_type', 'token_type', 'title critical_below warning_below safe_from critical_percent warning_percent critical_blocks');

CREATE TRIGGER "what administrators change is recorded" AFTER INSERT OR DELETE OR UPDATE OF organization_id, webhook_id, url, events, active, secret ON tollgate.webhooks FOR EACH ROW EXECUTE FUNCTION tollgate.record_row('webhook', 'webhook_id', 'url:host events active', 'secret');

ALTER TABLE ONLY public.ai_tokens
    ADD CONSTRAINT "a balance belongs to an organization" FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.ai_tokens
    ADD CONSTRAINT "a balance is of a token type" FOREIGN KEY (token_type) REFERENCES tollgate.token_types(token_type);

ALTER TABLE ONLY public.user_profiles
    ADD CONSTRAINT "a user's organization exists" FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY public.organizations
    ADD CONSTRAINT "an organization's next plan exists" FOREIGN KEY (next_plan) REFERENCES tollgate.plans(plan);

ALTER TABLE ONLY public.organizations
    ADD CONSTRAINT "an organization's plan exists" FOREIGN KEY (plan) REFERENCES tollgate.plans(plan);

ALTER TABLE ONLY tollgate.auto_top_ups
    ADD CONSTRAINT "a balance that is topped up exists" FOREIGN KEY (organization_id, token_type) REFERENCES public.ai_tokens(organization_id, token_type);

ALTER TABLE ONLY tollgate.caches
    ADD CONSTRAINT "a call is charged as a feature" FOREIGN KEY (feature) REFERENCES tollgate.features(feature);

ALTER TABLE ONLY tollgate.content_budgets
    ADD CONSTRAINT "a content budget belongs to an organization" FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY tollgate.content_budgets
    ADD CONSTRAINT "a content budget's counter exists" FOREIGN KEY (counter) REFERENCES tollgate.token_counters(counter);

ALTER TABLE ONLY tollgate.content_budgets
    ADD CONSTRAINT "a content budget's level exists" FOREIGN KEY (level) REFERENCES tollgate.content_levels(level);

ALTER TABLE ONLY tollgate.credentials
    ADD CONSTRAINT "a credential's organization exists" FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY tollgate.credentials
    ADD CONSTRAINT "a credential's provider exists" FOREIGN KEY (provider) REFERENCES tollgate.providers(provider);

ALTER TABLE ONLY tollgate.payment_customers
    ADD CONSTRAINT "a customer's organization exists" FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY tollgate.features
    ADD CONSTRAINT "a feature is paid in a token type" FOREIGN KEY (token_type) REFERENCES tollgate.token_types(token_type);

ALTER TABLE ONLY tollgate.api_keys
    ADD CONSTRAINT "a key's successor exists" FOREIGN KEY (organization_id, replaced_by) REFERENCES tollgate.api_keys(organization_id, key_id);

ALTER TABLE ONLY tollgate.limits
    ADD CONSTRAINT "a limit's feature exists" FOREIGN KEY (feature) REFERENCES tollgate.features(feature);

ALTER TABLE ONLY tollgate.limits
    ADD CONSTRAINT "a limit's plan exists" FOREIGN KEY (plan) REFERENCES tollgate.plans(plan);

ALTER TABLE ONLY tollgate.limits
    ADD CONSTRAINT "a limit's token type exists" FOREIGN KEY (token_type) REFERENCES tollgate.token_types(token_type);

ALTER TABLE ONLY tollgate.plan_prices
    ADD CONSTRAINT "a price is of a plan" FOREIGN KEY (plan) REFERENCES tollgate.plans(plan);

ALTER TABLE ONLY tollgate.payment_packs
    ADD CONSTRAINT "a sold pack's token type exists" FOREIGN KEY (token_type) REFERENCES tollgate.token_types(token_type);

ALTER TABLE ONLY tollgate.alerts
    ADD CONSTRAINT "an alert is about a token type" FOREIGN KEY (token_type) REFERENCES tollgate.token_types(token_type);

ALTER TABLE ONLY tollgate.plan_allocations
    ADD CONSTRAINT "an allocation belongs to a plan" FOREIGN KEY (plan) REFERENCES tollgate.plans(plan);

ALTER TABLE ONLY tollgate.plan_allocations
    ADD CONSTRAINT "an allocation is of a token type" FOREIGN KEY (token_type) REFERENCES tollgate.token_types(token_type);

ALTER TABLE ONLY tollgate.content_attributes
    ADD CONSTRAINT "an attribute is of a content budget" FOREIGN KEY (organization_id) REFERENCES tollgate.content_budgets(organization_id);

ALTER TABLE ONLY tollgate.credential_authorizations
    ADD CONSTRAINT "an authorization's organization exists" FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY tollgate.credential_authorizations
    ADD CONSTRAINT "an authorization's provider exists" FOREIGN KEY (provider) REFERENCES tollgate.providers(provider) ON DELETE CASCADE;

ALTER TABLE ONLY tollgate.event_queue
    ADD CONSTRAINT "an event that waits exists" FOREIGN KEY (organization_id, event_id) REFERENCES tollgate.events(organization_id, event_id);

ALTER TABLE ONLY tollgate.payment_invoices
    ADD CONSTRAINT "an invoice's organization exists" FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE ONLY tollgate.limit_overrides
    ADD CONSTRAINT "an override is of a limit" FOREIGN KEY (limit_name) REFERENCES tollgate.limits(limit_name);

ALTER TABLE ONLY tollgate.limit_overrides
    ADD CONSTRAINT "an override is of an organization" FOREIGN KEY (organization_id) REFERENCES public.organizations(id);

ALTER TABLE public.ai_token_usage_log ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ai_tokens ENABLE ROW LEVEL SECURITY;

CREATE POLICY "members view their organization" ON public.organizations FOR SELECT TO authenticated USING ((id = ( SELECT tollgate.current_organization_id() AS current_organization_id)));

CREATE POLICY "members view their tokens" ON public.ai_tokens FOR SELECT TO authenticated USING ((organization_id = ( SELECT tollgate.current_organization_id() AS current_organization_id)));

CREATE POLICY "members view their usage" ON public.ai_token_usage_log FOR SELECT TO authenticated USING ((organization_id = ( SELECT tollgate.current_organization_id() AS current_organization_id)));

ALTER TABLE public.organizations ENABLE ROW LEVEL SECURITY;

CREATE POLICY "reports are of every organization" ON public.ai_token_usage_log FOR SELECT TO tollgate_reporter USING ((organization_id IS NOT NULL));

CREATE POLICY "reports are of every organization" ON public.ai_tokens FOR SELECT TO tollgate_reporter USING ((organization_id IS NOT NULL));

CREATE POLICY "reports are of every organization" ON public.organizations FOR SELECT TO tollgate_reporter USING (true);

CREATE POLICY "reports are of every user" ON public.user_profiles FOR SELECT TO tollgate_reporter USING (true);

CREATE POLICY "the sweep finds balances that are due" ON public.ai_tokens FOR SELECT TO tollgate_sweeper USING (((refresh_date <= tollgate.moment()) OR (due_at <= tollgate.moment()) OR (balance <> ledger_balance)));

CREATE POLICY "the sweep finds organizations whose next plan has come" ON public.organizations FOR SELECT TO tollgate_sweeper USING ((next_plan_from <= tollgate.moment()));

CREATE POLICY "the system finds the user it asks for" ON public.user_profiles FOR SELECT TO tollgate_owner USING ((id = (NULLIF(( SELECT current_setting('tollgate.user_id'::text, true) AS current_setting), ''::text))::uuid));

CREATE POLICY "the system knows the members of its batch" ON public.user_profiles TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system logs usage" ON public.ai_token_usage_log FOR INSERT TO tollgate_owner WITH CHECK (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system reads usage of its batch" ON public.ai_token_usage_log FOR SELECT TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system updates tokens" ON public.ai_tokens TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system works for the organizations of its batch" ON public.organizations TO tollgate_owner USING (((id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

ALTER TABLE public.user_profiles ENABLE ROW LEVEL SECURITY;

CREATE POLICY "users view their profile" ON public.user_profiles FOR SELECT TO authenticated USING (((id = ( SELECT tollgate.current_user_id() AS current_user_id)) AND (organization_id = ( SELECT tollgate.current_organization_id() AS current_organization_id))));

ALTER TABLE tollgate.alert_states ENABLE ROW LEVEL SECURITY;

ALTER TABLE tollgate.alerts ENABLE ROW LEVEL SECURITY;

ALTER TABLE tollgate.api_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE tollgate.audit_log ENABLE ROW LEVEL SECURITY;

ALTER TABLE tollgate.auto_top_ups ENABLE ROW LEVEL SECURITY;

ALTER TABLE tollgate.balance_days ENABLE ROW LEVEL SECURITY;

ALTER TABLE tollgate.cache_days ENABLE ROW LEVEL SECURITY;

ALTER TABLE tollgate.cache_entries ENABLE ROW LEVEL SECURITY;

ALTER TABLE tollgate.caches ENABLE ROW LEVEL SECURITY;

ALTER TABLE tollgate.content_attributes ENABLE ROW LEVEL SECURITY;

ALTER TABLE tollgate.content_budgets ENABLE ROW LEVEL SECURITY;

ALTER TABLE tollgate.credential_authorizations ENABLE ROW LEVEL SECURITY;

ALTER TABLE tollgate.credentials ENABLE ROW LEVEL SECURITY;

ALTER TABLE tollgate.deliveries ENABLE ROW LEVEL SECURITY;

ALTER TABLE tollgate.event_queue ENABLE ROW LEVEL SECURITY;

ALTER TABLE tollgate.events ENABLE ROW LEVEL SECURITY;

ALTER TABLE tollgate.idempotency_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE tollgate.late_entries ENABLE ROW LEVEL SECURITY;

ALTER TABLE tollgate.ledger_entries ENABLE ROW LEVEL SECURITY;

ALTER TABLE tollgate.limit_overrides ENABLE ROW LEVEL SECURITY;

ALTER TABLE tollgate.limit_uses ENABLE ROW LEVEL SECURITY;

CREATE POLICY "members view how far their balances are rolled up" ON tollgate.rolled_balances FOR SELECT TO authenticated USING ((organization_id = ( SELECT tollgate.current_organization_id() AS current_organization_id)));

CREATE POLICY "members view how far they are rolled up" ON tollgate.rolled_organizations FOR SELECT TO authenticated USING ((organization_id = ( SELECT tollgate.current_organization_id() AS current_organization_id)));

CREATE POLICY "members view the days of their balances" ON tollgate.balance_days FOR SELECT TO authenticated USING ((organization_id = ( SELECT tollgate.current_organization_id() AS current_organization_id)));

CREATE POLICY "members view their attributes" ON tollgate.content_attributes FOR SELECT TO authenticated USING ((organization_id = ( SELECT tollgate.current_organization_id() AS current_organization_id)));

CREATE POLICY "members view their automatic top-ups" ON tollgate.auto_top_ups FOR SELECT TO authenticated USING ((organization_id = ( SELECT tollgate.current_organization_id() AS current_organization_id)));

CREATE POLICY "members view their content budget" ON tollgate.content_budgets FOR SELECT TO authenticated USING ((organization_id = ( SELECT tollgate.current_organization_id() AS current_organization_id)));

CREATE POLICY "members view their counts" ON tollgate.limit_uses FOR SELECT TO authenticated USING ((organization_id = ( SELECT tollgate.current_organization_id() AS current_organization_id)));

CREATE POLICY "members view their credentials" ON tollgate.credentials FOR SELECT TO authenticated USING ((organization_id = ( SELECT tollgate.current_organization_id() AS current_organization_id)));

CREATE POLICY "members view their customers" ON tollgate.payment_customers FOR SELECT TO authenticated USING ((organization_id = ( SELECT tollgate.current_organization_id() AS current_organization_id)));

CREATE POLICY "members view their days" ON tollgate.usage_days FOR SELECT TO authenticated USING ((organization_id = ( SELECT tollgate.current_organization_id() AS current_organization_id)));

CREATE POLICY "members view their events" ON tollgate.events FOR SELECT TO authenticated USING ((organization_id = ( SELECT tollgate.current_organization_id() AS current_organization_id)));

CREATE POLICY "members view their hours" ON tollgate.usage_hours FOR SELECT TO authenticated USING ((organization_id = ( SELECT tollgate.current_organization_id() AS current_organization_id)));

CREATE POLICY "members view their invoices" ON tollgate.payment_invoices FOR SELECT TO authenticated USING ((organization_id = ( SELECT tollgate.current_organization_id() AS current_organization_id)));

CREATE POLICY "members view their late entries" ON tollgate.late_entries FOR SELECT TO authenticated USING ((organization_id = ( SELECT tollgate.current_organization_id() AS current_organization_id)));

CREATE POLICY "members view their ledger" ON tollgate.ledger_entries FOR SELECT TO authenticated USING ((organization_id = ( SELECT tollgate.current_organization_id() AS current_organization_id)));

CREATE POLICY "members view their limits" ON tollgate.limit_overrides FOR SELECT TO authenticated USING ((organization_id = ( SELECT tollgate.current_organization_id() AS current_organization_id)));

CREATE POLICY "members view their months" ON tollgate.usage_months FOR SELECT TO authenticated USING ((organization_id = ( SELECT tollgate.current_organization_id() AS current_organization_id)));

CREATE POLICY "members view their organization's caches" ON tollgate.caches FOR SELECT TO authenticated USING ((organization_id = ( SELECT tollgate.current_organization_id() AS current_organization_id)));

CREATE POLICY "members view their organization's keys" ON tollgate.api_keys FOR SELECT TO authenticated USING ((organization_id = ( SELECT tollgate.current_organization_id() AS current_organization_id)));

CREATE POLICY "members view their packs" ON tollgate.token_packs FOR SELECT TO authenticated USING ((organization_id = ( SELECT tollgate.current_organization_id() AS current_organization_id)));

CREATE POLICY "members view their refunds" ON tollgate.refunds FOR SELECT TO authenticated USING ((organization_id = ( SELECT tollgate.current_organization_id() AS current_organization_id)));

CREATE POLICY "members view their reservations" ON tollgate.reservations FOR SELECT TO authenticated USING ((organization_id = ( SELECT tollgate.current_organization_id() AS current_organization_id)));

CREATE POLICY "members view their uses of packs" ON tollgate.pack_uses FOR SELECT TO authenticated USING ((organization_id = ( SELECT tollgate.current_organization_id() AS current_organization_id)));

CREATE POLICY "members view what their caches counted" ON tollgate.cache_days FOR SELECT TO authenticated USING ((organization_id = ( SELECT tollgate.current_organization_id() AS current_organization_id)));

CREATE POLICY "members view what their caches know" ON tollgate.cache_entries FOR SELECT TO authenticated USING ((organization_id = ( SELECT tollgate.current_organization_id() AS current_organization_id)));

ALTER TABLE tollgate.pack_uses ENABLE ROW LEVEL SECURITY;

ALTER TABLE tollgate.payment_customers ENABLE ROW LEVEL SECURITY;

ALTER TABLE tollgate.payment_events ENABLE ROW LEVEL SECURITY;

ALTER TABLE tollgate.payment_invoices ENABLE ROW LEVEL SECURITY;

ALTER TABLE tollgate.refunds ENABLE ROW LEVEL SECURITY;

CREATE POLICY "reports are of every change" ON tollgate.audit_log FOR SELECT TO tollgate_reporter USING ((organization_id IS NOT NULL));

CREATE POLICY "reports are of every content budget" ON tollgate.content_budgets FOR SELECT TO tollgate_reporter USING ((organization_id IS NOT NULL));

CREATE POLICY "reports are of every organization" ON tollgate.alert_states FOR SELECT TO tollgate_reporter USING ((organization_id IS NOT NULL));

CREATE POLICY "reports are of every organization" ON tollgate.alerts FOR SELECT TO tollgate_reporter USING ((organization_id IS NOT NULL));

CREATE POLICY "reports are of every organization" ON tollgate.deliveries FOR SELECT TO tollgate_reporter USING ((organization_id IS NOT NULL));

CREATE POLICY "reports are of every organization" ON tollgate.event_queue FOR SELECT TO tollgate_reporter USING ((organization_id IS NOT NULL));

CREATE POLICY "reports are of every organization" ON tollgate.events FOR SELECT TO tollgate_reporter USING ((organization_id IS NOT NULL));

CREATE POLICY "reports are of every organization" ON tollgate.ledger_entries FOR SELECT TO tollgate_reporter USING ((organization_id IS NOT NULL));

CREATE POLICY "reports are of every organization" ON tollgate.payment_customers FOR SELECT TO tollgate_reporter USING ((organization_id IS NOT NULL));

CREATE POLICY "reports are of every organization" ON tollgate.rolled_balances FOR SELECT TO tollgate_reporter USING ((organization_id IS NOT NULL));

CREATE POLICY "reports are of every organization" ON tollgate.rolled_organizations FOR SELECT TO tollgate_reporter USING ((organization_id IS NOT NULL));

CREATE POLICY "reports are of every organization" ON tollgate.usage_days FOR SELECT TO tollgate_reporter USING ((organization_id IS NOT NULL));

CREATE POLICY "reports are of every organization" ON tollgate.usage_hours FOR SELECT TO tollgate_reporter USING ((organization_id IS NOT NULL));

CREATE POLICY "reports are of every organization" ON tollgate.usage_months FOR SELECT TO tollgate_reporter USING ((organization_id IS NOT NULL));

CREATE POLICY "reports are of every organization" ON tollgate.webhooks FOR SELECT TO tollgate_reporter USING ((organization_id IS NOT NULL));

ALTER TABLE tollgate.reservations ENABLE ROW LEVEL SECURITY;

ALTER TABLE tollgate.rolled_balances ENABLE ROW LEVEL SECURITY;

ALTER TABLE tollgate.rolled_organizations ENABLE ROW LEVEL SECURITY;

CREATE POLICY "the sweep finds authorizations that have ended" ON tollgate.credential_authorizations FOR SELECT TO tollgate_sweeper USING ((ends_at <= tollgate.moment()));

CREATE POLICY "the sweep finds credentials that were refused" ON tollgate.credentials FOR SELECT TO tollgate_sweeper USING ((state = 'reconsent_required'::text));

CREATE POLICY "the sweep finds entries that have ended" ON tollgate.cache_entries FOR SELECT TO tollgate_sweeper USING ((ends_at <= tollgate.moment()));

CREATE POLICY "the sweep finds reservations that are over" ON tollgate.reservations FOR SELECT TO tollgate_sweeper USING (((status = 'open'::text) AND (expires_at <= tollgate.moment())));

CREATE POLICY "the system changes attributes of its batch" ON tollgate.content_attributes TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system changes automatic top-ups of its batch" ON tollgate.auto_top_ups TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system changes caches of its batch" ON tollgate.caches TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system changes content budgets of its batch" ON tollgate.content_budgets TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system changes counts of its batch" ON tollgate.limit_uses TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system changes days of its batch" ON tollgate.cache_days TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system changes entries of its batch" ON tollgate.cache_entries TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system changes limits of its batch" ON tollgate.limit_overrides TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system changes packs of its batch" ON tollgate.token_packs TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system changes reservations of its batch" ON tollgate.reservations TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system counts the event it was told" ON tollgate.payment_events TO tollgate_owner USING ((event_id = ANY ((NULLIF(( SELECT current_setting('tollgate.payment_events'::text, true) AS current_setting), ''::text))::text[])));

CREATE POLICY "the system finds and changes the keys it asks for" ON tollgate.api_keys TO tollgate_owner USING ((key_id = ANY ((NULLIF(( SELECT current_setting('tollgate.keys'::text, true) AS current_setting), ''::text))::uuid[])));

CREATE POLICY "the system finds the customers it asks for" ON tollgate.payment_customers FOR SELECT TO tollgate_owner USING ((customer_id = ANY ((NULLIF(( SELECT current_setting('tollgate.customers'::text, true) AS current_setting), ''::text))::text[])));

CREATE POLICY "the system finds what waits for a customer" ON tollgate.payment_events TO tollgate_owner USING ((customer_id = ANY ((NULLIF(( SELECT current_setting('tollgate.customers'::text, true) AS current_setting), ''::text))::text[])));

CREATE POLICY "the system keeps authorizations of its batch" ON tollgate.credential_authorizations TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system keeps credentials of its batch" ON tollgate.credentials TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system keeps customers of its batch" ON tollgate.payment_customers TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system keeps deliveries of its batch" ON tollgate.deliveries TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system keeps invoices of its batch" ON tollgate.payment_invoices TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system keeps raised alerts of its batch" ON tollgate.alert_states TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system keeps rules of its batch" ON tollgate.alerts TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system keeps webhooks of its batch" ON tollgate.webhooks TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system makes and lists keys of its batch" ON tollgate.api_keys TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system queues events of its batch" ON tollgate.event_queue TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system reads events of its batch" ON tollgate.events FOR SELECT TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system reads refunds of its batch" ON tollgate.refunds FOR SELECT TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system reads the ledger of its batch" ON tollgate.ledger_entries FOR SELECT TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system reads uses of packs of its batch" ON tollgate.pack_uses FOR SELECT TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system recalls keys of its batch" ON tollgate.idempotency_keys FOR SELECT TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system records changes" ON tollgate.audit_log FOR INSERT TO tollgate_owner WITH CHECK (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system remembers keys" ON tollgate.idempotency_keys FOR INSERT TO tollgate_owner WITH CHECK (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system rolls up for its batch" ON tollgate.balance_days TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system rolls up for its batch" ON tollgate.late_entries TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system rolls up for its batch" ON tollgate.rolled_balances TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system rolls up for its batch" ON tollgate.rolled_organizations TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system rolls up for its batch" ON tollgate.usage_days TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system rolls up for its batch" ON tollgate.usage_hours TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system rolls up for its batch" ON tollgate.usage_months TO tollgate_owner USING (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system writes events" ON tollgate.events FOR INSERT TO tollgate_owner WITH CHECK (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system writes refunds" ON tollgate.refunds FOR INSERT TO tollgate_owner WITH CHECK (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system writes the ledger" ON tollgate.ledger_entries FOR INSERT TO tollgate_owner WITH CHECK (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

CREATE POLICY "the system writes uses of packs" ON tollgate.pack_uses FOR INSERT TO tollgate_owner WITH CHECK (((organization_id = ANY (( SELECT tollgate.batch_organizations() AS batch_organizations)::uuid[])) IS TRUE));

ALTER TABLE tollgate.token_packs ENABLE ROW LEVEL SECURITY;

ALTER TABLE tollgate.usage_days ENABLE ROW LEVEL SECURITY;

ALTER TABLE tollgate.usage_hours ENABLE ROW LEVEL SECURITY;

ALTER TABLE tollgate.usage_months ENABLE ROW LEVEL SECURITY;

ALTER TABLE tollgate.webhooks ENABLE ROW LEVEL SECURITY;

GRANT USAGE ON SCHEMA auth TO anon;
GRANT USAGE ON SCHEMA auth TO authenticated;
GRANT USAGE ON SCHEMA auth TO service_role;
GRANT USAGE ON SCHEMA auth TO tollgate_owner;

GRANT ALL ON SCHEMA public TO tollgate_owner;
GRANT USAGE ON SCHEMA public TO anon;
GRANT USAGE ON SCHEMA public TO authenticated;
GRANT USAGE ON SCHEMA public TO service_role;

GRANT USAGE ON SCHEMA tollgate TO authenticated;
GRANT USAGE ON SCHEMA tollgate TO service_role;
GRANT USAGE ON SCHEMA tollgate TO tollgate_server;
GRANT USAGE ON SCHEMA tollgate TO tollgate_sweeper;
GRANT USAGE ON SCHEMA tollgate TO tollgate_reporter;

GRANT SELECT ON TABLE public.ai_tokens TO service_role;
GRANT SELECT ON TABLE public.ai_tokens TO authenticated;

GRANT SELECT(organization_id) ON TABLE public.ai_tokens TO tollgate_sweeper;
GRANT SELECT(organization_id) ON TABLE public.ai_tokens TO tollgate_reporter;

GRANT SELECT(token_type) ON TABLE public.ai_tokens TO tollgate_sweeper;
GRANT SELECT(token_type) ON TABLE public.ai_tokens TO tollgate_reporter;

GRANT SELECT(balance) ON TABLE public.ai_tokens TO tollgate_sweeper;
GRANT SELECT(balance) ON TABLE public.ai_tokens TO tollgate_reporter;

GRANT SELECT(total_allocated) ON TABLE public.ai_tokens TO tollgate_reporter;

GRANT SELECT(total_used) ON TABLE public.ai_tokens TO tollgate_reporter;

GRANT SELECT(refresh_date) ON TABLE public.ai_tokens TO tollgate_sweeper;
GRANT SELECT(refresh_date) ON TABLE public.ai_tokens TO tollgate_reporter;

GRANT SELECT(reserved) ON TABLE public.ai_tokens TO tollgate_reporter;

GRANT SELECT(ledger_balance) ON TABLE public.ai_tokens TO tollgate_sweeper;

GRANT SELECT(ledger_sequence) ON TABLE public.ai_tokens TO tollgate_reporter;

GRANT SELECT(due_at) ON TABLE public.ai_tokens TO tollgate_sweeper;
GRANT SELECT(due_at) ON TABLE public.ai_tokens TO tollgate_reporter;

GRANT SELECT ON TABLE tollgate.ledger_entries TO service_role;
GRANT SELECT ON TABLE tollgate.ledger_entries TO authenticated;

GRANT SELECT(ctid) ON TABLE tollgate.ledger_entries TO tollgate_reporter;

GRANT SELECT(organization_id) ON TABLE tollgate.ledger_entries TO tollgate_reporter;

GRANT SELECT(created_at) ON TABLE tollgate.ledger_entries TO tollgate_reporter;

GRANT SELECT ON TABLE tollgate.refunds TO authenticated;
GRANT SELECT ON TABLE tollgate.refunds TO service_role;

GRANT SELECT ON TABLE tollgate.reservations TO authenticated;
GRANT SELECT ON TABLE tollgate.reservations TO service_role;

GRANT SELECT(organization_id) ON TABLE tollgate.reservations TO tollgate_sweeper;

GRANT SELECT(token_type) ON TABLE tollgate.reservations TO tollgate_sweeper;

GRANT SELECT(status) ON TABLE tollgate.reservations TO tollgate_sweeper;

GRANT SELECT(expires_at) ON TABLE tollgate.reservations TO tollgate_sweeper;

GRANT ALL ON FUNCTION auth.uid() TO anon;
GRANT ALL ON FUNCTION auth.uid() TO authenticated;
GRANT ALL ON FUNCTION auth.uid() TO service_role;
GRANT ALL ON FUNCTION auth.uid() TO tollgate_owner;

REVOKE ALL ON FUNCTION tollgate.activate_attributes(organization_id uuid, attribute_ids uuid[], idempotency_key text, user_id uuid, membership_required boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.activate_attributes(organization_id uuid, attribute_ids uuid[], idempotency_key text, user_id uuid, membership_required boolean) TO authenticated;
GRANT ALL ON FUNCTION tollgate.activate_attributes(organization_id uuid, attribute_ids uuid[], idempotency_key text, user_id uuid, membership_required boolean) TO service_role;
GRANT ALL ON FUNCTION tollgate.activate_attributes(organization_id uuid, attribute_ids uuid[], idempotency_key text, user_id uuid, membership_required boolean) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.add_alert(organization_id uuid, token_type text, condition text, threshold bigint, email text[], active boolean, idempotency_key text, OUT outcome text, OUT alert_id uuid, OUT created_at timestamp with time zone, OUT is_replay boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.add_alert(organization_id uuid, token_type text, condition text, threshold bigint, email text[], active boolean, idempotency_key text, OUT outcome text, OUT alert_id uuid, OUT created_at timestamp with time zone, OUT is_replay boolean) TO service_role;
GRANT ALL ON FUNCTION tollgate.add_alert(organization_id uuid, token_type text, condition text, threshold bigint, email text[], active boolean, idempotency_key text, OUT outcome text, OUT alert_id uuid, OUT created_at timestamp with time zone, OUT is_replay boolean) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.add_organization(name text, plan text, idempotency_key text, OUT outcome text, OUT organization_id uuid, OUT created_at timestamp with time zone, OUT is_replay boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.add_organization(name text, plan text, idempotency_key text, OUT outcome text, OUT organization_id uuid, OUT created_at timestamp with time zone, OUT is_replay boolean) TO service_role;
GRANT ALL ON FUNCTION tollgate.add_organization(name text, plan text, idempotency_key text, OUT outcome text, OUT organization_id uuid, OUT created_at timestamp with time zone, OUT is_replay boolean) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.add_tokens(INOUT token public.ai_tokens, amount bigint, to_purchased bigint, pack_id uuid, payment_id text, expires_at timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.add_user(organization_id uuid, email text, role text, id uuid, idempotency_key text, OUT outcome text, OUT user_id uuid, OUT created_at timestamp with time zone, OUT is_replay boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.add_user(organization_id uuid, email text, role text, id uuid, idempotency_key text, OUT outcome text, OUT user_id uuid, OUT created_at timestamp with time zone, OUT is_replay boolean) TO service_role;
GRANT ALL ON FUNCTION tollgate.add_user(organization_id uuid, email text, role text, id uuid, idempotency_key text, OUT outcome text, OUT user_id uuid, OUT created_at timestamp with time zone, OUT is_replay boolean) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.adjust(organization_id uuid, token_type text, amount bigint, reason text, idempotency_key text) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.adjust(organization_id uuid, token_type text, amount bigint, reason text, idempotency_key text) TO service_role;
GRANT ALL ON FUNCTION tollgate.adjust(organization_id uuid, token_type text, amount bigint, reason text, idempotency_key text) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.admit_keys(key_ids uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.admit_organizations(organization_ids uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.admit_payments(event_ids text[], customer_ids text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.admit_webhook(webhook_id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.alert_words(payload jsonb, organization_name text, at timestamp with time zone, OUT subject text, OUT message text) FROM PUBLIC;

GRANT SELECT ON TABLE tollgate.plan_allocations TO authenticated;
GRANT SELECT ON TABLE tollgate.plan_allocations TO service_role;

REVOKE ALL ON FUNCTION tollgate.allocation_at(organization_id uuid, token_type text, at timestamp with time zone, OUT allocation tollgate.plan_allocations, OUT time_zone text, OUT next_plan_from timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.allocation_at(organization_id uuid, token_type text, at timestamp with time zone, OUT allocation tollgate.plan_allocations, OUT time_zone text, OUT next_plan_from timestamp with time zone) TO authenticated;
GRANT ALL ON FUNCTION tollgate.allocation_at(organization_id uuid, token_type text, at timestamp with time zone, OUT allocation tollgate.plan_allocations, OUT time_zone text, OUT next_plan_from timestamp with time zone) TO service_role;

REVOKE ALL ON FUNCTION tollgate.announce(INOUT token public.ai_tokens) FROM PUBLIC;

GRANT SELECT ON TABLE tollgate.caches TO authenticated;
GRANT SELECT ON TABLE tollgate.caches TO service_role;

REVOKE ALL ON FUNCTION tollgate.answer_from_cache(organization_id uuid, user_id uuid, membership_required boolean, cache tollgate.caches, key_hash bytea, lease_id uuid, idempotency_key text) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.answer_of_call(cache tollgate.caches, settled tollgate.settlement) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.applicable_limits(organization_id uuid, user_id uuid, feature text, token_type text) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.applicable_limits(organization_id uuid, user_id uuid, feature text, token_type text) TO authenticated;
GRANT ALL ON FUNCTION tollgate.applicable_limits(organization_id uuid, user_id uuid, feature text, token_type text) TO service_role;

REVOKE ALL ON FUNCTION tollgate.apply_adjustment(request jsonb, id uuid, token public.ai_tokens) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.apply_capture(request jsonb, id uuid, token public.ai_tokens, held tollgate.reservations) FROM PUBLIC;

GRANT SELECT ON TABLE tollgate.payment_events TO service_role;

REVOKE ALL ON FUNCTION tollgate.apply_checkout(event tollgate.payment_events) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.apply_due(INOUT token public.ai_tokens) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.apply_extend(request jsonb, token public.ai_tokens, held tollgate.reservations) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.apply_invoice(event tollgate.payment_events, state text) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.apply_payment_event(event tollgate.payment_events) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.apply_plan(organization_id uuid, plan text, at_once boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.apply_refund(request jsonb, id uuid, token public.ai_tokens, charge tollgate.refundable) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.apply_release(id uuid, token public.ai_tokens, held tollgate.reservations) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.apply_reserve(request jsonb, id uuid, token public.ai_tokens, cost bigint, feature text, units jsonb, price_version integer, user_id uuid, event_id text, metadata jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.apply_reset(id uuid, token public.ai_tokens) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.apply_top_up(request jsonb, id uuid, token public.ai_tokens) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.are_rates(rates jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.ask_cache(organization_id uuid, user_id uuid, membership_required boolean, cache_name text, key jsonb, lease_id uuid, idempotency_key text) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.ask_cache(organization_id uuid, user_id uuid, membership_required boolean, cache_name text, key jsonb, lease_id uuid, idempotency_key text) TO service_role;
GRANT ALL ON FUNCTION tollgate.ask_cache(organization_id uuid, user_id uuid, membership_required boolean, cache_name text, key jsonb, lease_id uuid, idempotency_key text) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.balance_after_reset(token public.ai_tokens, allocation bigint, rollover_cap bigint, overdraft bigint, periods integer) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.balance_after_reset(token public.ai_tokens, allocation bigint, rollover_cap bigint, overdraft bigint, periods integer) TO authenticated;
GRANT ALL ON FUNCTION tollgate.balance_after_reset(token public.ai_tokens, allocation bigint, rollover_cap bigint, overdraft bigint, periods integer) TO service_role;

GRANT SELECT ON TABLE tollgate.token_types TO authenticated;
GRANT SELECT ON TABLE tollgate.token_types TO service_role;
GRANT SELECT ON TABLE tollgate.token_types TO tollgate_reporter;

REVOKE ALL ON FUNCTION tollgate.balance_state(available bigint, allocated bigint, kind tollgate.token_types) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.balance_state(available bigint, allocated bigint, kind tollgate.token_types) TO authenticated;
GRANT ALL ON FUNCTION tollgate.balance_state(available bigint, allocated bigint, kind tollgate.token_types) TO service_role;
GRANT ALL ON FUNCTION tollgate.balance_state(available bigint, allocated bigint, kind tollgate.token_types) TO tollgate_reporter;

REVOKE ALL ON FUNCTION tollgate.balances_at(organization_id uuid, user_id uuid, membership_required boolean, at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.balances_at(organization_id uuid, user_id uuid, membership_required boolean, at timestamp with time zone) TO tollgate_server;
GRANT ALL ON FUNCTION tollgate.balances_at(organization_id uuid, user_id uuid, membership_required boolean, at timestamp with time zone) TO service_role;

REVOKE ALL ON FUNCTION tollgate.batch_organizations() FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.begin_audit_log() FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.begin_authorization(organization_id uuid, user_id uuid, membership_required boolean, provider text, state_digest bytea, verifier bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.begin_authorization(organization_id uuid, user_id uuid, membership_required boolean, provider text, state_digest bytea, verifier bytea) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.begin_next_plans(organization_ids uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.binding_limit(organization_id uuid, user_id uuid, feature text, token_type text, cost bigint, OUT limit_name text, OUT retry_after_seconds bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.bring_packs_up_to_date(INOUT token public.ai_tokens) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.bring_up_to_date(organization_ids uuid[], token_types text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.cache_key_hash(organization_id uuid, cache tollgate.caches, key jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.cache_of(organization_id uuid, cache_name text) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.caller_is_trusted() FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.capture(organization_id uuid, reservation_id uuid, amount bigint, idempotency_key text) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.capture(organization_id uuid, reservation_id uuid, amount bigint, idempotency_key text) TO authenticated;
GRANT ALL ON FUNCTION tollgate.capture(organization_id uuid, reservation_id uuid, amount bigint, idempotency_key text) TO service_role;
GRANT ALL ON FUNCTION tollgate.capture(organization_id uuid, reservation_id uuid, amount bigint, idempotency_key text) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.change_plan(organization_id uuid, plan text, at_once boolean, preview boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.change_plan(organization_id uuid, plan text, at_once boolean, preview boolean) TO service_role;
GRANT ALL ON FUNCTION tollgate.change_plan(organization_id uuid, plan text, at_once boolean, preview boolean) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.change_webhook(webhook_id uuid, url text, events text[], active boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.change_webhook(webhook_id uuid, url text, events text[], active boolean) TO service_role;
GRANT ALL ON FUNCTION tollgate.change_webhook(webhook_id uuid, url text, events text[], active boolean) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.cheapest_packs(missing bigint, currency text, OUT packs json, OUT amount_minor numeric) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.check_balance(organization_id uuid, user_id uuid, feature text, units bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.check_balance(organization_id uuid, user_id uuid, feature text, units bigint) TO authenticated;
GRANT ALL ON FUNCTION tollgate.check_balance(organization_id uuid, user_id uuid, feature text, units bigint) TO service_role;
GRANT ALL ON FUNCTION tollgate.check_balance(organization_id uuid, user_id uuid, feature text, units bigint) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.check_balances(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[], requests jsonb[]) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.check_balances(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[], requests jsonb[]) TO tollgate_server;
GRANT ALL ON FUNCTION tollgate.check_balances(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[], requests jsonb[]) TO service_role;

REVOKE ALL ON FUNCTION tollgate.check_item(organization_id uuid, user_id uuid, membership_required boolean, feature text, units bigint, request jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.clear_auto_top_up(organization_id uuid, token_type text) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.clear_auto_top_up(organization_id uuid, token_type text) TO service_role;
GRANT ALL ON FUNCTION tollgate.clear_auto_top_up(organization_id uuid, token_type text) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.clear_limit(organization_id uuid, limit_name text, subject uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.clear_limit(organization_id uuid, limit_name text, subject uuid) TO service_role;
GRANT ALL ON FUNCTION tollgate.clear_limit(organization_id uuid, limit_name text, subject uuid) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.connect_credential(organization_id uuid, user_id uuid, membership_required boolean, provider text, refresh_token bytea, access_token bytea, expires_in_milliseconds bigint, fresh_milliseconds bigint, metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.connect_credential(organization_id uuid, user_id uuid, membership_required boolean, provider text, refresh_token bytea, access_token bytea, expires_in_milliseconds bigint, fresh_milliseconds bigint, metadata jsonb) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.content_budget_tokens(level integer, budget_tokens bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.content_budget_tokens(level integer, budget_tokens bigint) TO authenticated;
GRANT ALL ON FUNCTION tollgate.content_budget_tokens(level integer, budget_tokens bigint) TO service_role;
GRANT ALL ON FUNCTION tollgate.content_budget_tokens(level integer, budget_tokens bigint) TO tollgate_reporter;

REVOKE ALL ON FUNCTION tollgate.content_bytes(instructions text, examples jsonb, signals jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.content_few(budget bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.content_few(budget bigint) TO authenticated;
GRANT ALL ON FUNCTION tollgate.content_few(budget bigint) TO service_role;
GRANT ALL ON FUNCTION tollgate.content_few(budget bigint) TO tollgate_reporter;

REVOKE ALL ON FUNCTION tollgate.content_message(fits boolean, used bigint, budget bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.content_number(tokens bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.content_percent(used bigint, budget bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.content_percent(used bigint, budget bigint) TO authenticated;
GRANT ALL ON FUNCTION tollgate.content_percent(used bigint, budget bigint) TO service_role;
GRANT ALL ON FUNCTION tollgate.content_percent(used bigint, budget bigint) TO tollgate_reporter;

GRANT SELECT ON TABLE tollgate.content_budgets TO authenticated;
GRANT SELECT ON TABLE tollgate.content_budgets TO service_role;
GRANT SELECT ON TABLE tollgate.content_budgets TO tollgate_reporter;

REVOKE ALL ON FUNCTION tollgate.content_standing(settings tollgate.content_budgets) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.content_standing(settings tollgate.content_budgets) TO authenticated;
GRANT ALL ON FUNCTION tollgate.content_standing(settings tollgate.content_budgets) TO service_role;
GRANT ALL ON FUNCTION tollgate.content_standing(settings tollgate.content_budgets) TO tollgate_reporter;

REVOKE ALL ON FUNCTION tollgate.content_state(used bigint, budget bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.content_state(used bigint, budget bigint) TO authenticated;
GRANT ALL ON FUNCTION tollgate.content_state(used bigint, budget bigint) TO service_role;
GRANT ALL ON FUNCTION tollgate.content_state(used bigint, budget bigint) TO tollgate_reporter;

REVOKE ALL ON FUNCTION tollgate.content_texts(content jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.content_to_deactivate(organization_id uuid, excess bigint, spared uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.content_warning(used bigint, budget bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.count_cache_answers(organization_ids uuid[], cache_names text[], hits bigint[], fallbacks bigint[], waits bigint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.count_cache_answers(organization_ids uuid[], cache_names text[], hits bigint[], fallbacks bigint[], waits bigint[]) TO service_role;
GRANT ALL ON FUNCTION tollgate.count_cache_answers(organization_ids uuid[], cache_names text[], hits bigint[], fallbacks bigint[], waits bigint[]) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.count_content(counter text, instructions text, examples jsonb, signals jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.count_in_limits(organization_id uuid, user_id uuid, feature text, token_type text, tokens bigint, uses bigint, refusals bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.count_refusal(organization_id uuid, user_id uuid, feature text, token_type text) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.count_tokens(counter text, content text) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.create_key(organization_id uuid, key_id uuid, digest bytea, name text, scopes text[], expires_at timestamp with time zone, created_by uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.create_key(organization_id uuid, key_id uuid, digest bytea, name text, scopes text[], expires_at timestamp with time zone, created_by uuid) TO service_role;
GRANT ALL ON FUNCTION tollgate.create_key(organization_id uuid, key_id uuid, digest bytea, name text, scopes text[], expires_at timestamp with time zone, created_by uuid) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.create_organization(name text, plan text, time_zone text, id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.create_organization(name text, plan text, time_zone text, id uuid) TO service_role;
GRANT ALL ON FUNCTION tollgate.create_organization(name text, plan text, time_zone text, id uuid) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.create_user(organization_id uuid, email text, id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.create_user(organization_id uuid, email text, id uuid) TO service_role;
GRANT ALL ON FUNCTION tollgate.create_user(organization_id uuid, email text, id uuid) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.create_webhook(webhook_id uuid, organization_id uuid, url text, events text[], secret bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.create_webhook(webhook_id uuid, organization_id uuid, url text, events text[], secret bytea) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.critical_threshold(allocated bigint, kind tollgate.token_types) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.critical_threshold(allocated bigint, kind tollgate.token_types) TO authenticated;
GRANT ALL ON FUNCTION tollgate.critical_threshold(allocated bigint, kind tollgate.token_types) TO service_role;
GRANT ALL ON FUNCTION tollgate.critical_threshold(allocated bigint, kind tollgate.token_types) TO tollgate_reporter;

REVOKE ALL ON FUNCTION tollgate.current_organization_id() FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.current_organization_id() TO authenticated;
GRANT ALL ON FUNCTION tollgate.current_organization_id() TO service_role;

REVOKE ALL ON FUNCTION tollgate.current_user_id() FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.current_user_id() TO authenticated;
GRANT ALL ON FUNCTION tollgate.current_user_id() TO service_role;

REVOKE ALL ON FUNCTION tollgate.deactivate_to_fit(settings tollgate.content_budgets, OUT active_tokens bigint, OUT deactivated jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.decide_in_order(organization_ids uuid[], INOUT user_ids uuid[], membership_required boolean[], INOUT features text[], units bigint[], idempotency_keys text[], event_ids text[], metadata jsonb[], INOUT ids uuid[], requests jsonb[], has_known_keys boolean, OUT types text[], OUT costs bigint[], OUT price_versions integer[], OUT outcomes text[], OUT befores bigint[], OUT afters bigint[], OUT availables bigint[], OUT sequences bigint[], OUT states text[], OUT from_purchased bigint[], OUT reservation_ids uuid[], OUT held_units jsonb[], OUT details jsonb[], OUT is_use boolean[], OUT times timestamp with time zone[], OUT is_replay boolean[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.deduct(organization_id uuid, user_id uuid, feature text, units bigint, idempotency_key text, metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.deduct(organization_id uuid, user_id uuid, feature text, units bigint, idempotency_key text, metadata jsonb) TO authenticated;
GRANT ALL ON FUNCTION tollgate.deduct(organization_id uuid, user_id uuid, feature text, units bigint, idempotency_key text, metadata jsonb) TO service_role;
GRANT ALL ON FUNCTION tollgate.deduct(organization_id uuid, user_id uuid, feature text, units bigint, idempotency_key text, metadata jsonb) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.delete_alert(alert_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.delete_alert(alert_id uuid) TO service_role;
GRANT ALL ON FUNCTION tollgate.delete_alert(alert_id uuid) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.delete_attribute(organization_id uuid, attribute_id uuid, user_id uuid, membership_required boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.delete_attribute(organization_id uuid, attribute_id uuid, user_id uuid, membership_required boolean) TO authenticated;
GRANT ALL ON FUNCTION tollgate.delete_attribute(organization_id uuid, attribute_id uuid, user_id uuid, membership_required boolean) TO service_role;
GRANT ALL ON FUNCTION tollgate.delete_attribute(organization_id uuid, attribute_id uuid, user_id uuid, membership_required boolean) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.delete_cache(organization_id uuid, cache_name text) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.delete_cache(organization_id uuid, cache_name text) TO service_role;
GRANT ALL ON FUNCTION tollgate.delete_cache(organization_id uuid, cache_name text) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.delete_webhook(webhook_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.delete_webhook(webhook_id uuid) TO service_role;
GRANT ALL ON FUNCTION tollgate.delete_webhook(webhook_id uuid) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.describe_organizations(organization_ids uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.describe_organizations(organization_ids uuid[]) TO service_role;
GRANT ALL ON FUNCTION tollgate.describe_organizations(organization_ids uuid[]) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.dispatch_events(row_limit integer, with_email boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.dispatch_events(row_limit integer, with_email boolean) TO service_role;
GRANT ALL ON FUNCTION tollgate.dispatch_events(row_limit integer, with_email boolean) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.drop_ended_authorizations(batch_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.drop_ended_authorizations(batch_limit integer) TO service_role;
GRANT ALL ON FUNCTION tollgate.drop_ended_authorizations(batch_limit integer) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.drop_ended_deliveries(batch_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.drop_ended_deliveries(batch_limit integer) TO service_role;
GRANT ALL ON FUNCTION tollgate.drop_ended_deliveries(batch_limit integer) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.drop_expired_partitions() FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.drop_expired_partitions() TO service_role;
GRANT ALL ON FUNCTION tollgate.drop_expired_partitions() TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.due_in_turn(line_id uuid, due_by timestamp with time zone, row_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.due_in_turn(line_id uuid, due_by timestamp with time zone, row_limit integer) TO tollgate_reporter;

GRANT SELECT ON TABLE tollgate.pack_uses TO authenticated;
GRANT SELECT ON TABLE tollgate.pack_uses TO service_role;

REVOKE ALL ON FUNCTION tollgate.due_movements(token public.ai_tokens, at timestamp with time zone, OUT current public.ai_tokens, OUT entries tollgate.ledger_entries[], OUT pack_uses tollgate.pack_uses[], OUT expired_reservations tollgate.reservations[], OUT began_period boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.due_movements(token public.ai_tokens, at timestamp with time zone, OUT current public.ai_tokens, OUT entries tollgate.ledger_entries[], OUT pack_uses tollgate.pack_uses[], OUT expired_reservations tollgate.reservations[], OUT began_period boolean) TO authenticated;
GRANT ALL ON FUNCTION tollgate.due_movements(token public.ai_tokens, at timestamp with time zone, OUT current public.ai_tokens, OUT entries tollgate.ledger_entries[], OUT pack_uses tollgate.pack_uses[], OUT expired_reservations tollgate.reservations[], OUT began_period boolean) TO service_role;

REVOKE ALL ON FUNCTION tollgate.effective_role() FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.end_deliveries(organization_id uuid, receiver_id uuid, reason text) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.end_refresh(organization_id uuid, provider text, lease_id uuid, version bigint, reconsent boolean, retry_milliseconds bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.end_refresh(organization_id uuid, provider text, lease_id uuid, version bigint, reconsent boolean, retry_milliseconds bigint) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.ensure_partitions() FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.ensure_partitions() TO service_role;
GRANT ALL ON FUNCTION tollgate.ensure_partitions() TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.estimate_plans(organization_id uuid, from_day date, to_day date) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.estimate_plans(organization_id uuid, from_day date, to_day date) TO tollgate_server;
GRANT ALL ON FUNCTION tollgate.estimate_plans(organization_id uuid, from_day date, to_day date) TO service_role;

REVOKE ALL ON FUNCTION tollgate.evaluate_alerts(row_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.evaluate_alerts(row_limit integer) TO service_role;
GRANT ALL ON FUNCTION tollgate.evaluate_alerts(row_limit integer) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.event_type(kind text) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.event_type(kind text) TO service_role;
GRANT ALL ON FUNCTION tollgate.event_type(kind text) TO tollgate_server;
GRANT ALL ON FUNCTION tollgate.event_type(kind text) TO tollgate_reporter;

REVOKE ALL ON FUNCTION tollgate.evict_entries(cache tollgate.caches, organization_id uuid, kept_hash bytea) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.extend(organization_id uuid, reservation_id uuid, ttl_seconds integer, idempotency_key text) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.extend(organization_id uuid, reservation_id uuid, ttl_seconds integer, idempotency_key text) TO authenticated;
GRANT ALL ON FUNCTION tollgate.extend(organization_id uuid, reservation_id uuid, ttl_seconds integer, idempotency_key text) TO service_role;
GRANT ALL ON FUNCTION tollgate.extend(organization_id uuid, reservation_id uuid, ttl_seconds integer, idempotency_key text) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.fall_back(cache tollgate.caches, reason text, retry_after_seconds bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.feature_is_limited(feature text, token_type text) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.find_behind(organization_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.find_behind(organization_limit integer) TO tollgate_owner;

REVOKE ALL ON FUNCTION tollgate.find_charges(organization_ids uuid[], requests jsonb[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.find_due_balances(batch_limit integer, everywhere boolean, OUT organization_ids uuid[], OUT token_types text[], OUT replanned_ids uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.find_due_balances(batch_limit integer, everywhere boolean, OUT organization_ids uuid[], OUT token_types text[], OUT replanned_ids uuid[]) TO tollgate_owner;

REVOKE ALL ON FUNCTION tollgate.find_due_deliveries(due_by timestamp with time zone, healthy_limit integer, failing_limit integer, email_limit integer, busy uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.find_due_deliveries(due_by timestamp with time zone, healthy_limit integer, failing_limit integer, email_limit integer, busy uuid[]) TO tollgate_owner;

REVOKE ALL ON FUNCTION tollgate.find_ended_authorizations(batch_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.find_ended_authorizations(batch_limit integer) TO tollgate_owner;

REVOKE ALL ON FUNCTION tollgate.find_ended_deliveries(ended_by timestamp with time zone, row_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.find_ended_deliveries(ended_by timestamp with time zone, row_limit integer) TO tollgate_owner;

REVOKE ALL ON FUNCTION tollgate.find_ended_entries(batch_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.find_ended_entries(batch_limit integer) TO tollgate_owner;

REVOKE ALL ON FUNCTION tollgate.find_holds(organization_ids uuid[], requests jsonb[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.find_keys(key_ids uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.find_keys(key_ids uuid[]) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.find_organizations(search text, plan text, status text, near_limit boolean, sort text, behind_id uuid, behind_key text, row_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.find_organizations(search text, plan text, status text, near_limit boolean, sort text, behind_id uuid, behind_key text, row_limit integer) TO service_role;
GRANT ALL ON FUNCTION tollgate.find_organizations(search text, plan text, status text, near_limit boolean, sort text, behind_id uuid, behind_key text, row_limit integer) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.find_policies(organization_ids uuid[], token_types text[], slots integer[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.find_queued_events(row_limit integer, OUT organization_ids uuid[], OUT event_ids uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.find_queued_events(row_limit integer, OUT organization_ids uuid[], OUT event_ids uuid[]) TO tollgate_owner;

REVOKE ALL ON FUNCTION tollgate.find_refused_credentials(provider text) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.find_refused_credentials(provider text) TO tollgate_owner;

REVOKE ALL ON FUNCTION tollgate.find_unrolled(from_organization uuid, OUT organization_ids uuid[], OUT to_organization uuid, OUT parents regclass[], OUT months date[], OUT next_blocks bigint[], OUT seen_blocks bigint[], OUT has_more boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.find_unrolled(from_organization uuid, OUT organization_ids uuid[], OUT to_organization uuid, OUT parents regclass[], OUT months date[], OUT next_blocks bigint[], OUT seen_blocks bigint[], OUT has_more boolean) TO tollgate_owner;

REVOKE ALL ON FUNCTION tollgate.find_users(organization_id uuid, search text, behind_id uuid, behind_created_at timestamp with time zone, row_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.find_users(organization_id uuid, search text, behind_id uuid, behind_created_at timestamp with time zone, row_limit integer) TO service_role;
GRANT ALL ON FUNCTION tollgate.find_users(organization_id uuid, search text, behind_id uuid, behind_created_at timestamp with time zone, row_limit integer) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.find_watched_organizations(behind_id uuid, row_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.find_watched_organizations(behind_id uuid, row_limit integer) TO tollgate_owner;

REVOKE ALL ON FUNCTION tollgate.fingerprint(user_id uuid, feature text, units bigint, event_id text, metadata jsonb, request jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.finish_delivery(organization_id uuid, delivery_id uuid, lease_id uuid, is_delivered boolean, is_gone boolean, status integer, error text, milliseconds bigint, retry_milliseconds bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.finish_delivery(organization_id uuid, delivery_id uuid, lease_id uuid, is_delivered boolean, is_gone boolean, status integer, error text, milliseconds bigint, retry_milliseconds bigint) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.first_id_at(at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.first_id_at(at timestamp with time zone) TO tollgate_reporter;

REVOKE ALL ON FUNCTION tollgate.give_back_limits(organization_id uuid, user_id uuid, feature text, token_type text, cost bigint, taken_at timestamp with time zone, uses bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.give_up_lease(organization_id uuid, user_id uuid, membership_required boolean, cache_name text, lease_id uuid, OUT outcome text, OUT was_open boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.give_up_lease(organization_id uuid, user_id uuid, membership_required boolean, cache_name text, lease_id uuid, OUT outcome text, OUT was_open boolean) TO service_role;
GRANT ALL ON FUNCTION tollgate.give_up_lease(organization_id uuid, user_id uuid, membership_required boolean, cache_name text, lease_id uuid, OUT outcome text, OUT was_open boolean) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.grant_call(organization_id uuid, user_id uuid, membership_required boolean, cache tollgate.caches, key_hash bytea, lease_id uuid, idempotency_key text) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.grant_missing_balances(organization_ids uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.identify_caller(INOUT organization_id uuid, INOUT user_id uuid, OUT membership_required boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.injected_moment() FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.injected_moment() TO authenticated;
GRANT ALL ON FUNCTION tollgate.injected_moment() TO service_role;
GRANT ALL ON FUNCTION tollgate.injected_moment() TO tollgate_sweeper;
GRANT ALL ON FUNCTION tollgate.injected_moment() TO tollgate_reporter;

REVOKE ALL ON FUNCTION tollgate.instant_of_local(local timestamp without time zone, time_zone text) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.instant_of_local(local timestamp without time zone, time_zone text) TO authenticated;
GRANT ALL ON FUNCTION tollgate.instant_of_local(local timestamp without time zone, time_zone text) TO service_role;

REVOKE ALL ON FUNCTION tollgate.is_irregular(id uuid, created_at timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.is_known_key(organization_id uuid, idempotency_key text) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.is_planned(token_type text) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.is_trusted_counter(schema_name text, function_name text) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.judge_content(organization_id uuid, adds_content boolean, changed uuid[], INOUT decision tollgate.content_decision) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.keep_price() FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.keep_vault_key(key_id text, sealed bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.keep_vault_key(key_id text, sealed bytea) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.learn_customer(organization_id uuid, customer_id text, event_id text) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.lease_outcome(organization_id uuid, cache_name text, lease_id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.least_used_content(organization_id uuid, excess bigint, spared uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.limits_looked_at(organization_id uuid, user_id uuid, feature text, token_type text, balance bigint, bound_by text) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.local_day(organization_id uuid, OUT day date, OUT seconds_left bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.lock_balances(organization_ids uuid[], token_types text[], slots integer[], counts_in_limits boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.lock_content_budget(organization_id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.lock_customer(customer_id text) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.lock_keys(organization_ids uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.lock_limits(organization_ids uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.look_for_sums(organization_ids uuid[], margin interval, row_limit bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.look_in_cache(organization_id uuid, cache tollgate.caches, key_hash bytea) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.look_up_items(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[], requests jsonb[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.make_missing_balances(organization_ids uuid[], token_types text[], operations text[], costs bigint[], slots integer[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.make_user(organization_id uuid, email text, id uuid, role text) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.mark_limited_feature() FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.mark_limited_features() FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.may_change(organization_id uuid, user_id uuid, membership_required boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.may_read(organization_id uuid, user_id uuid, membership_required boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.measure_alerts(organization_ids uuid[], conditions text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.moment() FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.moment() TO authenticated;
GRANT ALL ON FUNCTION tollgate.moment() TO service_role;
GRANT ALL ON FUNCTION tollgate.moment() TO tollgate_sweeper;
GRANT ALL ON FUNCTION tollgate.moment() TO tollgate_reporter;

REVOKE ALL ON FUNCTION tollgate.move_balances_to_plan(organization_id uuid, plan_before text, plan_after text, earlier tollgate.ledger_entries[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.move_seal() FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.movement(token public.ai_tokens, kind text, amount bigint, reason text, subject_id uuid, required bigint, metadata jsonb, id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.movement(token public.ai_tokens, kind text, amount bigint, reason text, subject_id uuid, required bigint, metadata jsonb, id uuid) TO authenticated;
GRANT ALL ON FUNCTION tollgate.movement(token public.ai_tokens, kind text, amount bigint, reason text, subject_id uuid, required bigint, metadata jsonb, id uuid) TO service_role;

REVOKE ALL ON FUNCTION tollgate.named_organizations(organization_ids uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.note_late_entries(organization_ids uuid[], ids uuid[], is_wanted boolean[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.number_price() FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.organization_of(user_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.organization_of(user_id uuid) TO tollgate_server;
GRANT ALL ON FUNCTION tollgate.organization_of(user_id uuid) TO service_role;

REVOKE ALL ON FUNCTION tollgate.organization_of_customer(customer_id text) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.owes_invoices(organization_id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.owner_of_key(organization_id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.paying_packs(organization_id uuid, charge_id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.payment_waits(outcome text) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.period_at(period text, period_days integer, last_end timestamp with time zone, anchor timestamp with time zone, time_zone text, at timestamp with time zone, OUT number bigint, OUT ends_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.period_at(period text, period_days integer, last_end timestamp with time zone, anchor timestamp with time zone, time_zone text, at timestamp with time zone, OUT number bigint, OUT ends_at timestamp with time zone) TO authenticated;
GRANT ALL ON FUNCTION tollgate.period_at(period text, period_days integer, last_end timestamp with time zone, anchor timestamp with time zone, time_zone text, at timestamp with time zone, OUT number bigint, OUT ends_at timestamp with time zone) TO service_role;

REVOKE ALL ON FUNCTION tollgate.period_end(period text, period_days integer, last_end timestamp with time zone, anchor timestamp with time zone, time_zone text, at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.period_end(period text, period_days integer, last_end timestamp with time zone, anchor timestamp with time zone, time_zone text, at timestamp with time zone) TO authenticated;
GRANT ALL ON FUNCTION tollgate.period_end(period text, period_days integer, last_end timestamp with time zone, anchor timestamp with time zone, time_zone text, at timestamp with time zone) TO service_role;

REVOKE ALL ON FUNCTION tollgate.periods_between(period text, period_days integer, last_end timestamp with time zone, anchor timestamp with time zone, time_zone text, from_end timestamp with time zone, to_end timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.periods_between(period text, period_days integer, last_end timestamp with time zone, anchor timestamp with time zone, time_zone text, from_end timestamp with time zone, to_end timestamp with time zone) TO authenticated;
GRANT ALL ON FUNCTION tollgate.periods_between(period text, period_days integer, last_end timestamp with time zone, anchor timestamp with time zone, time_zone text, from_end timestamp with time zone, to_end timestamp with time zone) TO service_role;

REVOKE ALL ON FUNCTION tollgate.plan_difference(plan_before text, plan_after text, OUT has_more boolean, OUT has_less boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.plan_title(organization_id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.present_actor(stated jsonb) FROM PUBLIC;

GRANT SELECT ON TABLE tollgate.features TO authenticated;
GRANT SELECT ON TABLE tollgate.features TO service_role;

REVOKE ALL ON FUNCTION tollgate.price_of(feature tollgate.features, units bigint, dimensions jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.price_of(feature tollgate.features, units bigint, dimensions jsonb) TO authenticated;
GRANT ALL ON FUNCTION tollgate.price_of(feature tollgate.features, units bigint, dimensions jsonb) TO service_role;

REVOKE ALL ON FUNCTION tollgate.raise_unless_decided(outcome text) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.read_actions() FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.read_actions() TO tollgate_server;
GRANT ALL ON FUNCTION tollgate.read_actions() TO service_role;

REVOKE ALL ON FUNCTION tollgate.read_alert_events(organization_id uuid, wanted_alert_id uuid, wanted_state text, before_id uuid, row_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.read_alert_events(organization_id uuid, wanted_alert_id uuid, wanted_state text, before_id uuid, row_limit integer) TO service_role;
GRANT ALL ON FUNCTION tollgate.read_alert_events(organization_id uuid, wanted_alert_id uuid, wanted_state text, before_id uuid, row_limit integer) TO tollgate_server;
GRANT ALL ON FUNCTION tollgate.read_alert_events(organization_id uuid, wanted_alert_id uuid, wanted_state text, before_id uuid, row_limit integer) TO tollgate_owner;

GRANT SELECT ON TABLE tollgate.alerts TO service_role;
GRANT SELECT ON TABLE tollgate.alerts TO tollgate_reporter;

REVOKE ALL ON FUNCTION tollgate.read_alerts(alert_id uuid, organization_id uuid, before_id uuid, row_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.read_alerts(alert_id uuid, organization_id uuid, before_id uuid, row_limit integer) TO service_role;
GRANT ALL ON FUNCTION tollgate.read_alerts(alert_id uuid, organization_id uuid, before_id uuid, row_limit integer) TO tollgate_server;
GRANT ALL ON FUNCTION tollgate.read_alerts(alert_id uuid, organization_id uuid, before_id uuid, row_limit integer) TO tollgate_owner;

REVOKE ALL ON FUNCTION tollgate.read_attributes(organization_id uuid, before_number bigint, row_limit integer, user_id uuid, membership_required boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.read_attributes(organization_id uuid, before_number bigint, row_limit integer, user_id uuid, membership_required boolean) TO authenticated;
GRANT ALL ON FUNCTION tollgate.read_attributes(organization_id uuid, before_number bigint, row_limit integer, user_id uuid, membership_required boolean) TO service_role;
GRANT ALL ON FUNCTION tollgate.read_attributes(organization_id uuid, before_number bigint, row_limit integer, user_id uuid, membership_required boolean) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.read_audit_log(organization_id uuid, change text, actor_id text, from_time timestamp with time zone, to_time timestamp with time zone, before_id uuid, row_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.read_audit_log(organization_id uuid, change text, actor_id text, from_time timestamp with time zone, to_time timestamp with time zone, before_id uuid, row_limit integer) TO service_role;
GRANT ALL ON FUNCTION tollgate.read_audit_log(organization_id uuid, change text, actor_id text, from_time timestamp with time zone, to_time timestamp with time zone, before_id uuid, row_limit integer) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.read_balances(organization_ids uuid[], user_ids uuid[], membership_required boolean[]) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.read_balances(organization_ids uuid[], user_ids uuid[], membership_required boolean[]) TO tollgate_server;
GRANT ALL ON FUNCTION tollgate.read_balances(organization_ids uuid[], user_ids uuid[], membership_required boolean[]) TO service_role;

REVOKE ALL ON FUNCTION tollgate.read_caches(organization_id uuid, only_name text, before_id uuid, row_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.read_caches(organization_id uuid, only_name text, before_id uuid, row_limit integer) TO service_role;
GRANT ALL ON FUNCTION tollgate.read_caches(organization_id uuid, only_name text, before_id uuid, row_limit integer) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.read_content_budget(organization_id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.read_content_budgets(by_percent boolean, behind_id uuid, row_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.read_content_budgets(by_percent boolean, behind_id uuid, row_limit integer) TO service_role;
GRANT ALL ON FUNCTION tollgate.read_content_budgets(by_percent boolean, behind_id uuid, row_limit integer) TO tollgate_server;
GRANT ALL ON FUNCTION tollgate.read_content_budgets(by_percent boolean, behind_id uuid, row_limit integer) TO tollgate_owner;

REVOKE ALL ON FUNCTION tollgate.read_content_standing(organization_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.read_content_standing(organization_id uuid) TO service_role;
GRANT ALL ON FUNCTION tollgate.read_content_standing(organization_id uuid) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.read_content_usage(organization_id uuid, user_id uuid, membership_required boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.read_content_usage(organization_id uuid, user_id uuid, membership_required boolean) TO authenticated;
GRANT ALL ON FUNCTION tollgate.read_content_usage(organization_id uuid, user_id uuid, membership_required boolean) TO service_role;
GRANT ALL ON FUNCTION tollgate.read_content_usage(organization_id uuid, user_id uuid, membership_required boolean) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.read_costs(from_day date, to_day date, only_organization uuid, row_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.read_costs(from_day date, to_day date, only_organization uuid, row_limit integer) TO tollgate_server;
GRANT ALL ON FUNCTION tollgate.read_costs(from_day date, to_day date, only_organization uuid, row_limit integer) TO service_role;

REVOKE ALL ON FUNCTION tollgate.read_credential(organization_id uuid, user_id uuid, membership_required boolean, provider text) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.read_credential(organization_id uuid, user_id uuid, membership_required boolean, provider text) TO service_role;
GRANT ALL ON FUNCTION tollgate.read_credential(organization_id uuid, user_id uuid, membership_required boolean, provider text) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.read_deliveries(webhook_id uuid, delivery_id uuid, status text, before_id uuid, row_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.read_deliveries(webhook_id uuid, delivery_id uuid, status text, before_id uuid, row_limit integer) TO service_role;
GRANT ALL ON FUNCTION tollgate.read_deliveries(webhook_id uuid, delivery_id uuid, status text, before_id uuid, row_limit integer) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.read_forecast(organization_id uuid, user_id uuid, membership_required boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.read_forecast(organization_id uuid, user_id uuid, membership_required boolean) TO tollgate_server;
GRANT ALL ON FUNCTION tollgate.read_forecast(organization_id uuid, user_id uuid, membership_required boolean) TO service_role;

REVOKE ALL ON FUNCTION tollgate.read_history(organization_id uuid, user_id uuid, membership_required boolean, from_day date, to_day date, only_token_type text) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.read_history(organization_id uuid, user_id uuid, membership_required boolean, from_day date, to_day date, only_token_type text) TO tollgate_server;
GRANT ALL ON FUNCTION tollgate.read_history(organization_id uuid, user_id uuid, membership_required boolean, from_day date, to_day date, only_token_type text) TO service_role;

REVOKE ALL ON FUNCTION tollgate.read_key(id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.read_key(id uuid) TO service_role;
GRANT ALL ON FUNCTION tollgate.read_key(id uuid) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.read_keys(organization_id uuid, before_id uuid, row_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.read_keys(organization_id uuid, before_id uuid, row_limit integer) TO service_role;
GRANT ALL ON FUNCTION tollgate.read_keys(organization_id uuid, before_id uuid, row_limit integer) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.read_ledger(organization_id uuid, user_id uuid, membership_required boolean, only_token_type text, only_kind text, from_time timestamp with time zone, to_time timestamp with time zone, before_id uuid, row_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.read_ledger(organization_id uuid, user_id uuid, membership_required boolean, only_token_type text, only_kind text, from_time timestamp with time zone, to_time timestamp with time zone, before_id uuid, row_limit integer) TO tollgate_server;
GRANT ALL ON FUNCTION tollgate.read_ledger(organization_id uuid, user_id uuid, membership_required boolean, only_token_type text, only_kind text, from_time timestamp with time zone, to_time timestamp with time zone, before_id uuid, row_limit integer) TO service_role;

REVOKE ALL ON FUNCTION tollgate.read_membership(user_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.read_membership(user_id uuid) TO service_role;
GRANT ALL ON FUNCTION tollgate.read_membership(user_id uuid) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.read_organization(organization_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.read_organization(organization_id uuid) TO service_role;
GRANT ALL ON FUNCTION tollgate.read_organization(organization_id uuid) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.read_overview() FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.read_overview() TO tollgate_server;
GRANT ALL ON FUNCTION tollgate.read_overview() TO service_role;

REVOKE ALL ON FUNCTION tollgate.read_own_alert_events(organization_id uuid, user_id uuid, membership_required boolean, before_id uuid, row_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.read_own_alert_events(organization_id uuid, user_id uuid, membership_required boolean, before_id uuid, row_limit integer) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.read_pack_prices() FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.read_pack_prices() TO service_role;
GRANT ALL ON FUNCTION tollgate.read_pack_prices() TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.read_payment_customers(organization_id uuid, behind_id text, row_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.read_payment_customers(organization_id uuid, behind_id text, row_limit integer) TO service_role;
GRANT ALL ON FUNCTION tollgate.read_payment_customers(organization_id uuid, behind_id text, row_limit integer) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.read_payment_packs() FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.read_payment_packs() TO service_role;
GRANT ALL ON FUNCTION tollgate.read_payment_packs() TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.read_plan_prices(only_plan text) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.read_plan_prices(only_plan text) TO service_role;
GRANT ALL ON FUNCTION tollgate.read_plan_prices(only_plan text) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.read_plans(plan text) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.read_plans(plan text) TO service_role;
GRANT ALL ON FUNCTION tollgate.read_plans(plan text) TO tollgate_server;

GRANT SELECT ON TABLE tollgate.prices TO authenticated;
GRANT SELECT ON TABLE tollgate.prices TO service_role;

REVOKE ALL ON FUNCTION tollgate.read_prices(feature text) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.read_prices(feature text) TO service_role;
GRANT ALL ON FUNCTION tollgate.read_prices(feature text) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.read_providers(only_provider text) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.read_providers(only_provider text) TO service_role;
GRANT ALL ON FUNCTION tollgate.read_providers(only_provider text) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.read_reservation(organization_id uuid, user_id uuid, membership_required boolean, reservation_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.read_reservation(organization_id uuid, user_id uuid, membership_required boolean, reservation_id uuid) TO tollgate_server;
GRANT ALL ON FUNCTION tollgate.read_reservation(organization_id uuid, user_id uuid, membership_required boolean, reservation_id uuid) TO service_role;

REVOKE ALL ON FUNCTION tollgate.read_running_out(within_days integer, rows_before integer, row_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.read_running_out(within_days integer, rows_before integer, row_limit integer) TO tollgate_server;
GRANT ALL ON FUNCTION tollgate.read_running_out(within_days integer, rows_before integer, row_limit integer) TO service_role;

REVOKE ALL ON FUNCTION tollgate.read_service_usage(group_by text[], from_time timestamp with time zone, to_time timestamp with time zone, only_token_type text, only_feature text, only_user uuid, row_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.read_service_usage(group_by text[], from_time timestamp with time zone, to_time timestamp with time zone, only_token_type text, only_feature text, only_user uuid, row_limit integer) TO tollgate_server;
GRANT ALL ON FUNCTION tollgate.read_service_usage(group_by text[], from_time timestamp with time zone, to_time timestamp with time zone, only_token_type text, only_feature text, only_user uuid, row_limit integer) TO service_role;

REVOKE ALL ON FUNCTION tollgate.read_transaction(organization_id uuid, user_id uuid, membership_required boolean, transaction_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.read_transaction(organization_id uuid, user_id uuid, membership_required boolean, transaction_id uuid) TO tollgate_server;
GRANT ALL ON FUNCTION tollgate.read_transaction(organization_id uuid, user_id uuid, membership_required boolean, transaction_id uuid) TO service_role;

REVOKE ALL ON FUNCTION tollgate.read_usage(organization_id uuid, user_id uuid, membership_required boolean, group_by text[], from_time timestamp with time zone, to_time timestamp with time zone, only_token_type text, only_feature text, only_user uuid, row_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.read_usage(organization_id uuid, user_id uuid, membership_required boolean, group_by text[], from_time timestamp with time zone, to_time timestamp with time zone, only_token_type text, only_feature text, only_user uuid, row_limit integer) TO tollgate_server;
GRANT ALL ON FUNCTION tollgate.read_usage(organization_id uuid, user_id uuid, membership_required boolean, group_by text[], from_time timestamp with time zone, to_time timestamp with time zone, only_token_type text, only_feature text, only_user uuid, row_limit integer) TO service_role;

REVOKE ALL ON FUNCTION tollgate.read_vault_keys() FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.read_vault_keys() TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.read_webhooks(webhook_id uuid, organization_id uuid, before_id uuid, row_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.read_webhooks(webhook_id uuid, organization_id uuid, before_id uuid, row_limit integer) TO service_role;
GRANT ALL ON FUNCTION tollgate.read_webhooks(webhook_id uuid, organization_id uuid, before_id uuid, row_limit integer) TO tollgate_server;
GRANT ALL ON FUNCTION tollgate.read_webhooks(webhook_id uuid, organization_id uuid, before_id uuid, row_limit integer) TO tollgate_owner;

REVOKE ALL ON FUNCTION tollgate.recall_answer(organization_id uuid, idempotency_key text, fingerprint bigint, OUT outcome text, OUT answer jsonb) FROM PUBLIC;

GRANT SELECT ON TABLE tollgate.idempotency_keys TO service_role;

REVOKE ALL ON FUNCTION tollgate.recall_keys(organization_ids uuid[], user_ids uuid[], features text[], units bigint[], idempotency_keys text[], event_ids text[], metadata jsonb[], requests jsonb[], OUT predecessors integer[], OUT fingerprints bigint[], OUT settled tollgate.idempotency_keys[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.receive_payment_event(event_id text, type text, happened_at timestamp with time zone, is_live boolean, expects_live boolean, api_version text, facts jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.receive_payment_event(event_id text, type text, happened_at timestamp with time zone, is_live boolean, expects_live boolean, api_version text, facts jsonb) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.record_attribute_use(organization_id uuid, attribute_id uuid, idempotency_key text, user_id uuid, membership_required boolean, OUT outcome text, OUT uses bigint, OUT last_used_at timestamp with time zone, OUT is_replay boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.record_attribute_use(organization_id uuid, attribute_id uuid, idempotency_key text, user_id uuid, membership_required boolean, OUT outcome text, OUT uses bigint, OUT last_used_at timestamp with time zone, OUT is_replay boolean) TO authenticated;
GRANT ALL ON FUNCTION tollgate.record_attribute_use(organization_id uuid, attribute_id uuid, idempotency_key text, user_id uuid, membership_required boolean, OUT outcome text, OUT uses bigint, OUT last_used_at timestamp with time zone, OUT is_replay boolean) TO service_role;
GRANT ALL ON FUNCTION tollgate.record_attribute_use(organization_id uuid, attribute_id uuid, idempotency_key text, user_id uuid, membership_required boolean, OUT outcome text, OUT uses bigint, OUT last_used_at timestamp with time zone, OUT is_replay boolean) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.record_change(organization_id uuid, change text, subject text, before jsonb, after jsonb, stated_actor jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.record_checked_refusals(organization_ids uuid[], user_ids uuid[], features text[], outcomes text[], token_types text[], costs bigint[], price_versions integer[], balances bigint[], limits text[], event_ids text[], transaction_ids uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.record_checked_refusals(organization_ids uuid[], user_ids uuid[], features text[], outcomes text[], token_types text[], costs bigint[], price_versions integer[], balances bigint[], limits text[], event_ids text[], transaction_ids uuid[]) TO service_role;
GRANT ALL ON FUNCTION tollgate.record_checked_refusals(organization_ids uuid[], user_ids uuid[], features text[], outcomes text[], token_types text[], costs bigint[], price_versions integer[], balances bigint[], limits text[], event_ids text[], transaction_ids uuid[]) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.record_key_uses(key_ids uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.record_key_uses(key_ids uuid[]) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.record_refusals(ids uuid[], organization_ids uuid[], types text[], balances bigint[], user_ids uuid[], features text[], outcomes text[], costs bigint[], price_versions integer[], event_ids text[], idempotency_keys text[], metadata jsonb[], details jsonb[], is_replay boolean[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.record_row() FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.recorded_columns(stored jsonb, columns text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.recorded_refusals() FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.recorded_subject(stored jsonb, columns text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.recount_content(INOUT settings tollgate.content_budgets) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.refill_wait_seconds(missing bigint, refilled_at timestamp with time zone, refill_tokens bigint, refill_seconds integer, at timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.refund(organization_id uuid, transaction_id uuid, amount bigint, reason text, idempotency_key text) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.refund(organization_id uuid, transaction_id uuid, amount bigint, reason text, idempotency_key text) TO authenticated;
GRANT ALL ON FUNCTION tollgate.refund(organization_id uuid, transaction_id uuid, amount bigint, reason text, idempotency_key text) TO service_role;
GRANT ALL ON FUNCTION tollgate.refund(organization_id uuid, transaction_id uuid, amount bigint, reason text, idempotency_key text) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.register_token_counter(counter text, schema_name text, function_name text, description text) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.release(organization_id uuid, reservation_id uuid, idempotency_key text) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.release(organization_id uuid, reservation_id uuid, idempotency_key text) TO authenticated;
GRANT ALL ON FUNCTION tollgate.release(organization_id uuid, reservation_id uuid, idempotency_key text) TO service_role;
GRANT ALL ON FUNCTION tollgate.release(organization_id uuid, reservation_id uuid, idempotency_key text) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.remember_answer(organization_id uuid, idempotency_key text, fingerprint bigint, answer jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.remove_credential(organization_id uuid, user_id uuid, membership_required boolean, provider text) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.remove_credential(organization_id uuid, user_id uuid, membership_required boolean, provider text) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.remove_limit_override(organization_id uuid, limit_name text) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.remove_limit_override(organization_id uuid, limit_name text) TO service_role;
GRANT ALL ON FUNCTION tollgate.remove_limit_override(organization_id uuid, limit_name text) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.remove_pack_price(tokens bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.remove_pack_price(tokens bigint) TO tollgate_server;
GRANT ALL ON FUNCTION tollgate.remove_pack_price(tokens bigint) TO service_role;

REVOKE ALL ON FUNCTION tollgate.remove_payment_customer(organization_id uuid, customer_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.remove_payment_customer(organization_id uuid, customer_id text) TO service_role;
GRANT ALL ON FUNCTION tollgate.remove_payment_customer(organization_id uuid, customer_id text) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.remove_payment_pack(pack text) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.remove_payment_pack(pack text) TO service_role;
GRANT ALL ON FUNCTION tollgate.remove_payment_pack(pack text) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.remove_plan_price(plan text) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.remove_plan_price(plan text) TO tollgate_server;
GRANT ALL ON FUNCTION tollgate.remove_plan_price(plan text) TO service_role;

REVOKE ALL ON FUNCTION tollgate.remove_provider(provider text) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.remove_provider(provider text) TO service_role;
GRANT ALL ON FUNCTION tollgate.remove_provider(provider text) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.remove_user(organization_id uuid, user_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.remove_user(organization_id uuid, user_id uuid) TO service_role;
GRANT ALL ON FUNCTION tollgate.remove_user(organization_id uuid, user_id uuid) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.renew_forecasts(organization_ids uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.replay_delivery(webhook_id uuid, delivery_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.replay_delivery(webhook_id uuid, delivery_id uuid) TO service_role;
GRANT ALL ON FUNCTION tollgate.replay_delivery(webhook_id uuid, delivery_id uuid) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.reporting_span(INOUT from_time timestamp with time zone, INOUT to_time timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.reporting_span(INOUT from_time timestamp with time zone, INOUT to_time timestamp with time zone) TO tollgate_server;
GRANT ALL ON FUNCTION tollgate.reporting_span(INOUT from_time timestamp with time zone, INOUT to_time timestamp with time zone) TO service_role;

REVOKE ALL ON FUNCTION tollgate.request_delivery(webhook_id uuid, again_id uuid, idempotency_key text, OUT outcome text, OUT delivery jsonb, OUT is_replay boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.request_delivery(webhook_id uuid, again_id uuid, idempotency_key text, OUT outcome text, OUT delivery jsonb, OUT is_replay boolean) TO service_role;
GRANT ALL ON FUNCTION tollgate.request_delivery(webhook_id uuid, again_id uuid, idempotency_key text, OUT outcome text, OUT delivery jsonb, OUT is_replay boolean) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.require_limit(organization_id uuid, limit_name text) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.reserve(organization_id uuid, user_id uuid, feature text, units bigint, ttl_seconds integer, idempotency_key text, metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.reserve(organization_id uuid, user_id uuid, feature text, units bigint, ttl_seconds integer, idempotency_key text, metadata jsonb) TO authenticated;
GRANT ALL ON FUNCTION tollgate.reserve(organization_id uuid, user_id uuid, feature text, units bigint, ttl_seconds integer, idempotency_key text, metadata jsonb) TO service_role;
GRANT ALL ON FUNCTION tollgate.reserve(organization_id uuid, user_id uuid, feature text, units bigint, ttl_seconds integer, idempotency_key text, metadata jsonb) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.reset_balance(organization_id uuid, token_type text, idempotency_key text) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.reset_balance(organization_id uuid, token_type text, idempotency_key text) TO service_role;
GRANT ALL ON FUNCTION tollgate.reset_balance(organization_id uuid, token_type text, idempotency_key text) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.reset_content_budget(organization_id uuid, idempotency_key text, OUT outcome text, OUT deactivated_count bigint, OUT tokens bigint, OUT is_replay boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.reset_content_budget(organization_id uuid, idempotency_key text, OUT outcome text, OUT deactivated_count bigint, OUT tokens bigint, OUT is_replay boolean) TO service_role;
GRANT ALL ON FUNCTION tollgate.reset_content_budget(organization_id uuid, idempotency_key text, OUT outcome text, OUT deactivated_count bigint, OUT tokens bigint, OUT is_replay boolean) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.resume_organization(organization_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.resume_organization(organization_id uuid) TO service_role;
GRANT ALL ON FUNCTION tollgate.resume_organization(organization_id uuid) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.revoke_key(key_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.revoke_key(key_id uuid) TO service_role;
GRANT ALL ON FUNCTION tollgate.revoke_key(key_id uuid) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.rfc3339(at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.rfc3339(at timestamp with time zone) TO tollgate_reporter;

REVOKE ALL ON FUNCTION tollgate.roll_up(organization_limit integer, row_limit integer, milliseconds integer, OUT rolled_up bigint, OUT is_done boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.roll_up(organization_limit integer, row_limit integer, milliseconds integer, OUT rolled_up bigint, OUT is_done boolean) TO service_role;
GRANT ALL ON FUNCTION tollgate.roll_up(organization_limit integer, row_limit integer, milliseconds integer, OUT rolled_up bigint, OUT is_done boolean) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.roll_up_organizations(organization_ids uuid[], row_limit bigint, OUT rolled_up bigint, OUT cut uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.rotate_key(key_id uuid, successor_id uuid, successor_digest bytea, grace_seconds integer, created_by uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.rotate_key(key_id uuid, successor_id uuid, successor_digest bytea, grace_seconds integer, created_by uuid) TO service_role;
GRANT ALL ON FUNCTION tollgate.rotate_key(key_id uuid, successor_id uuid, successor_digest bytea, grace_seconds integer, created_by uuid) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.rotate_webhook_secret(webhook_id uuid, secret bytea, grace_seconds integer) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.rotate_webhook_secret(webhook_id uuid, secret bytea, grace_seconds integer) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.runs_out_at(available bigint, tokens_per_day numeric, at timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.save_attribute(organization_id uuid, attribute_id uuid, instructions text, examples jsonb, signals jsonb, active boolean, is_dry_run boolean, user_id uuid, membership_required boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.save_attribute(organization_id uuid, attribute_id uuid, instructions text, examples jsonb, signals jsonb, active boolean, is_dry_run boolean, user_id uuid, membership_required boolean) TO authenticated;
GRANT ALL ON FUNCTION tollgate.save_attribute(organization_id uuid, attribute_id uuid, instructions text, examples jsonb, signals jsonb, active boolean, is_dry_run boolean, user_id uuid, membership_required boolean) TO service_role;
GRANT ALL ON FUNCTION tollgate.save_attribute(organization_id uuid, attribute_id uuid, instructions text, examples jsonb, signals jsonb, active boolean, is_dry_run boolean, user_id uuid, membership_required boolean) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.schema_level() FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.schema_level() TO tollgate_server;
GRANT ALL ON FUNCTION tollgate.schema_level() TO service_role;

REVOKE ALL ON FUNCTION tollgate.set_alert(alert_id uuid, organization_id uuid, token_type text, condition text, threshold bigint, email text[], active boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.set_alert(alert_id uuid, organization_id uuid, token_type text, condition text, threshold bigint, email text[], active boolean) TO service_role;
GRANT ALL ON FUNCTION tollgate.set_alert(alert_id uuid, organization_id uuid, token_type text, condition text, threshold bigint, email text[], active boolean) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.set_auto_top_up(organization_id uuid, token_type text, below bigint, amount bigint, period_maximum integer, cool_off_seconds integer) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.set_auto_top_up(organization_id uuid, token_type text, below bigint, amount bigint, period_maximum integer, cool_off_seconds integer) TO service_role;
GRANT ALL ON FUNCTION tollgate.set_auto_top_up(organization_id uuid, token_type text, below bigint, amount bigint, period_maximum integer, cool_off_seconds integer) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.set_cache(organization_id uuid, cache_name text, key_members text[], ttl_seconds integer, daily_quota bigint, fallback json, feature text, lease_seconds integer, wait_seconds integer, maximum_entries integer) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.set_cache(organization_id uuid, cache_name text, key_members text[], ttl_seconds integer, daily_quota bigint, fallback json, feature text, lease_seconds integer, wait_seconds integer, maximum_entries integer) TO service_role;
GRANT ALL ON FUNCTION tollgate.set_cache(organization_id uuid, cache_name text, key_members text[], ttl_seconds integer, daily_quota bigint, fallback json, feature text, lease_seconds integer, wait_seconds integer, maximum_entries integer) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.set_content_budget(organization_id uuid, new_level integer, new_budget_tokens bigint, deactivates boolean, new_counter text) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.set_content_budget(organization_id uuid, new_level integer, new_budget_tokens bigint, deactivates boolean, new_counter text) TO service_role;
GRANT ALL ON FUNCTION tollgate.set_content_budget(organization_id uuid, new_level integer, new_budget_tokens bigint, deactivates boolean, new_counter text) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.set_content_level(level integer, tokens bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.set_content_level(level integer, tokens bigint) TO service_role;
GRANT ALL ON FUNCTION tollgate.set_content_level(level integer, tokens bigint) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.set_limit_override(organization_id uuid, limit_name text, maximum bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.set_limit_override(organization_id uuid, limit_name text, maximum bigint) TO service_role;
GRANT ALL ON FUNCTION tollgate.set_limit_override(organization_id uuid, limit_name text, maximum bigint) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.set_organization_status(organization_id uuid, status text, event_kind text, payload jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.set_pack_price(tokens bigint, amount_minor bigint, currency text) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.set_pack_price(tokens bigint, amount_minor bigint, currency text) TO tollgate_server;
GRANT ALL ON FUNCTION tollgate.set_pack_price(tokens bigint, amount_minor bigint, currency text) TO service_role;

REVOKE ALL ON FUNCTION tollgate.set_payment_customer(organization_id uuid, customer_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.set_payment_customer(organization_id uuid, customer_id text) TO service_role;
GRANT ALL ON FUNCTION tollgate.set_payment_customer(organization_id uuid, customer_id text) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.set_payment_hold(organization_id uuid, payment_hold boolean, cause jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.set_payment_pack(pack text, token_type text, tokens bigint, price_minor bigint, currency text) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.set_payment_pack(pack text, token_type text, tokens bigint, price_minor bigint, currency text) TO service_role;
GRANT ALL ON FUNCTION tollgate.set_payment_pack(pack text, token_type text, tokens bigint, price_minor bigint, currency text) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.set_plan(plan text, title text, allocations jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.set_plan(plan text, title text, allocations jsonb) TO service_role;
GRANT ALL ON FUNCTION tollgate.set_plan(plan text, title text, allocations jsonb) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.set_plan_price(plan text, amount_minor bigint, currency text) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.set_plan_price(plan text, amount_minor bigint, currency text) TO tollgate_server;
GRANT ALL ON FUNCTION tollgate.set_plan_price(plan text, amount_minor bigint, currency text) TO service_role;

REVOKE ALL ON FUNCTION tollgate.set_price(feature text, token_type text, cost bigint, rates jsonb, description text, endpoint_type text) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.set_price(feature text, token_type text, cost bigint, rates jsonb, description text, endpoint_type text) TO service_role;
GRANT ALL ON FUNCTION tollgate.set_price(feature text, token_type text, cost bigint, rates jsonb, description text, endpoint_type text) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.set_provider(provider text, authorization_url text, token_url text, revocation_url text, client_id text, client_secret bytea, client_authentication text, scopes text[], redirect_uri text, authorization_parameters jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.set_provider(provider text, authorization_url text, token_url text, revocation_url text, client_id text, client_secret bytea, client_authentication text, scopes text[], redirect_uri text, authorization_parameters jsonb) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.set_user_role(organization_id uuid, user_id uuid, role text) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.set_user_role(organization_id uuid, user_id uuid, role text) TO service_role;
GRANT ALL ON FUNCTION tollgate.set_user_role(organization_id uuid, user_id uuid, role text) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.settle(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[], idempotency_keys text[], event_ids text[], metadata jsonb[], transaction_ids uuid[], requests jsonb[]) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.settle(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[], idempotency_keys text[], event_ids text[], metadata jsonb[], transaction_ids uuid[], requests jsonb[]) TO tollgate_server;
GRANT ALL ON FUNCTION tollgate.settle(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[], idempotency_keys text[], event_ids text[], metadata jsonb[], transaction_ids uuid[], requests jsonb[]) TO service_role;

REVOKE ALL ON FUNCTION tollgate.settle_atomically(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[], idempotency_keys text[], event_ids text[], metadata jsonb[], transaction_ids uuid[], requests jsonb[]) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.settle_atomically(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[], idempotency_keys text[], event_ids text[], metadata jsonb[], transaction_ids uuid[], requests jsonb[]) TO tollgate_server;
GRANT ALL ON FUNCTION tollgate.settle_atomically(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[], idempotency_keys text[], event_ids text[], metadata jsonb[], transaction_ids uuid[], requests jsonb[]) TO service_role;

REVOKE ALL ON FUNCTION tollgate.settle_call(organization_id uuid, user_id uuid, membership_required boolean, cache tollgate.caches, key_hash bytea, lease_id uuid, idempotency_key text, remaining bigint, lease_ends_at timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.settle_in_order(organization_ids uuid[], user_ids uuid[], membership_required boolean[], features text[], units bigint[], idempotency_keys text[], event_ids text[], metadata jsonb[], transaction_ids uuid[], requests jsonb[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.settle_one(organization_id uuid, user_id uuid, feature text, units bigint, idempotency_key text, metadata jsonb, request jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.spending_outcome(cost bigint, available bigint, overdraft bigint, blocked_below bigint, refill_reach bigint, is_without_plan boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.state_between(available bigint, critical_below bigint, warning_below bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.state_between(available bigint, critical_below bigint, warning_below bigint) TO authenticated;
GRANT ALL ON FUNCTION tollgate.state_between(available bigint, critical_below bigint, warning_below bigint) TO service_role;
GRANT ALL ON FUNCTION tollgate.state_between(available bigint, critical_below bigint, warning_below bigint) TO tollgate_reporter;

REVOKE ALL ON FUNCTION tollgate.state_level(state text) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.state_level(state text) TO authenticated;
GRANT ALL ON FUNCTION tollgate.state_level(state text) TO service_role;

REVOKE ALL ON FUNCTION tollgate.store_in_cache(organization_id uuid, user_id uuid, membership_required boolean, cache_name text, lease_id uuid, value json, OUT outcome text, OUT ends_at timestamp with time zone, OUT replayed boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.store_in_cache(organization_id uuid, user_id uuid, membership_required boolean, cache_name text, lease_id uuid, value json, OUT outcome text, OUT ends_at timestamp with time zone, OUT replayed boolean) TO service_role;
GRANT ALL ON FUNCTION tollgate.store_in_cache(organization_id uuid, user_id uuid, membership_required boolean, cache_name text, lease_id uuid, value json, OUT outcome text, OUT ends_at timestamp with time zone, OUT replayed boolean) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.store_refreshed(organization_id uuid, provider text, lease_id uuid, version bigint, refresh_token bytea, access_token bytea, expires_in_milliseconds bigint, fresh_milliseconds bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.store_refreshed(organization_id uuid, provider text, lease_id uuid, version bigint, refresh_token bytea, access_token bytea, expires_in_milliseconds bigint, fresh_milliseconds bigint) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.stored_content_bytes(settings tollgate.content_budgets) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.suspend_organization(organization_id uuid, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.suspend_organization(organization_id uuid, reason text) TO service_role;
GRANT ALL ON FUNCTION tollgate.suspend_organization(organization_id uuid, reason text) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.sweep(batch_limit integer, everywhere boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.sweep(batch_limit integer, everywhere boolean) TO service_role;
GRANT ALL ON FUNCTION tollgate.sweep(batch_limit integer, everywhere boolean) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.sweep_caches(batch_limit integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.take_authorization(organization_id uuid, user_id uuid, membership_required boolean, provider text, state_digest bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.take_authorization(organization_id uuid, user_id uuid, membership_required boolean, provider text, state_digest bytea) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.take_deliveries(lease_id uuid, lease_seconds integer, healthy_limit integer, failing_limit integer, email_limit integer, busy uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.take_deliveries(lease_id uuid, lease_seconds integer, healthy_limit integer, failing_limit integer, email_limit integer, busy uuid[]) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.take_lease(organization_id uuid, cache tollgate.caches, key_hash bytea, lease_id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.take_limits(organization_id uuid, user_id uuid, feature text, token_type text, cost bigint, uses bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.test_webhook(webhook_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.test_webhook(webhook_id uuid) TO service_role;
GRANT ALL ON FUNCTION tollgate.test_webhook(webhook_id uuid) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.time_of_id(id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.time_ordered_id() FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.time_ordered_id() TO authenticated;
GRANT ALL ON FUNCTION tollgate.time_ordered_id() TO service_role;

REVOKE ALL ON FUNCTION tollgate.tokens_per_day(used numeric, first_used_at timestamp with time zone, at timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.top_up(organization_id uuid, token_type text, amount bigint, payment_id text, expires_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.top_up(organization_id uuid, token_type text, amount bigint, payment_id text, expires_at timestamp with time zone) TO service_role;
GRANT ALL ON FUNCTION tollgate.top_up(organization_id uuid, token_type text, amount bigint, payment_id text, expires_at timestamp with time zone) TO tollgate_server;

REVOKE ALL ON FUNCTION tollgate.units_fit(feature tollgate.features, units bigint, dimensions jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.units_fit(feature tollgate.features, units bigint, dimensions jsonb) TO authenticated;
GRANT ALL ON FUNCTION tollgate.units_fit(feature tollgate.features, units bigint, dimensions jsonb) TO service_role;

REVOKE ALL ON FUNCTION tollgate.unrolled_parts(organization_ids uuid[], margin interval, row_limit bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.unrolled_rows(of_organization uuid, before_id uuid, from_id uuid, to_id uuid, from_time timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.unrolled_starts(organization_ids uuid[], margin interval) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.unrolled_sums(organization_ids uuid[], row_limit bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.usable_time_zone(time_zone text) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.usable_time_zone(time_zone text) TO authenticated;
GRANT ALL ON FUNCTION tollgate.usable_time_zone(time_zone text) TO service_role;

REVOKE ALL ON FUNCTION tollgate.usage_rates(organization_id uuid, hours integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.use_credential(organization_id uuid, user_id uuid, membership_required boolean, provider text, lease_id uuid, lease_seconds integer) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.use_credential(organization_id uuid, user_id uuid, membership_required boolean, provider text, lease_id uuid, lease_seconds integer) TO tollgate_server;

GRANT SELECT ON TABLE tollgate.token_packs TO authenticated;
GRANT SELECT ON TABLE tollgate.token_packs TO service_role;

REVOKE ALL ON FUNCTION tollgate.use_packs(token public.ai_tokens, INOUT packs tollgate.token_packs[], OUT uses tollgate.pack_uses[]) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.use_packs(token public.ai_tokens, INOUT packs tollgate.token_packs[], OUT uses tollgate.pack_uses[]) TO authenticated;
GRANT ALL ON FUNCTION tollgate.use_packs(token public.ai_tokens, INOUT packs tollgate.token_packs[], OUT uses tollgate.pack_uses[]) TO service_role;

REVOKE ALL ON FUNCTION tollgate.utf16_quarter(content text) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.walk_alerts(walk text, row_limit integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.warning_threshold(allocated bigint, kind tollgate.token_types) FROM PUBLIC;
GRANT ALL ON FUNCTION tollgate.warning_threshold(allocated bigint, kind tollgate.token_types) TO authenticated;
GRANT ALL ON FUNCTION tollgate.warning_threshold(allocated bigint, kind tollgate.token_types) TO service_role;
GRANT ALL ON FUNCTION tollgate.warning_threshold(allocated bigint, kind tollgate.token_types) TO tollgate_reporter;

REVOKE ALL ON FUNCTION tollgate.write_balances(tokens public.ai_tokens[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.write_content_budget(settings tollgate.content_budgets) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.write_event(organization_id uuid, kind text, token_type text, payload jsonb, at timestamp with time zone, event_id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.write_movements(entries tollgate.ledger_entries[], begun tollgate.reservations[], changed tollgate.reservations[], refunds tollgate.refunds[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION tollgate.write_pack_uses(uses tollgate.pack_uses[]) FROM PUBLIC;

GRANT SELECT ON TABLE public.ai_token_usage_log TO service_role;
GRANT SELECT ON TABLE public.ai_token_usage_log TO authenticated;

GRANT SELECT(ctid) ON TABLE public.ai_token_usage_log TO tollgate_reporter;

GRANT SELECT(organization_id) ON TABLE public.ai_token_usage_log TO tollgate_reporter;

GRANT SELECT(created_at) ON TABLE public.ai_token_usage_log TO tollgate_reporter;

GRANT SELECT ON TABLE public.organizations TO service_role;
GRANT SELECT ON TABLE public.organizations TO authenticated;

GRANT SELECT(id) ON TABLE public.organizations TO tollgate_sweeper;
GRANT SELECT(id) ON TABLE public.organizations TO tollgate_reporter;

GRANT SELECT(name) ON TABLE public.organizations TO tollgate_reporter;

GRANT SELECT(plan) ON TABLE public.organizations TO tollgate_reporter;

GRANT SELECT(status) ON TABLE public.organizations TO tollgate_reporter;

GRANT SELECT(created_at) ON TABLE public.organizations TO tollgate_reporter;

GRANT SELECT(next_plan_from) ON TABLE public.organizations TO tollgate_sweeper;

GRANT SELECT ON TABLE public.user_profiles TO service_role;
GRANT SELECT ON TABLE public.user_profiles TO authenticated;

GRANT SELECT(id) ON TABLE public.user_profiles TO tollgate_reporter;

GRANT SELECT(organization_id) ON TABLE public.user_profiles TO tollgate_reporter;

GRANT SELECT(email) ON TABLE public.user_profiles TO tollgate_reporter;

GRANT SELECT(created_at) ON TABLE public.user_profiles TO tollgate_reporter;

GRANT SELECT(role) ON TABLE public.user_profiles TO tollgate_reporter;

GRANT SELECT ON TABLE tollgate.alert_states TO service_role;

GRANT SELECT(organization_id) ON TABLE tollgate.alert_states TO tollgate_reporter;

GRANT SELECT(is_raised) ON TABLE tollgate.alert_states TO tollgate_reporter;

GRANT SELECT(organization_id) ON TABLE tollgate.api_keys TO authenticated;
GRANT SELECT(organization_id) ON TABLE tollgate.api_keys TO service_role;

GRANT SELECT(key_id) ON TABLE tollgate.api_keys TO authenticated;
GRANT SELECT(key_id) ON TABLE tollgate.api_keys TO service_role;

GRANT SELECT(name) ON TABLE tollgate.api_keys TO authenticated;
GRANT SELECT(name) ON TABLE tollgate.api_keys TO service_role;

GRANT SELECT(scopes) ON TABLE tollgate.api_keys TO authenticated;
GRANT SELECT(scopes) ON TABLE tollgate.api_keys TO service_role;

GRANT SELECT(created_at) ON TABLE tollgate.api_keys TO authenticated;
GRANT SELECT(created_at) ON TABLE tollgate.api_keys TO service_role;

GRANT SELECT(created_by) ON TABLE tollgate.api_keys TO authenticated;
GRANT SELECT(created_by) ON TABLE tollgate.api_keys TO service_role;

GRANT SELECT(expires_at) ON TABLE tollgate.api_keys TO authenticated;
GRANT SELECT(expires_at) ON TABLE tollgate.api_keys TO service_role;

GRANT SELECT(replaced_by) ON TABLE tollgate.api_keys TO authenticated;
GRANT SELECT(replaced_by) ON TABLE tollgate.api_keys TO service_role;

GRANT SELECT(grace_ends_at) ON TABLE tollgate.api_keys TO authenticated;
GRANT SELECT(grace_ends_at) ON TABLE tollgate.api_keys TO service_role;

GRANT SELECT(revoked_at) ON TABLE tollgate.api_keys TO authenticated;
GRANT SELECT(revoked_at) ON TABLE tollgate.api_keys TO service_role;

GRANT SELECT(last_used_at) ON TABLE tollgate.api_keys TO authenticated;
GRANT SELECT(last_used_at) ON TABLE tollgate.api_keys TO service_role;

GRANT SELECT ON TABLE tollgate.audit_log TO service_role;
GRANT SELECT ON TABLE tollgate.audit_log TO tollgate_reporter;

GRANT SELECT ON TABLE tollgate.auto_top_ups TO authenticated;
GRANT SELECT ON TABLE tollgate.auto_top_ups TO service_role;

GRANT SELECT ON TABLE tollgate.balance_days TO authenticated;
GRANT SELECT ON TABLE tollgate.balance_days TO service_role;

GRANT SELECT ON TABLE tollgate.cache_days TO authenticated;
GRANT SELECT ON TABLE tollgate.cache_days TO service_role;

GRANT SELECT ON TABLE tollgate.cache_entries TO authenticated;
GRANT SELECT ON TABLE tollgate.cache_entries TO service_role;

GRANT SELECT(organization_id) ON TABLE tollgate.cache_entries TO tollgate_sweeper;

GRANT SELECT(ends_at) ON TABLE tollgate.cache_entries TO tollgate_sweeper;

GRANT SELECT ON TABLE tollgate.cache_use TO authenticated;
GRANT SELECT ON TABLE tollgate.cache_use TO service_role;

GRANT SELECT ON TABLE tollgate.content_attributes TO authenticated;
GRANT SELECT ON TABLE tollgate.content_attributes TO service_role;

GRANT SELECT ON TABLE tollgate.content_levels TO authenticated;
GRANT SELECT ON TABLE tollgate.content_levels TO service_role;
GRANT SELECT ON TABLE tollgate.content_levels TO tollgate_reporter;

GRANT SELECT ON TABLE tollgate.content_usage TO authenticated;
GRANT SELECT ON TABLE tollgate.content_usage TO service_role;

GRANT SELECT(organization_id) ON TABLE tollgate.credential_authorizations TO tollgate_sweeper;

GRANT SELECT(ends_at) ON TABLE tollgate.credential_authorizations TO tollgate_sweeper;

GRANT SELECT(organization_id) ON TABLE tollgate.credentials TO authenticated;
GRANT SELECT(organization_id) ON TABLE tollgate.credentials TO service_role;
GRANT SELECT(organization_id) ON TABLE tollgate.credentials TO tollgate_sweeper;

GRANT SELECT(provider) ON TABLE tollgate.credentials TO authenticated;
GRANT SELECT(provider) ON TABLE tollgate.credentials TO service_role;
GRANT SELECT(provider) ON TABLE tollgate.credentials TO tollgate_sweeper;

GRANT SELECT(state) ON TABLE tollgate.credentials TO authenticated;
GRANT SELECT(state) ON TABLE tollgate.credentials TO service_role;
GRANT SELECT(state) ON TABLE tollgate.credentials TO tollgate_sweeper;

GRANT SELECT(access_token_expires_at) ON TABLE tollgate.credentials TO authenticated;
GRANT SELECT(access_token_expires_at) ON TABLE tollgate.credentials TO service_role;

GRANT SELECT(metadata) ON TABLE tollgate.credentials TO authenticated;
GRANT SELECT(metadata) ON TABLE tollgate.credentials TO service_role;

GRANT SELECT(connected_at) ON TABLE tollgate.credentials TO authenticated;
GRANT SELECT(connected_at) ON TABLE tollgate.credentials TO service_role;

GRANT SELECT(connected_by) ON TABLE tollgate.credentials TO authenticated;
GRANT SELECT(connected_by) ON TABLE tollgate.credentials TO service_role;

GRANT SELECT(refreshed_at) ON TABLE tollgate.credentials TO authenticated;
GRANT SELECT(refreshed_at) ON TABLE tollgate.credentials TO service_role;

GRANT SELECT(lease_ends_at) ON TABLE tollgate.credentials TO authenticated;
GRANT SELECT(lease_ends_at) ON TABLE tollgate.credentials TO service_role;

GRANT SELECT(retry_at) ON TABLE tollgate.credentials TO authenticated;
GRANT SELECT(retry_at) ON TABLE tollgate.credentials TO service_role;

GRANT SELECT ON TABLE tollgate.current_balances TO authenticated;
GRANT SELECT ON TABLE tollgate.current_balances TO service_role;

GRANT SELECT ON TABLE tollgate.deliveries TO service_role;

GRANT SELECT(organization_id) ON TABLE tollgate.deliveries TO tollgate_reporter;

GRANT SELECT(delivery_id) ON TABLE tollgate.deliveries TO tollgate_reporter;

GRANT SELECT(channel) ON TABLE tollgate.deliveries TO tollgate_reporter;

GRANT SELECT(receiver_id) ON TABLE tollgate.deliveries TO tollgate_reporter;

GRANT SELECT(event_organization_id) ON TABLE tollgate.deliveries TO tollgate_reporter;

GRANT SELECT(line_id) ON TABLE tollgate.deliveries TO tollgate_reporter;

GRANT SELECT(status) ON TABLE tollgate.deliveries TO tollgate_reporter;

GRANT SELECT(next_attempt_at) ON TABLE tollgate.deliveries TO tollgate_reporter;

GRANT SELECT(attempted_at) ON TABLE tollgate.deliveries TO tollgate_reporter;

GRANT SELECT(finished_at) ON TABLE tollgate.deliveries TO tollgate_reporter;

GRANT SELECT ON TABLE tollgate.due_resets TO authenticated;
GRANT SELECT ON TABLE tollgate.due_resets TO service_role;

GRANT SELECT(organization_id) ON TABLE tollgate.event_queue TO tollgate_reporter;

GRANT SELECT(event_id) ON TABLE tollgate.event_queue TO tollgate_reporter;

GRANT SELECT ON TABLE tollgate.events TO authenticated;
GRANT SELECT ON TABLE tollgate.events TO service_role;
GRANT SELECT ON TABLE tollgate.events TO tollgate_reporter;

GRANT SELECT ON TABLE tollgate.keys TO authenticated;
GRANT SELECT ON TABLE tollgate.keys TO service_role;

GRANT SELECT ON TABLE tollgate.late_entries TO authenticated;
GRANT SELECT ON TABLE tollgate.late_entries TO service_role;

GRANT SELECT ON TABLE tollgate.ledger TO authenticated;
GRANT SELECT ON TABLE tollgate.ledger TO service_role;

GRANT SELECT ON TABLE tollgate.limit_overrides TO authenticated;
GRANT SELECT ON TABLE tollgate.limit_overrides TO service_role;

GRANT SELECT ON TABLE tollgate.limit_uses TO authenticated;
GRANT SELECT ON TABLE tollgate.limit_uses TO service_role;

GRANT SELECT ON TABLE tollgate.limits TO authenticated;
GRANT SELECT ON TABLE tollgate.limits TO service_role;

GRANT SELECT ON TABLE tollgate.limits_in_use TO authenticated;
GRANT SELECT ON TABLE tollgate.limits_in_use TO service_role;

GRANT SELECT ON TABLE tollgate.low_balances TO authenticated;
GRANT SELECT ON TABLE tollgate.low_balances TO service_role;

GRANT SELECT ON TABLE tollgate.pack_prices TO authenticated;
GRANT SELECT ON TABLE tollgate.pack_prices TO service_role;

GRANT SELECT ON TABLE tollgate.packs TO authenticated;
GRANT SELECT ON TABLE tollgate.packs TO service_role;

GRANT SELECT ON TABLE tollgate.payment_customers TO authenticated;
GRANT SELECT ON TABLE tollgate.payment_customers TO service_role;

GRANT SELECT(organization_id) ON TABLE tollgate.payment_customers TO tollgate_reporter;

GRANT SELECT(customer_id) ON TABLE tollgate.payment_customers TO tollgate_reporter;

GRANT SELECT ON TABLE tollgate.payment_invoices TO authenticated;
GRANT SELECT ON TABLE tollgate.payment_invoices TO service_role;

GRANT SELECT ON TABLE tollgate.payment_packs TO service_role;

GRANT SELECT ON TABLE tollgate.plan_prices TO authenticated;
GRANT SELECT ON TABLE tollgate.plan_prices TO service_role;
GRANT SELECT ON TABLE tollgate.plan_prices TO tollgate_reporter;

GRANT SELECT ON TABLE tollgate.plans TO authenticated;
GRANT SELECT ON TABLE tollgate.plans TO service_role;

GRANT SELECT(provider) ON TABLE tollgate.providers TO service_role;

GRANT SELECT(authorization_url) ON TABLE tollgate.providers TO service_role;

GRANT SELECT(token_url) ON TABLE tollgate.providers TO service_role;

GRANT SELECT(revocation_url) ON TABLE tollgate.providers TO service_role;

GRANT SELECT(client_id) ON TABLE tollgate.providers TO service_role;

GRANT SELECT(client_authentication) ON TABLE tollgate.providers TO service_role;

GRANT SELECT(scopes) ON TABLE tollgate.providers TO service_role;

GRANT SELECT(redirect_uri) ON TABLE tollgate.providers TO service_role;

GRANT SELECT(authorization_parameters) ON TABLE tollgate.providers TO service_role;

GRANT SELECT(updated_at) ON TABLE tollgate.providers TO service_role;

GRANT SELECT ON TABLE tollgate.rolled_balances TO authenticated;
GRANT SELECT ON TABLE tollgate.rolled_balances TO service_role;
GRANT SELECT ON TABLE tollgate.rolled_balances TO tollgate_reporter;

GRANT SELECT ON TABLE tollgate.rolled_organizations TO authenticated;
GRANT SELECT ON TABLE tollgate.rolled_organizations TO service_role;
GRANT SELECT ON TABLE tollgate.rolled_organizations TO tollgate_reporter;

GRANT SELECT ON TABLE tollgate.rollup_places TO service_role;
GRANT SELECT ON TABLE tollgate.rollup_places TO tollgate_reporter;

GRANT SELECT ON TABLE tollgate.rollup_seal TO service_role;
GRANT SELECT ON TABLE tollgate.rollup_seal TO tollgate_reporter;

GRANT SELECT ON TABLE tollgate.running_out TO authenticated;
GRANT SELECT ON TABLE tollgate.running_out TO service_role;

GRANT SELECT ON TABLE tollgate.service_days TO service_role;
GRANT SELECT ON TABLE tollgate.service_days TO tollgate_reporter;

GRANT SELECT ON TABLE tollgate.service_hours TO service_role;
GRANT SELECT ON TABLE tollgate.service_hours TO tollgate_reporter;

GRANT SELECT ON TABLE tollgate.stuck_tokens TO authenticated;
GRANT SELECT ON TABLE tollgate.stuck_tokens TO service_role;

GRANT SELECT ON TABLE tollgate.token_counters TO authenticated;
GRANT SELECT ON TABLE tollgate.token_counters TO service_role;

GRANT SELECT ON TABLE tollgate.usage_by_feature TO authenticated;
GRANT SELECT ON TABLE tollgate.usage_by_feature TO service_role;

GRANT SELECT ON TABLE tollgate.usage_by_user TO authenticated;
GRANT SELECT ON TABLE tollgate.usage_by_user TO service_role;

GRANT SELECT ON TABLE tollgate.usage_days TO authenticated;
GRANT SELECT ON TABLE tollgate.usage_days TO service_role;
GRANT SELECT ON TABLE tollgate.usage_days TO tollgate_reporter;

GRANT SELECT ON TABLE tollgate.usage_hours TO authenticated;
GRANT SELECT ON TABLE tollgate.usage_hours TO service_role;
GRANT SELECT ON TABLE tollgate.usage_hours TO tollgate_reporter;

GRANT SELECT ON TABLE tollgate.usage_months TO authenticated;
GRANT SELECT ON TABLE tollgate.usage_months TO service_role;
GRANT SELECT ON TABLE tollgate.usage_months TO tollgate_reporter;

GRANT SELECT(organization_id) ON TABLE tollgate.webhooks TO service_role;
GRANT SELECT(organization_id) ON TABLE tollgate.webhooks TO tollgate_reporter;

GRANT SELECT(webhook_id) ON TABLE tollgate.webhooks TO service_role;
GRANT SELECT(webhook_id) ON TABLE tollgate.webhooks TO tollgate_reporter;

GRANT SELECT(url) ON TABLE tollgate.webhooks TO service_role;
GRANT SELECT(url) ON TABLE tollgate.webhooks TO tollgate_reporter;

GRANT SELECT(events) ON TABLE tollgate.webhooks TO service_role;
GRANT SELECT(events) ON TABLE tollgate.webhooks TO tollgate_reporter;

GRANT SELECT(active) ON TABLE tollgate.webhooks TO service_role;
GRANT SELECT(active) ON TABLE tollgate.webhooks TO tollgate_reporter;

GRANT SELECT(previous_secret_ends_at) ON TABLE tollgate.webhooks TO service_role;
GRANT SELECT(previous_secret_ends_at) ON TABLE tollgate.webhooks TO tollgate_reporter;

GRANT SELECT(disabled_reason) ON TABLE tollgate.webhooks TO service_role;
GRANT SELECT(disabled_reason) ON TABLE tollgate.webhooks TO tollgate_reporter;

GRANT SELECT(failures) ON TABLE tollgate.webhooks TO service_role;
GRANT SELECT(failures) ON TABLE tollgate.webhooks TO tollgate_reporter;

GRANT SELECT(failing_since) ON TABLE tollgate.webhooks TO service_role;
GRANT SELECT(failing_since) ON TABLE tollgate.webhooks TO tollgate_reporter;

GRANT SELECT(last_attempt_at) ON TABLE tollgate.webhooks TO service_role;
GRANT SELECT(last_attempt_at) ON TABLE tollgate.webhooks TO tollgate_reporter;

GRANT SELECT(last_delivery_at) ON TABLE tollgate.webhooks TO service_role;
GRANT SELECT(last_delivery_at) ON TABLE tollgate.webhooks TO tollgate_reporter;

GRANT SELECT(created_at) ON TABLE tollgate.webhooks TO service_role;
GRANT SELECT(created_at) ON TABLE tollgate.webhooks TO tollgate_reporter;

GRANT SELECT(updated_at) ON TABLE tollgate.webhooks TO service_role;
GRANT SELECT(updated_at) ON TABLE tollgate.webhooks TO tollgate_reporter;
