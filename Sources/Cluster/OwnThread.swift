import Foundation

/// Runs blocking work on a new thread and awaits it, so that Swift's few cooperative threads stay free.
///
/// Every blocking function of this module is meant to be called this way from asynchronous code.
public func onOwnThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread { continuation.resume(with: Result(catching: work)) }
  }
}
