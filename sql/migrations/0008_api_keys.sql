-- API keys. What is kept of a key is its SHA-256 digest: the secret in it has 238 random bits, which nobody finds by
-- trying, so that a slow hash would slow down nobody but the server.

SET LOCAL ROLE tollgate_owner;

-- Keys of the service itself belong to no organization. A primary key has no place for NULL, so the nil UUID (RFC 9562,
-- section 5.9) stands for none there, and may never be an organization's id.
ALTER TABLE public.organizations
  ADD CONSTRAINT "no organization has the nil UUID" CHECK (id <> '00000000-0000-0000-0000-000000000000');

CREATE TABLE tollgate.api_keys (
  organization_id uuid NOT NULL,
  key_id uuid NOT NULL,
  digest bytea NOT NULL,
  name text NOT NULL,
  scopes text[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by uuid,
  expires_at timestamptz,
  replaced_by uuid,
  grace_ends_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  CONSTRAINT "a key has one row" PRIMARY KEY (organization_id, key_id),
  CONSTRAINT "a key's successor exists" FOREIGN KEY (organization_id, replaced_by)
    REFERENCES tollgate.api_keys (organization_id, key_id),
  CONSTRAINT "a key is kept as a SHA-256 digest" CHECK (octet_length(digest) = 32),
  CONSTRAINT "a key's name has 1 to 200 characters" CHECK (length(name) BETWEEN 1 AND 200),
  CONSTRAINT "a key's scopes are some of read, spend and admin, in order"
    CHECK (array_to_string(scopes, ' ', '-') IN
      ('read', 'spend', 'admin', 'read spend', 'read admin', 'spend admin', 'read spend admin')),
  CONSTRAINT "a key expires at some time" CHECK (isfinite(expires_at) AND isfinite(grace_ends_at)),
  CONSTRAINT "a key that is replaced has a grace" CHECK ((replaced_by IS NULL) = (grace_ends_at IS NULL))
) WITH (fillfactor = 80);
CREATE INDEX api_keys_key_id ON tollgate.api_keys (key_id);
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

ALTER TABLE tollgate.api_keys ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON tollgate.api_keys FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT
    (organization_id, key_id, name, scopes, created_at, created_by, expires_at, replaced_by, grace_ends_at, revoked_at,
     last_used_at)
  ON tollgate.api_keys TO authenticated, service_role;
