import Foundation

/// Threads that can be waited for together, by a thread that may block.
final class TestThreads: Sendable {
  private let group = DispatchGroup()

  func startThread(_ body: @escaping @Sendable () -> Void) {
    group.enter()
    Thread.detachNewThread {
      body()
      self.group.leave()
    }
  }

  func waitForThreads() { group.wait() }
}
