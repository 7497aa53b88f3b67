-- What a careful engineer would write without batching: one call spends, in a transaction of its own.
--
-- It keeps each tenant apart by forced row-level security, never goes below zero, charges an idempotency key once, and
-- does nothing else: no ledger of other movements, no table of remembered answers, no membership, no second index. It
-- trusts its caller with the price.
--
-- Reserving and refunding are as plain: two statements each, the idempotency key names what was reserved or charged.

DO $$
BEGIN
  -- Owns the tables; nobody logs in as it. The client owns nothing, so that every policy holds for it.
  CREATE ROLE bench_owner NOLOGIN NOINHERIT;
  CREATE ROLE bench_client LOGIN NOINHERIT NOBYPASSRLS;
END
$$;

CREATE SCHEMA IF NOT EXISTS bench;
GRANT USAGE ON SCHEMA bench TO bench_owner, bench_client;

CREATE TABLE bench.balances (
  organization_id uuid NOT NULL,
  token_type text NOT NULL,
  balance bigint NOT NULL,
  PRIMARY KEY (organization_id, token_type),
  CHECK (balance >= 0)
) WITH (fillfactor = 60);
COMMENT ON TABLE bench.balances IS 'Balances of the plain function. As in ai_tokens, pages keep room for updates in place.';

CREATE TABLE bench.usage (
  organization_id uuid NOT NULL,
  idempotency_key text COLLATE "C" NOT NULL,
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  user_id uuid,
  token_type text NOT NULL,
  feature_used text NOT NULL,
  tokens_deducted bigint NOT NULL,
  remaining_balance bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, idempotency_key)
);
COMMENT ON TABLE bench.usage IS 'One row per use. Its key is what makes a request count once.';

ALTER TABLE bench.balances OWNER TO bench_owner;
ALTER TABLE bench.usage OWNER TO bench_owner;
ALTER TABLE bench.balances ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE bench.usage ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, UPDATE ON bench.balances TO bench_client;
GRANT SELECT, INSERT ON bench.usage TO bench_client;

CREATE POLICY tenant ON bench.balances TO bench_client
  USING (organization_id = nullif(current_setting('bench.organization_id', true), '')::uuid);
CREATE POLICY tenant ON bench.usage TO bench_client
  USING (organization_id = nullif(current_setting('bench.organization_id', true), '')::uuid);

CREATE FUNCTION bench.deduct(
  organization_id uuid,
  user_id uuid,
  token_type text,
  feature text,
  cost bigint,
  idempotency_key text,
  OUT status text,
  OUT transaction_id uuid,
  OUT balance_after bigint
)
LANGUAGE plpgsql
AS $$
#variable_conflict use_variable
BEGIN
  PERFORM set_config('bench.organization_id', organization_id::text, true);

  UPDATE bench.balances AS held
  SET balance = held.balance - cost
  WHERE held.organization_id = organization_id AND held.token_type = token_type AND held.balance >= cost
  RETURNING held.balance INTO balance_after;

  IF FOUND THEN
    INSERT INTO bench.usage AS used
      (organization_id, idempotency_key, user_id, token_type, feature_used, tokens_deducted, remaining_balance)
    VALUES (organization_id, idempotency_key, user_id, token_type, feature, cost, balance_after)
    ON CONFLICT DO NOTHING
    RETURNING used.id INTO transaction_id;
    IF FOUND THEN
      status := 'success';
      RETURN;
    END IF;
    -- The key was charged before: nothing is to be charged now.
    UPDATE bench.balances AS held
    SET balance = held.balance + cost
    WHERE held.organization_id = organization_id AND held.token_type = token_type;
  END IF;

  SELECT used.id, used.remaining_balance
  INTO transaction_id, balance_after
  FROM bench.usage AS used
  WHERE used.organization_id = organization_id AND used.idempotency_key = idempotency_key;
  status := CASE WHEN FOUND THEN 'replayed' ELSE 'insufficient_tokens' END;
END
$$;
REVOKE ALL ON FUNCTION bench.deduct(uuid, uuid, text, text, bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bench.deduct(uuid, uuid, text, text, bigint, text) TO bench_client;
COMMENT ON FUNCTION bench.deduct(uuid, uuid, text, text, bigint, text) IS
  'Spends cost tokens, once per idempotency key. status is success, replayed or insufficient_tokens.';

CREATE TABLE bench.reservations (
  organization_id uuid NOT NULL,
  idempotency_key text COLLATE "C" NOT NULL,
  user_id uuid,
  token_type text NOT NULL,
  feature_used text NOT NULL,
  amount bigint NOT NULL,
  remaining_balance bigint NOT NULL,
  expires_at timestamptz NOT NULL,
  captured_at timestamptz,
  PRIMARY KEY (organization_id, idempotency_key)
) WITH (fillfactor = 60);
COMMENT ON TABLE bench.reservations IS 'Tokens taken out of a balance for work that is not done yet. Pages keep room for the capture.';

CREATE TABLE bench.refunds (
  organization_id uuid NOT NULL,
  idempotency_key text COLLATE "C" NOT NULL,
  token_type text NOT NULL,
  amount bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, idempotency_key)
);
COMMENT ON TABLE bench.refunds IS 'Uses that were given back, by the key of the use: each once and whole.';

