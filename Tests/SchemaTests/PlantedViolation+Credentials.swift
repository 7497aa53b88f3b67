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
}
