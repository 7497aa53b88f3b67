extension PlantedViolation {
  static let credentials = [
    PlantedViolation(
      "18_keys_are_kept_as_digests", "a key itself is kept",
      """
      ALTER TABLE tollgate.api_keys DROP CONSTRAINT "a key is kept as a SHA-256 digest";
      UPDATE tollgate.api_keys SET digest = 'tg_live_…' WHERE name = 'First'
      """),
    PlantedViolation(
      "18_keys_are_kept_as_digests", "an organization has a key with another's id",
      """
      INSERT INTO tollgate.api_keys (organization_id, key_id, digest, name, scopes)
      SELECT '00000000-0000-4000-8000-000000000002', key_id, sha256('third'), name, scopes
      FROM tollgate.api_keys
      WHERE name = 'First'
      """),
    PlantedViolation(
      "18_keys_are_kept_as_digests", "a digest was copied to another row",
      "UPDATE tollgate.api_keys SET digest = sha256('first') WHERE name = 'Second'"),
    PlantedViolation(
      "18_keys_are_kept_as_digests", "a key outlived its organization",
      "UPDATE tollgate.api_keys SET organization_id = gen_random_uuid() WHERE name = 'First'"),
    PlantedViolation(
      "18_keys_are_kept_as_digests", "members may read all of a key",
      "GRANT SELECT ON tollgate.api_keys TO authenticated"),
    PlantedViolation(
      "18_keys_are_kept_as_digests", "the service role may read digests",
      "GRANT SELECT (digest) ON tollgate.api_keys TO service_role"),
  ]

  /// Nothing that a key opens, in the form that sealed values have.
  static let sealed = #"'\x01016b'::bytea || decode(md5(random()::text) || md5(random()::text), 'hex')"#

  static let vault = [
    PlantedViolation(
      "18_credentials_are_sealed", "a refresh token itself is kept",
      """
      ALTER TABLE tollgate.credentials DROP CONSTRAINT "a refresh token is sealed";
      UPDATE tollgate.credentials SET refresh_token = '1//0g…-a-refresh-token-as-it-came-from-the-provider'
      """),
    PlantedViolation(
      "18_credentials_are_sealed", "an access token is sealed in a form of another version",
      """
      ALTER TABLE tollgate.credentials DROP CONSTRAINT "an access token is sealed";
      UPDATE tollgate.credentials SET access_token = set_byte(access_token, 0, 2)
      WHERE organization_id = '00000000-0000-4000-8000-000000000001'
      """),
    PlantedViolation(
      "18_credentials_are_sealed", "a verifier is too short to be sealed",
      """
      ALTER TABLE tollgate.credential_authorizations DROP CONSTRAINT "a verifier is sealed";
      UPDATE tollgate.credential_authorizations SET verifier = substr(verifier, 1, 31)
      """),
    PlantedViolation(
      "18_credentials_are_sealed", "a client secret itself is kept",
      """
      ALTER TABLE tollgate.providers DROP CONSTRAINT "a client secret is sealed";
      UPDATE tollgate.providers SET client_secret = 'hunter2'
      """),
    PlantedViolation(
      "18_credentials_are_sealed", "a sealed token was copied to another tenant's row",
      """
      INSERT INTO tollgate.credentials (organization_id, provider, refresh_token)
      SELECT '00000000-0000-4000-8000-000000000002', provider, refresh_token
      FROM tollgate.credentials
      """),
    PlantedViolation(
      "18_credentials_are_sealed", "a nonce was used twice under a key",
      """
      UPDATE tollgate.credentials
      SET access_token = substr(refresh_token, 1, 15) || substr(access_token, 16)
      """),
    PlantedViolation(
      "18_credentials_are_sealed", "members may read sealed tokens",
      "GRANT SELECT ON tollgate.credentials TO authenticated"),
    PlantedViolation(
      "18_credentials_are_sealed", "the service role may read a sealed secret",
      "GRANT SELECT (client_secret) ON tollgate.providers TO service_role"),
    PlantedViolation(
      "18_credentials_are_sealed", "the sweeper may read states",
      "GRANT SELECT (state_digest) ON tollgate.credential_authorizations TO tollgate_sweeper"),
  ]
}
