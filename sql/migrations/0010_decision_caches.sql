-- Decision caches: results kept under composite keys, a daily quota of calls, and leases for those who make a call.

COMMENT ON ROLE tollgate_sweeper IS 'Owns the functions that find what is due (tollgate.find_due_balances, tollgate.find_ended_entries): may read as much as that, of every organization. Nobody logs in as it.';

SET LOCAL ROLE tollgate_owner;

-- What a call is charged as unless a cache names another feature: nothing, and in the ledger.
INSERT INTO tollgate.token_types (token_type, title)
VALUES ('decisions', 'Decisions')
ON CONFLICT DO NOTHING;
INSERT INTO tollgate.features (feature, token_type, cost, description)
VALUES ('decision', 'decisions', 0, 'A call that a decision cache grants.')
ON CONFLICT DO NOTHING;
INSERT INTO tollgate.prices (feature, price_version, token_type, cost, rates)
SELECT feature, price_version, token_type, cost, rates
FROM tollgate.features
WHERE feature = 'decision'
ON CONFLICT DO NOTHING;

CREATE TABLE tollgate.caches (
  organization_id uuid NOT NULL,
  cache_name text NOT NULL,
  cache_id uuid NOT NULL,
  key_members text[] NOT NULL,
  ttl_seconds integer NOT NULL,
  daily_quota bigint NOT NULL DEFAULT 1000,
  fallback json,
  feature text NOT NULL DEFAULT 'decision',
  lease_seconds integer NOT NULL DEFAULT 60,
  wait_seconds integer NOT NULL DEFAULT 10,
  maximum_entries integer NOT NULL DEFAULT 10000,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT "an organization has one cache of a name" PRIMARY KEY (organization_id, cache_name),
  CONSTRAINT "a call is charged as a feature" FOREIGN KEY (feature) REFERENCES tollgate.features (feature),
  CONSTRAINT "a cache is a lower-case name" CHECK (cache_name ~ '^[a-z][a-z0-9_]{0,62}$'),
  CONSTRAINT "a key has 1 to 16 members with simple names"
    CHECK (array_to_string(key_members, ' ', '-') ~ '^[A-Za-z][A-Za-z0-9_]{0,62}( [A-Za-z][A-Za-z0-9_]{0,62}){0,15}$'),
  CONSTRAINT "a value is kept for 1 second to 366 days" CHECK (ttl_seconds BETWEEN 1 AND 31622400),
  CONSTRAINT "a quota is between 0 and 10^15 calls" CHECK (daily_quota BETWEEN 0 AND 1000000000000000),
  CONSTRAINT "a fallback has at most 64 KiB" CHECK (octet_length(fallback::text) <= 65536),
  CONSTRAINT "a lease lasts 1 second to 1 hour" CHECK (lease_seconds BETWEEN 1 AND 3600),
  CONSTRAINT "who waits waits 0 to 30 seconds" CHECK (wait_seconds BETWEEN 0 AND 30),
  CONSTRAINT "a cache has 1 to 100000 values" CHECK (maximum_entries BETWEEN 1 AND 100000)
);
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

CREATE TABLE tollgate.cache_entries (
  organization_id uuid NOT NULL,
  cache_name text NOT NULL,
  key_hash bytea NOT NULL,
  lease_id uuid NOT NULL,
  value json,
  ends_at timestamptz NOT NULL,
  stored_at timestamptz,
  last_used_at timestamptz NOT NULL,
  CONSTRAINT "a key has one entry" PRIMARY KEY (organization_id, cache_name, key_hash),
  CONSTRAINT "a key is kept as a SHA-256 digest only" CHECK (octet_length(key_hash) = 32),
  CONSTRAINT "a value has at most 64 KiB" CHECK (octet_length(value::text) <= 65536),
  CONSTRAINT "a value was stored at some time" CHECK ((value IS NULL) = (stored_at IS NULL)),
  CONSTRAINT "an entry ends at some time" CHECK (isfinite(ends_at))
) WITH (fillfactor = 80);
CREATE INDEX cache_entries_lease_id ON tollgate.cache_entries (organization_id, lease_id);
CREATE INDEX cache_entries_last_used_at ON tollgate.cache_entries (organization_id, cache_name, last_used_at)
  WHERE value IS NOT NULL;
