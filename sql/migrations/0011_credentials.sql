-- The credential vault: what tenants have connected elsewhere (OAuth 2.0, RFC 6749), as ciphertext.
--
-- Sealed values are made and opened by the server's program, with keys that the database never has: byte 0 is the version
-- of the form, byte 1 the length of the key's id, then come that id, a nonce of 12 bytes, the ciphertext and a tag of 16
-- bytes (AES-256-GCM). Organization, provider and purpose are authenticated with it, so that a value copied elsewhere is
-- none.

COMMENT ON ROLE tollgate_sweeper IS 'Owns the functions that find what is due or has ended: may read such rows, of every organization. Nobody logs in as it.';

SET LOCAL ROLE tollgate_owner;

CREATE TABLE tollgate.providers (
  provider text NOT NULL,
  authorization_url text NOT NULL,
  token_url text NOT NULL,
  revocation_url text,
  client_id text NOT NULL,
  client_secret bytea NOT NULL,
  client_authentication text NOT NULL DEFAULT 'basic',
  scopes text[] NOT NULL DEFAULT '{}',
  redirect_uri text NOT NULL,
  authorization_parameters jsonb NOT NULL DEFAULT '{}',
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT "a provider has one row" PRIMARY KEY (provider),
  CONSTRAINT "a provider is a lower-case name" CHECK (provider ~ '^[a-z][a-z0-9_]{0,62}$'),
  CONSTRAINT "a provider is asked over https"
    CHECK (starts_with(token_url, 'https://') AND starts_with(revocation_url, 'https://') IS NOT FALSE
      AND starts_with(authorization_url, 'https://')),
  CONSTRAINT "a client authenticates by basic or post" CHECK (client_authentication IN ('basic', 'post')),
  CONSTRAINT "a client secret is sealed" CHECK (
    CASE
      WHEN octet_length(client_secret) BETWEEN 32 AND 8192 THEN get_byte(client_secret, 0) = 1
        AND get_byte(client_secret, 1) BETWEEN 1 AND 32
        AND octet_length(client_secret) > 30 + get_byte(client_secret, 1)
      ELSE false
    END)
);
COMMENT ON TABLE tollgate.providers IS 'Whom tenants can connect to: OAuth 2.0 servers, and how this service is registered there. The same for all tenants.';
COMMENT ON COLUMN tollgate.providers.token_url IS 'Where codes and refresh tokens are exchanged. Asked by servers.';
COMMENT ON COLUMN tollgate.providers.revocation_url IS 'Where a refresh token is revoked when a tenant disconnects (RFC 7009); NULL: nowhere, it is forgotten.';
COMMENT ON COLUMN tollgate.providers.client_secret IS 'Sealed.';
COMMENT ON COLUMN tollgate.providers.client_authentication IS 'basic: by the field Authorization; post: in the body (RFC 6749, section 2.3.1).';
COMMENT ON COLUMN tollgate.providers.authorization_parameters IS 'What the authorization URL says besides, names and texts: {"access_type": "offline"}.';
REVOKE ALL ON tollgate.providers FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT
    (provider, authorization_url, token_url, revocation_url, client_id, client_authentication, scopes, redirect_uri,
     authorization_parameters, updated_at)
  ON tollgate.providers TO service_role;

