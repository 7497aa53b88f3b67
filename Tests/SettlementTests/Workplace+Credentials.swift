import Postgres

extension Workplace {
  /// Bytes of the form that sealed values have, new ones each time: no key opens them.
  static let sealed = #"'\x01016b'::bytea || decode(md5(random()::text) || md5(random()::text), 'hex')"#

  /// Lets a tenant have a credential, and an authorization under way that has ended.
  mutating func connect(_ tenant: Tenant) throws {
    try administrator.script(
      """
      INSERT INTO tollgate.providers (provider, authorization_url, token_url, client_id, client_secret, redirect_uri)
      VALUES ('drive', 'https://a.example/a', 'https://a.example/t', 'tollgate', \(Self.sealed), 'https://b.example/')
      ON CONFLICT DO NOTHING;
      SELECT tollgate.connect_credential('\(tenant.id)', '\(tenant.member)', true, 'drive', \(Self.sealed),
        \(Self.sealed), 3600000, 3540000, '{}');
      SELECT tollgate.begin_authorization('\(tenant.id)', '\(tenant.member)', true, 'drive', sha256('\(tenant.id)'),
        \(Self.sealed));
      UPDATE tollgate.credential_authorizations SET ends_at = now() WHERE organization_id = '\(tenant.id)';
      """)
  }
}