CREATE INDEX cache_entries_ends_at ON tollgate.cache_entries (ends_at);
COMMENT ON TABLE tollgate.cache_entries IS 'What is known under a key: a value, or a lease of somebody who is to bring it. What has ended counts as absent, and is swept up.';
COMMENT ON COLUMN tollgate.cache_entries.key_hash IS 'SHA-256 of the organization, the cache''s id and the key in canonical form. The key itself, which may be about people, is not kept.';
COMMENT ON COLUMN tollgate.cache_entries.lease_id IS 'The charge of the call that the value is, or will be, the result of.';
COMMENT ON COLUMN tollgate.cache_entries.value IS 'As it was stored, byte by byte; NULL: there is a lease and no value yet.';
COMMENT ON COLUMN tollgate.cache_entries.ends_at IS 'Of a value: from then on it is not given. Of a lease: from then on another may get one.';
COMMENT ON COLUMN tollgate.cache_entries.last_used_at IS 'To the minute.';

CREATE TABLE tollgate.cache_days (
  organization_id uuid NOT NULL,
  cache_name text NOT NULL,
  day date NOT NULL,
  calls bigint NOT NULL DEFAULT 0,
  quota bigint NOT NULL DEFAULT 0,
  hits bigint NOT NULL DEFAULT 0,
  fallbacks bigint NOT NULL DEFAULT 0,
  waits bigint NOT NULL DEFAULT 0,
  CONSTRAINT "a cache counts a day once" PRIMARY KEY (organization_id, cache_name, day),
  CONSTRAINT "counts of a day are never negative" CHECK (least(calls, quota, hits, fallbacks, waits) >= 0)
) WITH (fillfactor = 60);
COMMENT ON TABLE tollgate.cache_days IS 'What caches answered, by day, for the last 90 of them.';
COMMENT ON COLUMN tollgate.cache_days.day IS 'In the organization''s time zone.';
COMMENT ON COLUMN tollgate.cache_days.calls IS 'Calls granted. Exact: counted in the transaction that grants.';
COMMENT ON COLUMN tollgate.cache_days.quota IS 'The largest quota that any of them was granted under.';
COMMENT ON COLUMN tollgate.cache_days.hits IS 'Answers with a value. Counted by servers every second: one that is killed forgets the last.';
COMMENT ON COLUMN tollgate.cache_days.fallbacks IS 'Answers with the fallback, counted likewise.';
COMMENT ON COLUMN tollgate.cache_days.waits IS 'Requests that waited for somebody else''s call, counted likewise. Their answers count as what they are.';

CREATE TYPE tollgate.cache_answer AS (
  outcome text,
  value json,
  lease_id uuid,
  remaining bigint,
  lease_ends_at timestamptz,
  retry_after_seconds bigint,
  reason text,
  lease_milliseconds bigint,
  wait_seconds integer,
  replayed boolean
);
COMMENT ON TYPE tollgate.cache_answer IS
  'What a cache says to a key: hit (value), miss (lease_id, remaining calls of the day, lease_ends_at, in lease_milliseconds), wait (somebody else''s lease_id, which has lease_milliseconds left; wait_seconds as configured), fallback (value, reason, retry_after_seconds where waiting helps), or why there is no answer: forbidden, unknown_organization, unknown_cache, invalid_decision_key, idempotency_key_reused.';

-- Row-level security as for the others; policies are in sql/policies.
DO $$
DECLARE
  tenant_table regclass;
BEGIN
  FOREACH tenant_table IN ARRAY ARRAY['tollgate.caches', 'tollgate.cache_entries', 'tollgate.cache_days']::regclass[]
  LOOP
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('REVOKE ALL ON %s FROM PUBLIC, anon, authenticated, service_role', tenant_table);
    EXECUTE format('GRANT SELECT ON %s TO authenticated, service_role', tenant_table);
  END LOOP;
END
$$;

-- The sweeper finds what has ended.
GRANT SELECT (organization_id, ends_at) ON tollgate.cache_entries TO tollgate_sweeper;