CREATE TABLE tollgate.credentials (
  organization_id uuid NOT NULL,
  provider text NOT NULL,
  state text NOT NULL DEFAULT 'connected',
  refresh_token bytea NOT NULL,
  access_token bytea,
  access_token_expires_at timestamptz,
  access_token_fresh_until timestamptz,
  metadata jsonb NOT NULL DEFAULT '{}',
  version bigint NOT NULL DEFAULT 1,
  connected_at timestamptz NOT NULL DEFAULT now(),
  connected_by uuid,
  refreshed_at timestamptz,
  lease_id uuid,
  lease_ends_at timestamptz,
  retry_at timestamptz,
  CONSTRAINT "an organization has one credential of a provider" PRIMARY KEY (organization_id, provider),
  CONSTRAINT "a credential's organization exists" FOREIGN KEY (organization_id) REFERENCES public.organizations (id),
  CONSTRAINT "a credential's provider exists" FOREIGN KEY (provider) REFERENCES tollgate.providers (provider),
  CONSTRAINT "a credential is connected or needs consent again" CHECK (state IN ('connected', 'reconsent_required')),
  CONSTRAINT "a refresh token is sealed" CHECK (
    CASE
      WHEN octet_length(refresh_token) BETWEEN 32 AND 16384 THEN get_byte(refresh_token, 0) = 1
        AND get_byte(refresh_token, 1) BETWEEN 1 AND 32
        AND octet_length(refresh_token) > 30 + get_byte(refresh_token, 1)
      ELSE false
    END),
  CONSTRAINT "an access token is sealed" CHECK (
    CASE
      WHEN access_token IS NULL THEN true
      WHEN octet_length(access_token) BETWEEN 32 AND 32768 THEN get_byte(access_token, 0) = 1
        AND get_byte(access_token, 1) BETWEEN 1 AND 32
        AND octet_length(access_token) > 30 + get_byte(access_token, 1)
      ELSE false
    END),
  CONSTRAINT "an access token has an end, before which it is no longer fresh" CHECK (
    (access_token IS NULL) = (access_token_expires_at IS NULL)
    AND (access_token IS NULL) = (access_token_fresh_until IS NULL)
    AND (access_token_fresh_until <= access_token_expires_at) IS NOT FALSE)
) WITH (fillfactor = 70);
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
ALTER TABLE tollgate.credentials ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON tollgate.credentials FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT
    (organization_id, provider, state, access_token_expires_at, metadata, connected_at, connected_by, refreshed_at,
     lease_ends_at, retry_at)
  ON tollgate.credentials TO authenticated, service_role;
CREATE INDEX credentials_provider ON tollgate.credentials (provider);
-- For tollgate.find_refused_credentials(): there are few.
CREATE INDEX credentials_refused ON tollgate.credentials (state, provider) WHERE state = 'reconsent_required';

CREATE TABLE tollgate.credential_authorizations (
  organization_id uuid NOT NULL,
  state_digest bytea NOT NULL,
  provider text NOT NULL,
  begun_by uuid,
  verifier bytea NOT NULL,
  begun_at timestamptz NOT NULL DEFAULT now(),
  ends_at timestamptz NOT NULL,
  CONSTRAINT "an authorization is known by its state" PRIMARY KEY (organization_id, state_digest),
  CONSTRAINT "an authorization's organization exists" FOREIGN KEY (organization_id) REFERENCES public.organizations (id),
  CONSTRAINT "an authorization's provider exists" FOREIGN KEY (provider) REFERENCES tollgate.providers (provider)
    ON DELETE CASCADE,
  CONSTRAINT "a state is kept as a SHA-256 digest" CHECK (octet_length(state_digest) = 32),
  CONSTRAINT "a verifier is sealed" CHECK (
    CASE
      WHEN octet_length(verifier) BETWEEN 32 AND 1024 THEN get_byte(verifier, 0) = 1
        AND get_byte(verifier, 1) BETWEEN 1 AND 32
        AND octet_length(verifier) > 30 + get_byte(verifier, 1)
      ELSE false
    END)
);
COMMENT ON TABLE tollgate.credential_authorizations IS 'Consents that somebody was sent away for, for ten minutes and for one use: whoever comes back with the state finishes them.';
COMMENT ON COLUMN tollgate.credential_authorizations.state_digest IS 'SHA-256 of the state that the authorization URL has.';
COMMENT ON COLUMN tollgate.credential_authorizations.begun_by IS 'The user who has to come back; NULL: a service or a key began it.';
COMMENT ON COLUMN tollgate.credential_authorizations.verifier IS 'Sealed: the code verifier of PKCE (RFC 7636).';
ALTER TABLE tollgate.credential_authorizations ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON tollgate.credential_authorizations FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT (organization_id, ends_at) ON tollgate.credential_authorizations TO tollgate_sweeper;
CREATE INDEX credential_authorizations_ends_at ON tollgate.credential_authorizations (ends_at);
CREATE INDEX credential_authorizations_provider ON tollgate.credential_authorizations (provider);
