import Testing

@testable import Postgres

/// One after the other: one of these makes every commit in the cluster wait for a standby that never comes.
@Suite("Postgres", .serialized)
enum PostgresTests {}

extension PostgresTests {
  static func settings() throws -> ConnectionSettings {
    try ConnectionSettings(TestDatabase.connectionString(), applicationName: "postgres-tests")
  }

  /// Runs `body` with a connection of its own, on a thread of its own.
  static func withConnection<Value: Sendable>(
    _ settings: ConnectionSettings? = nil, _ body: @escaping @Sendable (inout Connection) throws -> Value
  ) async throws -> Value {
    let chosen = try settings ?? Self.settings()
    return try await onThread {
      var connection = try Connection(chosen)
      return try body(&connection)
    }
  }

  /// Runs blocking code where it may block.
  static func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      let thread = Thread(name: "test") { continuation.resume(with: Result { try body() }) }
      if let thread { thread.detach() } else { continuation.resume(throwing: PostgresError(kind: .queueFull)) }
    }
  }

  /// The error of kind `PostgresError` that `body` throws, nil when it throws none.
  static func failure(_ body: () throws -> Void) -> PostgresError? {
    do {
      try body()
      return nil
    } catch {
      return error as? PostgresError
    }
  }

  /// The same for `async` code.
  static func failure(_ body: () async throws -> Void) async -> PostgresError? {
    do {
      try await body()
      return nil
    } catch {
      return error as? PostgresError
    }
  }
}

extension Connection {
  /// The single value a statement returns, as text.
  mutating func text(_ statement: Statement, _ parameters: [Parameter] = []) throws -> String? {
    let rows = try query(statement, parameters)
    return try rows.optionalString(0, 0)
  }

  mutating func integer(_ statement: Statement, _ parameters: [Parameter] = []) throws -> Int64 {
    let rows = try query(statement, parameters)
    return try rows.integer(0, 0)
  }

  /// Runs a statement for its effect.
  mutating func run(_ statement: Statement, _ parameters: [Parameter] = []) throws {
    _ = try query(statement, parameters)
  }
}
