import JSON
import Locking
import Testbed
import Testing
import Vault

@Suite("what the database has of credentials")
struct SealedAtRestTests {
  @Test(
    "a row that was copied to another tenant, a token copied to another provider or column, and a changed one do not open"
  )
  func copied() async throws {
    try await CredentialPlace.withDatabase { place in
      try await place.connect()
      let token = try #require(try await place.accessToken().json()["accessToken"]?.string)
      let thief = try await place.served.makeTenant()
      let columns = """
        provider, state, refresh_token, access_token, access_token_expires_at, access_token_fresh_until
        """
      func isOpen(_ provider: CredentialPlace, as reader: String) async throws -> Bool {
        let answer = try await provider.accessToken(token: reader)
        #expect(!answer.body.contains(token))
        if answer.status == 200 { return true }
        #expect(answer.status == 500)
        #expect(try answer.code == "internal_error")
        return false
      }
      // To another tenant: neither the access token, nor once that is over the refresh token.
      try await place.served.script(
        """
        INSERT INTO tollgate.credentials (organization_id, \(columns))
        SELECT '\(thief.organizationID)', \(columns) FROM tollgate.credentials WHERE provider = '\(place.provider)'
        """)
      #expect(try await !isOpen(place, as: thief.token))
      #expect(try await place.served.violations().contains { $0.contains("18_credentials_are_sealed") })
      try await place.served.script(
        """
        UPDATE tollgate.credentials SET access_token_fresh_until = now()
        WHERE organization_id = '\(thief.organizationID)'
        """)
      let count = place.oauth.refreshCount
      #expect(try await !isOpen(place, as: thief.token))
      #expect(place.oauth.refreshCount == count)
      try await place.served.script(
        "DELETE FROM tollgate.credentials WHERE organization_id = '\(thief.organizationID)'")

      // To another provider of the same tenant.
      let other = place.named(place.provider + "_too")
      try await other.configure()
      try await place.served.script(
        """
        INSERT INTO tollgate.credentials (organization_id, \(columns))
        SELECT organization_id, '\(other.provider)', \(columns.replacing("provider, ", with: ""))
        FROM tollgate.credentials WHERE provider = '\(place.provider)'
        """)
      #expect(try await !isOpen(other, as: place.tenant.token))
      // To another column: the refresh token would be handed out as an access token.
      try await place.change("access_token = refresh_token")
      #expect(try await !isOpen(place, as: place.tenant.token))
      // One bit.
      try await place.connect()
      #expect(try await place.accessToken().status == 200)
      try await place.change("access_token = set_bit(access_token, 300, 1 - get_bit(access_token, 300))")
      #expect(try await !isOpen(place, as: place.tenant.token))
      #expect(place.served.server.log.containing("a sealed value does not open").count >= 5)
      // Mended by connecting anew.
      try await place.served.script("DELETE FROM tollgate.credentials WHERE provider = '\(other.provider)'")
      try await place.connect()
      #expect(try await place.accessToken().status == 200)
      #expect(try await place.served.violations() == [])
    }
  }

  @Test("a client secret that was copied to another provider is not sent there")
  func copiedSecret() async throws {
    try await CredentialPlace.withDatabase { place in
      let other = place.named(place.provider + "_too")
      try await other.configure(["clientSecret": #""another""#])
      try await other.connect()
      try await place.served.script(
        """
        UPDATE tollgate.providers SET client_secret = (
          SELECT client_secret FROM tollgate.providers WHERE provider = '\(place.provider)')
        WHERE provider = '\(other.provider)'
        """)
      #expect(try await other.accessToken().status == 500)
      #expect(place.oauth.forms.isEmpty)
      try await other.configure()
    }
  }

  @Test(
    "a server without the key that something is sealed under does not open it, and one that has it as an older key does"
  )
  func otherKeys() async throws {
    try await CredentialPlace.with { place in
      try await place.connect()
      #expect(try await place.accessToken().status == 200)
      let new = try VaultKeys.make(id: "new")
      let statuses = Mutex<[Int]>([])
      for keys in [new, "\(new),\(TestVault.keys)"] {
        try await place.withServer(keys: keys) { server async throws in
          let status = try await place.accessToken(on: server).status
          statuses.withLock { $0.append(status) }
        }
      }
      #expect(statuses.withLock { $0 } == [500, 200])
    }
  }

  @Test("no secret is in an answer that does not hand it out, in the log at debug, or in any column")
  func canaries() async throws {
    try await CredentialPlace.with { place in
      var bodies: [String] = []
      let (query, code) = try await place.consent()
      let state = try #require(query["state"])
      bodies.append(try await place.ask("POST", "/exchange", #"{"code":"\#(code)","state":"\#(state)"}"#).body)
      bodies.append(try await place.ask("POST", "/exchange", #"{"code":"\#(code)","state":"\#(state)"}"#).body)
      try await place.expire()
      _ = try await place.accessToken()
      for behaviour in ProviderFailureTests.failures.map(\.behaviour) {
        place.oauth.behave(behaviour)
        try await place.expire()
        try await place.forget()
        bodies.append(try await place.accessToken().body)
      }
      bodies.append(try await place.ask("GET").body)
      bodies.append(try await place.configure(["clientSecret": nil]).body)
      let list = try await place.served.server.call(
        "GET", "/api/v1/admin/providers", token: place.served.server.tokens.service())
      bodies.append(list.body)
      let verifiers = place.oauth.forms.compactMap { $0["code_verifier"] }
      let secrets =
        place.oauth.refreshTokens + place.oauth.accessTokens + verifiers
        + [code, place.oauth.clientSecret, String(TestVault.keys.dropFirst(5))]
      #expect(secrets.count >= 7)
      for secret in secrets {
        #expect(!bodies.contains { $0.contains(secret) })
        #expect(place.served.server.log.containing(secret) == [])
        for table in ["providers", "credentials", "credential_authorizations"] {
          let hexadecimal = secret.utf8.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
          let found = """
            SELECT count(*) FROM tollgate.\(table) AS row
            WHERE position('\(secret)' IN row::text) > 0 OR position('\(hexadecimal)' IN row::text) > 0
            """
          #expect(try await place.served.text(found) == "0")
        }
      }
      #expect(place.served.server.log.containing(state) == [])
    }
  }
}
