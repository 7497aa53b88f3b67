import Accounts
import Cluster
import Foundation
import Log
import Postgres
import Testbed
import Testing

@testable import tollgate

@Suite("what a running server does for the database")
struct MaintenanceTests {
  private static let deadlineSeconds = 20.0

  @Test("when it starts it makes partitions and sweeps until nothing is due, and says how much")
  func sweeps() async throws {
    try await TestDatabase.withMigrated { database in
      let partition = try #require(
        try database.text(
          "SELECT max(relid::regclass::text) FROM pg_partition_tree('tollgate.idempotency_keys') WHERE isleaf"))
      try database.script(
        """
        INSERT INTO public.organizations (name, plan) SELECT 'Organization ' || n, 'pro' FROM generate_series(1, 120) AS n;
        SELECT tollgate.grant_missing_balances(array_agg(id)) FROM public.organizations;
        UPDATE public.ai_tokens SET refresh_date = now() - interval '1 day';
        DROP TABLE \(partition);
        """)
      let lines = RecordedLines()
      let hasWritten = DispatchSemaphore(value: 0)
      let log = Logger(level: .info, format: .text) { line in
        lines.append(line)
        hasWritten.signal()
      }
      let accounts = Accounts(settings: try database.serverSettings())
      let maintenance = Maintenance(accounts: accounts, log: log, jitter: 0)
      maintenance.start()
      for _ in 1...2 { #expect(hasWritten.wait(timeout: .now() + Self.deadlineSeconds) == .success) }
      maintenance.stop()
      accounts.shutDown()
      #expect(lines.containing("made partitions count=1").count == 1)
      #expect(lines.containing("swept balances count=600").count == 1)
      #expect(try database.text("SELECT count(*) FROM tollgate.due_resets") == "0")
      #expect(try database.violations() == [])
    }
  }

  @Test("a sweep that is refused is an error in the log, with its cause")
  func failure() async throws {
    try await TestDatabase.with { database in
      let lines = RecordedLines()
      let hasFailed = DispatchSemaphore(value: 0)
      let log = Logger(level: .error, format: .text) { line in
        lines.append(line)
        if line.contains("not swept balances") { hasFailed.signal() }
      }
      let accounts = Accounts(settings: database.settings)
      let maintenance = Maintenance(accounts: accounts, log: log, jitter: 0)
      maintenance.start()
      #expect(hasFailed.wait(timeout: .now() + Self.deadlineSeconds) == .success)
      maintenance.stop()
      accounts.shutDown()
      #expect(lines.containing("not swept balances").allSatisfy { $0.contains("cause=") })
    }
  }
}
