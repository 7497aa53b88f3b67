import Crypto
import HTTP
import JSON
import Testbed
import Testing

@Suite("connecting to a provider")
struct ConnectingTests {
  @Test(
    "a person is sent for consent with a state and a challenge, and the code that comes back is exchanged for both tokens"
  )
  func connect() async throws {
    try await CredentialPlace.with { place in
      for (number, authentication) in ["basic", "post"].enumerated() {
        try await place.configure(["clientAuthentication": "\"\(authentication)\""])
        let (query, code) = try await place.consent()
        #expect(query["response_type"] == "code" && query["client_id"] == place.oauth.clientID)
        #expect(query["code_challenge_method"] == "S256" && query["scope"] == "files.read offline")
        #expect(query["access_type"] == "offline" && query["prompt"] == "consent é")
        let state = try #require(query["state"])
        #expect(state.utf8.count == 43 && query["code_challenge"]?.utf8.count == 43)
        let answer = try await place.ask("POST", "/exchange", #"{"code":"\#(code)","state":"\#(state)"}"#)
        #expect(answer.status == 200, "\(answer.body)")
        let status = try answer.json()
        #expect(status["state"]?.string == "connected" && status["connectedBy"]?.string == place.tenant.userID)
        #expect(status["refreshedAt"] == .null && status["accessTokenExpiresAt"]?.string != nil)
        let form = try #require(place.oauth.forms.last)
        #expect(form["grant_type"] == "authorization_code" && form["code_verifier"]?.utf8.count == 43)

        // What came with the refresh token is handed out, without asking the provider again.
        let token = try await place.accessToken()
        #expect(token.status == 200)
        #expect(try token.json()["accessToken"]?.string == place.oauth.accessTokens.last)
        #expect(try token.json()["tokenType"]?.string == "Bearer")
        #expect(place.oauth.forms.count == number + 1)
        let rows = try await place.served.text(
          "SELECT count(*) FROM tollgate.credential_authorizations WHERE provider = '\(place.provider)'")
        #expect(rows == "0")
      }
      #expect(try await place.served.violations() == [])
    }
  }

  @Test("a state is good once, for ten minutes, and for the organization, provider and user that it was made for")
  func states() async throws {
    try await CredentialPlace.with { place in
      func exchange(_ code: String, _ state: String, token: String? = nil) async throws -> String? {
        let answer = try await place.ask("POST", "/exchange", #"{"code":"\#(code)","state":"\#(state)"}"#, token: token)
        return answer.status == 200 ? "connected" : try answer.code
      }
      let (query, code) = try await place.consent()
      let state = try #require(query["state"])
      // Of another organization, and of another user of the same one.
      let other = try await place.served.makeTenant()
      #expect(try await exchange(code, state, token: other.token) == "unknown_authorization")
      let colleague = try #require(
        try await place.served.text("SELECT tollgate.create_user('\(place.tenant.organizationID)')"))
      let colleagueToken = try place.served.server.tokens.user(colleague)
      #expect(try await exchange(code, state, token: colleagueToken) == "unknown_authorization")
      // Of another provider.
      try await CredentialPlace.with { elsewhere in
        let answer = try await elsewhere.ask(
          "POST", "/exchange", #"{"code":"\#(code)","state":"\#(state)"}"#, token: place.tenant.token)
        #expect(try answer.code == "unknown_authorization")
      }
      // Never made, and nearly the right one.
      for state in ["x", String(state.dropLast()), state + "A", String(state.reversed())] {
        #expect(try await exchange(code, state) == "unknown_authorization")
      }
      #expect(place.oauth.forms.isEmpty)
      #expect(try await exchange(code, state) == "connected")
      #expect(try await exchange(code, state) == "unknown_authorization")

      let (late, lateCode) = try await place.consent()
      try await place.served.script(
        """
        UPDATE tollgate.credential_authorizations SET ends_at = now() WHERE provider = '\(place.provider)';
        """)
      #expect(try await exchange(lateCode, try #require(late["state"])) == "unknown_authorization")
      #expect(place.oauth.forms.count == 1)
    }
  }

  @Test("of a hundred people under way at once all may come back; the state of the one before them is gone")
  func manyUnderWay() async throws {
    try await CredentialPlace.with { place in
      let oldest = try await place.consent()
      for _ in 1...100 { _ = try await place.ask("POST", "/authorize") }
      let rows = try await place.served.text(
        "SELECT count(*) FROM tollgate.credential_authorizations WHERE provider = '\(place.provider)'")
      #expect(rows == "100")
      let state = try #require(oldest.query["state"])
      let answer = try await place.ask("POST", "/exchange", #"{"code":"\#(oldest.code)","state":"\#(state)"}"#)
      #expect(try answer.code == "unknown_authorization")
    }
  }

  @Test(
    "a code that the provider refuses, an answer without a refresh token and a provider in disorder connect nothing")
  func refused() async throws {
    try await CredentialPlace.with { place in
      let cases: [(OAuthServer.Behaviour, String)] = [
        (.answer(OAuthServer.json(400, #"{"error":"invalid_grant"}"#)), "authorization_refused"),
        (.changing(["refresh_token": nil]), "no_refresh_token"),
        (.answer(Response(status: 500)), "provider_unavailable"),
        (.answer(OAuthServer.json(401, #"{"error":"invalid_client"}"#)), "provider_misconfigured"),
      ]
      for (behaviour, expected) in cases {
        let (query, code) = try await place.consent()
        place.oauth.behave(behaviour)
        let state = try #require(query["state"])
        let answer = try await place.ask("POST", "/exchange", #"{"code":"\#(code)","state":"\#(state)"}"#)
        #expect(try answer.code == expected)
        #expect(!answer.body.contains("invalid_"))
        #expect(try await place.ask("GET").status == 404)
      }
    }
  }

  @Test("a refresh token from elsewhere is kept with its metadata, shown without it, and revoked when it is deleted")
  func elsewhere() async throws {
    try await CredentialPlace.with { place in
      #expect(try await place.ask("GET").status == 404)
      #expect(try await place.accessToken().status == 404)
      #expect(try await place.ask("DELETE").status == 404)
      let token = try await place.connect()
      let status = try await place.ask("GET").json()
      #expect(status["state"]?.string == "connected" && status["accessTokenExpiresAt"] == .null)
      #expect(status["metadata"]?["account"]?.string == "a@example.com")
      #expect(try await place.accessToken().status == 200)
      #expect(place.oauth.forms.map { $0["refresh_token"] } == [token])
      #expect(try await place.ask("GET").json()["refreshedAt"]?.string != nil)
      let gone = try await place.ask("DELETE")
      #expect(gone.status == 200)
      #expect(try gone.json()["revoked"] == .boolean(true))
      // What there was last, not what was put in.
      #expect(place.oauth.revoked == [place.oauth.refreshTokens.last])
      #expect(try await place.accessToken().status == 404)

      try await place.configure(["revocationUrl": nil])
      try await place.connect()
      #expect(try await place.ask("DELETE").json()["revoked"] == .null)
      #expect(place.oauth.revoked.count == 1)
    }
  }

  @Test("keys with the scope spend use what is connected, and connect, replace and delete nothing")
  func keys() async throws {
    try await CredentialPlace.with { place in
      try await place.connect()
      let server = place.served.server
      let worker = try await server.makeKey(of: place.tenant.organizationID, ["spend"]).text
      let reader = try await server.makeKey(of: place.tenant.organizationID, ["read"]).text
      let manager = try await server.makeKey(of: place.tenant.organizationID, ["admin"]).text
      #expect(try await place.accessToken(token: worker).status == 200)
      #expect(try await place.accessToken(token: reader).status == 403)
      #expect(try await place.ask("GET", token: reader).status == 200)
      for key in [worker, reader] {
        #expect(try await place.ask("POST", "/authorize", token: key).status == 403)
        #expect(try await place.ask("PUT", "", #"{"refreshToken":"a"}"#, token: key).status == 403)
        #expect(try await place.ask("DELETE", token: key).status == 403)
      }
      let (query, code) = try await place.consent(token: manager)
      let state = try #require(query["state"])
      let answer = try await place.ask("POST", "/exchange", #"{"code":"\#(code)","state":"\#(state)"}"#, token: manager)
      #expect(answer.status == 200)
      #expect(try answer.json()["connectedBy"] == .null)
    }
  }

  @Test("without keys for a vault there is none: 501, and providers can still be listed")
  func noVault() async throws {
    try await CredentialPlace.with { place in
      try await place.withServer(keys: nil) { server in
        let answer = try await place.accessToken(on: server)
        #expect(answer.status == 501)
        #expect(try answer.code == "not_implemented")
        let list = try await server.call("GET", "/api/v1/admin/providers", token: server.tokens.service())
        #expect(list.status == 200)
      }
    }
  }

  @Test("an Idempotency-Key is refused where the answer has a secret in it")
  func idempotency() async throws {
    try await CredentialPlace.with { place in
      for suffix in ["/authorize", "/access-token", "/exchange"] {
        let answer = try await place.served.server.call(
          "POST", place.path + suffix, token: place.tenant.token, headers: [("Idempotency-Key", "a")],
          body: suffix == "/exchange" ? #"{"code":"a","state":"b"}"# : nil)
        #expect(answer.status == 400)
      }
    }
  }
}
