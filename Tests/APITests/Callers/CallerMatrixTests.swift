import API
import Cluster
import JSON
import Testbed
import Testing

/// Each operation of openapi.json, asked by each kind of caller.
@Suite("Who may ask what")
struct CallerMatrixTests {
  private static let issuer = "https://issuer.example"
  private static let audience = "tollgate"

  private static func operations() throws -> [DescribedOperation] {
    try Description.embedded.get().operations.map { try DescribedOperation($0, $1) }.sorted { $0.name < $1.name }
  }

  /// How many tests share the operations, each with a tenant of its own: one after the other they would take as long as
  /// all other tests together.
  private static let partCount = 8

  @Test(
    "every operation answers every kind of caller as it should, and whoever is refused has changed nothing",
    arguments: 0..<partCount)
  func everybody(part: Int) async throws {
    let tokens = try TestTokens(issuer: Self.issuer, audience: Self.audience)
    // Whatever changes in a database of one's own has been changed here.
    try await CredentialPlace.withDatabase(plan: "enterprise") { place in
      let served = place.served
      try await served.withServer(tokens) { server in
        let tenant = place.tenant
        let other = try await served.makeTenant()
        let viewer = try #require(try await served.text("SELECT tollgate.create_user('\(tenant.organizationID)')"))
        try await served.script("SELECT tollgate.set_user_role('\(tenant.organizationID)', '\(viewer)', 'viewer')")
        // Each cell that succeeds costs some tokens.
        try await served.script("SELECT tollgate.top_up('\(tenant.organizationID)', 'general', 100000, 'enough')")
        let kinds =
          try CallerKind.all(
            tokens, issuer: Self.issuer, audience: Self.audience, tenant: tenant, viewer: viewer, other: other)
          + (await CallerKind.keys(served, tenant: tenant, other: other))
          + CallerKind.sessions(
            tokens, issuer: Self.issuer, audience: Self.audience, tenant: tenant, viewer: viewer, other: other,
            key: await served.server.makeKey(of: tenant.organizationID, ["admin"]).text)
        #expect(Set(kinds.map(\.name)).count == kinds.count)
        let operations = try Self.operations().enumerated().filter { $0.offset % Self.partCount == part }.map(\.element)
        var belongings = try await Belongings(at: place)
        let session = try CallerKind.token(
          tokens, #""sub":"\#(tenant.userID)","role":"authenticated""#, issuer: Self.issuer, audience: Self.audience)
        let contents = try await Contents(of: served)
        var cells = 0
        for operation in operations {
          let before = try await contents.digests()
          var refusals: [String: Set<String>] = [:]
          let expectations = kinds.map { ($0, operation.expected(for: $0)) }
          let refused = expectations.filter { $0.1 >= 400 }
          // Whoever is refused comes first, so that nobody else's change hides what they leave behind.
          for (number, (kind, expected)) in (refused + expectations.filter { $0.1 < 400 }).enumerated() {
            if number == refused.count {
              let left = try await contents.changes(since: before)
              #expect(left == [], "\(operation.name), by who is refused")
            }
            cells += 1
            // A key is told again to who sent it.
            let unique = expected < 400 ? "cell-\(cells)" : "refused"
            let asked = try #require(
              belongings.example(of: operation.id, isNaming: true, unique: unique, session: session),
              "\(operation.name) has no example")
            let fields = kind.fields.filter { field in !asked.fields.contains { $0.0 == field.0 } }
            var headers = [("X-Request-Id", "the-same")] + fields + asked.fields
            if asked.isSigned {
              headers.append(("Stripe-Signature", try await TestStripe.signature(of: asked.body ?? "")))
            }
            let answer = try await server.call(asked.method, asked.target, headers: headers, body: asked.body)
            #expect(answer.status == expected, "\(operation.name) asked by \(kind.name): \(answer.body)")
            if answer.status >= 400 {
              // A viewer is one of the tenant's own, and may know of what it sent that it was refused.
              let whom = kind.standing.isOfViewer ? "a viewer" : "others"
              refusals["\(answer.status) to \(whom)", default: []].insert(answer.body)
              #expect((answer["WWW-Authenticate"] == "Bearer") == (answer.status == 401))
            } else if operation.changes {
              belongings = try await Belongings(at: place)
            }
          }
          // What is refused tells nothing about why, nor about whom it was asked.
          for (refusal, bodies) in refusals { #expect(bodies.count == 1, "\(operation.name) \(refusal): \(bodies)") }
          if !operation.changes {
            let left = try await contents.changes(since: before).filter { !Contents.rolledUp.contains($0) }
            #expect(left == [], "\(operation.name), by who may look")
          }
        }
        #expect(cells == operations.count * kinds.count)
        let unowned = try await served.text(
          """
          SELECT string_agg(DISTINCT change, ' ') FROM tollgate.audit_log
          WHERE organization_id = '\(tenant.organizationID)' AND database_role = 'tollgate_server'
            AND actor_kind = 'database'
          """)
        #expect(unowned == nil, "what somebody asked for is recorded as the server's own doing")
        #expect(kinds.count > 100)
        print("part \(part): \(cells) cells, \(operations.count) operations × \(kinds.count) kinds of callers")
        #expect(try await served.violations() == [])
      }
    }
  }

  @Test("what a user asks for without naming an organization is its own, whatever id it has of another's")
  func strangersWithoutNames() async throws {
    try await CredentialPlace.withDatabase(plan: "enterprise") { place in
      let (served, tenant) = (place.served, place.tenant)
      let other = try await served.makeTenant(plan: "enterprise")
      let belongings = try await Belongings(at: place)
      let contents = try await Contents(of: served, about: tenant)
      let before = try await contents.digests()
      for operation in try Self.operations() where !["admin", nil].contains(operation.requirement) {
        // These two have to name it.
        if ["checkBalance", "statistics"].contains(operation.id) { continue }
        let asked = try #require(belongings.example(of: operation.id, isNaming: false, unique: operation.id))
        let answer = try await served.server.call(
          asked.method, asked.target, token: other.token, body: asked.body)
        let isAboutItsIDs =
          asked.target.contains(belongings.reservationID) || asked.target.contains(belongings.chargeID)
          || asked.target.contains(belongings.leaseID) || asked.body?.contains(belongings.chargeID) == true
          || ["accessToken", "credential", "disconnectCredential"].contains(operation.id)
          // Another's id in the path of a PUT makes an attribute of one's own.
          || ["deleteAttribute", "recordAttributeUse", "activateAttributes"].contains(operation.id)
        if operation.id == "exchangeCredential" {
          #expect(try answer.code == "unknown_authorization")
          continue
        }
        #expect(answer.status == (isAboutItsIDs ? 404 : operation.success), "\(operation.name): \(answer.body)")
        #expect(
          !answer.body.contains(tenant.organizationID) && !answer.body.contains(tenant.userID), "\(operation.name)")
      }
      let left = try await contents.changes(since: before)
      #expect(left == [])
    }
  }
}

extension ServedDatabase {
  /// A second server at the database, for tokens of its own.
  fileprivate func withServer(_ tokens: TestTokens, _ body: (TestServer) async throws -> Void) async throws {
    let settings = try database.serverSettings()
    let server = try await onOwnThread { try TestServer(settings, tokens: tokens) }
    do { try await body(server) } catch {
      try await onOwnThread { server.stop() }
      throw error
    }
    try await onOwnThread { server.stop() }
  }
}
