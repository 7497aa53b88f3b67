import Cluster
import Testbed
import Testing

/// What openapi.json says of requests, broken in one place after the other. `HostileInputTests` has the cases that somebody
/// thought of.
@Suite("Hostile values in every place")
struct HostileValueTests {
  /// Connections at a time.
  private static let askerCount = 8

  @Test(
    "a hostile value in any member, name, query parameter or path gets an answer that is documented and no failure, and what is accepted is what is documented"
  )
  func everywhere() async throws {
    try await CredentialPlace.withDatabase(plan: "enterprise") { place in
      let (served, tenant) = (place.served, place.tenant)
      try await served.script(
        "SELECT tollgate.top_up('\(tenant.organizationID)', 'general', 1000000000000, 'enough')")
      let belongings = try await Belongings(at: place)
      let description = try Description.embedded.get()
      let requests = try HostileRequest.all(in: description)
      let right = requests.filter { $0.change.part == nil }
      let hostile = requests.filter { $0.change.part != nil }
      #expect(right.count == description.operations.keys.count { !$0.hasPrefix("DELETE ") })
      let start = ContinuousClock.now
      // First as they should be, so that what is hostile is looked at by what is behind the first check.
      let faultsOfRight = try await faults(right, askerCount: 1, description, belongings, served.server).faults
      #expect(faultsOfRight == [])
      let (faults, acceptedCount) = try await faults(
        hostile, askerCount: Self.askerCount, description, belongings, served.server)
      #expect(faults.isEmpty, "\(faults.count) faults: \(faults.prefix(60).joined(separator: "\n"))")
      let counts = HostileRequest.Part.allCases.map { part in
        "\(part) \(hostile.count { $0.change.part == part })"
      }
      print(
        """
        Hostile values: \(hostile.count) cases (\(counts.joined(separator: ", "))) for \(description.operations.count) operations, \
        \(acceptedCount) of them accepted, in \(ContinuousClock.now - start)
        """)
      #expect(hostile.count > 15_000)
      #expect(HostileRequest.Part.allCases.allSatisfy { part in hostile.contains { $0.change.part == part } })
      for path in ["/livez", "/readyz"] { #expect(try await served.server.call("GET", path).status == 200) }
      _ = try await served.charge(tenant, "generate_insight")
      #expect(served.server.log.containing(#""level":"error""#) == [])
      #expect(try await served.violations() == [])
    }
  }

  /// What is wrong with the answers, and how many requests were accepted.
  private func faults(
    _ requests: [HostileRequest], askerCount: Int, _ description: Description, _ belongings: Belongings,
    _ server: TestServer
  ) async throws -> (faults: [String], acceptedCount: Int) {
    let answers = try await onOwnThread {
      try concurrently(askerCount) { number in
        var asker = HostileAsker(description, belongings, server, number: number + askerCount)
        return try stride(from: number, to: requests.count, by: askerCount).map { index in
          let request = requests[index]
          let (faults, isAccepted) = try asker.ask(request)
          return (faults.map { "\(request.operation.name), \(request.what): \($0.prefix(600))" }, isAccepted)
        }
      }.flatMap(\.self)
    }
    return (answers.flatMap(\.0), answers.count { $0.1 })
  }
}