ALTER TABLE bench.reservations OWNER TO bench_owner;
ALTER TABLE bench.refunds OWNER TO bench_owner;
ALTER TABLE bench.reservations ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE bench.refunds ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE ON bench.reservations TO bench_client;
GRANT SELECT, INSERT ON bench.refunds TO bench_client;

CREATE POLICY tenant ON bench.reservations TO bench_client
  USING (organization_id = nullif(current_setting('bench.organization_id', true), '')::uuid);
CREATE POLICY tenant ON bench.refunds TO bench_client
  USING (organization_id = nullif(current_setting('bench.organization_id', true), '')::uuid);

CREATE FUNCTION bench.reserve(
  organization_id uuid,
  user_id uuid,
  token_type text,
  feature text,
  amount bigint,
  ttl_seconds integer,
  idempotency_key text
) RETURNS text
LANGUAGE plpgsql
AS $$
#variable_conflict use_variable
DECLARE
  balance_after bigint;
BEGIN
  PERFORM set_config('bench.organization_id', organization_id::text, true);

  UPDATE bench.balances AS held
  SET balance = held.balance - amount
  WHERE held.organization_id = organization_id AND held.token_type = token_type AND held.balance >= amount
  RETURNING held.balance INTO balance_after;
  IF NOT FOUND THEN
    RETURN 'insufficient_tokens';
  END IF;

  INSERT INTO bench.reservations
    (organization_id, idempotency_key, user_id, token_type, feature_used, amount, remaining_balance, expires_at)
  VALUES (organization_id, idempotency_key, user_id, token_type, feature, amount, balance_after,
    now() + make_interval(secs => ttl_seconds));
  RETURN 'success';
END
$$;
REVOKE ALL ON FUNCTION bench.reserve(uuid, uuid, text, text, bigint, integer, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bench.reserve(uuid, uuid, text, text, bigint, integer, text) TO bench_client;
COMMENT ON FUNCTION bench.reserve(uuid, uuid, text, text, bigint, integer, text) IS
  'Takes amount tokens out of the balance and remembers what for: success or insufficient_tokens. A known key raises unique_violation.';

CREATE FUNCTION bench.capture(organization_id uuid, idempotency_key text) RETURNS text
LANGUAGE plpgsql
AS $$
#variable_conflict use_variable
DECLARE
  reservation bench.reservations;
BEGIN
  PERFORM set_config('bench.organization_id', organization_id::text, true);

  UPDATE bench.reservations AS open
  SET captured_at = now()
  WHERE open.organization_id = organization_id AND open.idempotency_key = idempotency_key AND open.captured_at IS NULL
    AND open.expires_at > now()
  RETURNING open.* INTO reservation;
  IF NOT FOUND THEN
    RETURN 'reservation_closed';
  END IF;

  INSERT INTO bench.usage
    (organization_id, idempotency_key, user_id, token_type, feature_used, tokens_deducted, remaining_balance)
  VALUES (organization_id, idempotency_key, reservation.user_id, reservation.token_type, reservation.feature_used,
    reservation.amount, reservation.remaining_balance);
  RETURN 'success';
END
$$;
REVOKE ALL ON FUNCTION bench.capture(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bench.capture(uuid, text) TO bench_client;
COMMENT ON FUNCTION bench.capture(uuid, text) IS
  'Turns a reservation into a use of all it holds: success, or reservation_closed when there is none that is open.';

CREATE FUNCTION bench.refund(organization_id uuid, idempotency_key text) RETURNS text
LANGUAGE plpgsql
AS $$
#variable_conflict use_variable
DECLARE
  type_refunded text;
  amount_refunded bigint;
BEGIN
  PERFORM set_config('bench.organization_id', organization_id::text, true);

  INSERT INTO bench.refunds AS refund (organization_id, idempotency_key, token_type, amount)
  SELECT used.organization_id, used.idempotency_key, used.token_type, used.tokens_deducted
  FROM bench.usage AS used
  WHERE used.organization_id = organization_id AND used.idempotency_key = idempotency_key
  ON CONFLICT DO NOTHING
  RETURNING refund.token_type, refund.amount INTO type_refunded, amount_refunded;
  IF NOT FOUND THEN
    RETURN 'nothing_to_refund';
  END IF;

  UPDATE bench.balances AS held
  SET balance = held.balance + amount_refunded
  WHERE held.organization_id = organization_id AND held.token_type = type_refunded;
  RETURN 'success';
END
$$;
REVOKE ALL ON FUNCTION bench.refund(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bench.refund(uuid, text) TO bench_client;
COMMENT ON FUNCTION bench.refund(uuid, text) IS
  'Gives the whole of a use back, once: success, or nothing_to_refund for an unknown use and one given back before.';

CREATE FUNCTION bench.read_balance(organization_id uuid, token_type text) RETURNS bigint
LANGUAGE plpgsql
AS $$
#variable_conflict use_variable
BEGIN
  PERFORM set_config('bench.organization_id', organization_id::text, true);
  RETURN (
    SELECT held.balance
    FROM bench.balances AS held
    WHERE held.organization_id = organization_id AND held.token_type = token_type
  );
END
$$;
REVOKE ALL ON FUNCTION bench.read_balance(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bench.read_balance(uuid, text) TO bench_client;
COMMENT ON FUNCTION bench.read_balance(uuid, text) IS 'Reads one balance under row-level security; tokens, NULL when there is none.';
