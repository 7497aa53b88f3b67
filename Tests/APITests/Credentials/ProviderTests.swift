import JSON
import Testbed
import Testing

@Suite("admin/providers")
struct ProviderTests {
  @Test("a provider is shown as it was made, without its secret, which is kept by who does not know it")
  func life() async throws {
    try await CredentialPlace.with { place in
      let made = try await place.configure()
      let shown = try made.json()
      #expect(shown["provider"]?.string == place.provider && shown["clientId"]?.string == place.oauth.clientID)
      #expect(shown["scopes"]?.array == [.string("files.read"), .string("offline")])
      #expect(shown["authorizationParameters"]?["prompt"]?.string == "consent é")
      #expect(!shown.names.contains { $0.lowercased().contains("secret") })
      let list = try await place.served.server.call(
        "GET", "/api/v1/admin/providers", token: place.served.server.tokens.service())
      #expect(try list.json()["data"]?.array?.contains(shown) == true)
      // Everything but where the secret is sent, and whose it is, can be changed without it.
      let changed = try await place.configure(["clientSecret": nil, "scopes": "[]", "clientAuthentication": #""post""#])
      #expect(try changed.json()["scopes"]?.array == [])
      try await place.connect()
      #expect(try await place.accessToken().status == 200)
      for (member, value) in [
        ("tokenUrl", "https://evil.example/token"), ("revocationUrl", "https://evil.example/"), ("clientId", "other"),
      ] {
        let refused = try await place.configure(["clientSecret": nil, member: "\"\(value)\""], status: 400)
        #expect(refused.body.contains("clientSecret is needed"))
      }
    }
  }

  @Test("what the protocol says of itself is not for a provider's authorizationUrl to say, however it is written")
  func ownNames() async throws {
    try await CredentialPlace.with { place in
      let url = place.oauth.url("/authorize")
      for query in ["state=a", "tenant=a&redirect_uri=b", "client%5Fid=a", "code_challenge", "response_type="] {
        let refused = try await place.configure(["authorizationUrl": "\"\(url)?\(query)\""], status: 400)
        #expect(refused.body.contains("authorizationUrl"))
      }
      try await place.configure(["authorizationUrl": "\"\(url)?tenant=a&statement=b\""])
    }
  }

  @Test("a provider is forgotten once nobody is connected to it, with those who are under way")
  func removal() async throws {
    try await CredentialPlace.with { place in
      try await place.connect()
      _ = try await place.consent()
      func remove() async throws -> Int {
        try await place.served.server.call(
          "DELETE", "/api/v1/admin/providers/\(place.provider)", token: place.served.server.tokens.service()
        ).status
      }
      #expect(try await remove() == 409)
      #expect(try await place.ask("DELETE").status == 200)
      #expect(try await remove() == 200)
      #expect(try await remove() == 404)
      #expect(try await place.ask("POST", "/authorize").status == 404)
      #expect(try await place.ask("PUT", "", #"{"refreshToken":"a"}"#).status == 404)
      try await place.configure(["clientSecret": nil], status: 400)
    }
  }
}
