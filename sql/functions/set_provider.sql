CREATE OR REPLACE FUNCTION tollgate.set_provider(
  provider text,
  authorization_url text,
  token_url text,
  revocation_url text,
  client_id text,
  client_secret bytea,
  client_authentication text,
  scopes text[],
  redirect_uri text,
  authorization_parameters jsonb
) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
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
COMMENT ON FUNCTION tollgate.set_provider(text, text, text, text, text, bytea, text, text[], text, jsonb) IS
  'Makes a provider, or replaces what is known of it. The client secret is sealed; NULL keeps the one there is, unless the provider is asked elsewhere from now on. With a client secret, credentials that the provider has refused are connected again, and tried once more. Raises TG400 for what is no provider, or lacks its secret.';
REVOKE ALL ON FUNCTION tollgate.set_provider(text, text, text, text, text, bytea, text, text[], text, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tollgate.set_provider(text, text, text, text, text, bytea, text, text[], text, jsonb) TO tollgate_server;
