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

  /// An operation as it is described.
  private struct Operation {
    let name: String
    let method: String
    let id: String
    /// `read`, `spend` or `admin`; nil: it is for everybody.
    let requirement: String?
    let success: Int

    init(_ name: String, _ described: JSONValue) throws {
      self.name = name
      method = String(name.prefix { $0 != " " })
      id = try #require(described["operationId"]?.string)
      let security = try #require(described["security"]?.array, "\(name) does not say what it asks of its caller")
      if security.isEmpty {
        requirement = nil
      } else {
        let roles = try #require(security.count == 1 ? security[0]["bearer"]?.array : nil)
        try #require(roles.count == 1)
        requirement = roles[0].string
        #expect(["read", "spend", "connect", "admin"].contains(requirement), "\(name)")
      }
      let statuses = described["responses"]?.names.compactMap(Int.init).filter { (200...299).contains($0) } ?? []
      success = try #require(statuses.count == 1 ? statuses[0] : nil)
    }
  }

  private static func operations() throws -> [Operation] {
    try Description.embedded.get().operations.map { try Operation($0, $1) }.sorted { $0.name < $1.name }
  }

  /// How many tests share the operations, each with a tenant of its own: one after the other they would take as long as
  /// all other tests together.
  private static let partCount = 8

  @Test(
    "every operation answers every kind of caller as it should, and whoever is refused has changed nothing",
    arguments: 0..<partCount)
  func everybody(part: Int) async throws {
    let served = try await ServedDatabase.shared()
    let tokens = try TestTokens(issuer: Self.issuer, audience: Self.audience)
    try await CredentialPlace.with(plan: "enterprise") { place in
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
        var before = try await served.everything(of: tenant)
        var cells = 0
        for operation in operations {
          var refusals: [String: Set<String>] = [:]
          for kind in kinds {
            cells += 1
            let isForged = kind.isOfAnotherOrigin && ["signIn", "signOut"].contains(operation.id)
            let expected =
              isForged
              ? 403
              : kind.standing.expected(
                of: operation.id, operation.method, asking: operation.requirement, success: operation.success)
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
            } else if operation.requirement.map({ $0 != "read" }) == true {
              belongings = try await Belongings(at: place)
              before = try await served.everything(of: tenant)
            }
          }
          // What is refused tells nothing about why, nor about whom it was asked.
          for (refusal, bodies) in refusals { #expect(bodies.count == 1, "\(operation.name) \(refusal): \(bodies)") }
          #expect(try await served.everything(of: tenant) == before, "\(operation.name)")
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
    try await CredentialPlace.with(plan: "enterprise") { place in
      let (served, tenant) = (place.served, place.tenant)
      let other = try await served.makeTenant(plan: "enterprise")
      let belongings = try await Belongings(at: place)
      let before = try await served.everything(of: tenant)
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
      #expect(try await served.everything(of: tenant) == before)
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

  /// What there is of a tenant, in a few letters: changes with every change.
  fileprivate func everything(of tenant: Tenant) async throws -> String {
    let tables = [
      "public.organizations", "public.user_profiles", "public.ai_tokens", "public.ai_token_usage_log",
      "tollgate.ledger_entries", "tollgate.token_packs", "tollgate.refunds", "tollgate.reservations",
      "tollgate.credentials", "tollgate.auto_top_ups", "tollgate.idempotency_keys", "tollgate.events",
      "tollgate.limit_uses", "tollgate.content_budgets", "tollgate.content_attributes", "tollgate.caches",
      "tollgate.cache_entries", "tollgate.payment_customers", "tollgate.payment_invoices",
      // Hits and fallbacks are counted a second later.
      "(SELECT organization_id, cache_name, day, calls FROM tollgate.cache_days)",
      // When a key was last used is noted for those who are refused, too.
      """
      (SELECT organization_id, key_id, digest, name, scopes, expires_at, replaced_by, grace_ends_at, revoked_at
      FROM tollgate.api_keys)
      """,
    ]
    let sums = tables.map { table in
      let column = table == "public.organizations" ? "id" : "organization_id"
      return """
        (SELECT md5(coalesce(string_agg(t::text, ' ' ORDER BY t::text), '')) FROM \(table) AS t \
        WHERE \(column) = '\(tenant.organizationID)')
        """
    }
    return try await text("SELECT concat_ws(' ', \(sums.joined(separator: ", ")))") ?? ""
  }
}
