/// A piece of work for a lane, with its types erased, and the way to answer it. Answered exactly once: by `refuse`,
/// or by the closure that `perform` returns.
struct Job: Sendable {
  /// Runs the work and returns what delivers its result, to be called when the connection is in order again. The
  /// error given to it replaces a success, never a failure.
  let perform: @Sendable (inout Connection) -> (PostgresError?) -> Void
  /// Answers without running the work.
  let refuse: @Sendable (PostgresError) -> Void

  init<Value: Sendable>(
    _ work: @escaping @Sendable (inout Connection) throws -> Value,
    completion: @escaping @Sendable (Result<Value, any Error>) -> Void
  ) {
    refuse = { completion(.failure($0)) }
    perform = { connection in
      do {
        let value = try work(&connection)
        return { spoiled in completion(spoiled.map { .failure($0) } ?? .success(value)) }
      } catch {
        return { _ in completion(.failure(error)) }
      }
    }
  }
}
