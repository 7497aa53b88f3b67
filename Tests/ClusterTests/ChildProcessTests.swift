import Glibc
import Locking
import Testing

@testable import Cluster

@Suite("A started program")
struct ChildProcessTests {
  /// Opens and closes pipes without close-on-exec, as Foundation's Process makes those that it reads from.
  private final class Opener: Sendable {
    private let isOver = Mutex(false)

    func end() { isOver.withLock { $0 = true } }

    func work() throws {
      while !isOver.withLock({ $0 }) {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        ends.forEach { close($0) }
      }
    }
  }

  @Test("has no descriptor of whoever started it, not even one that another thread opens meanwhile")
  func descriptors() async throws {
    let opener = Opener()
    async let opened: Void = onOwnThread { try opener.work() }
    try await onOwnThread {
      defer { opener.end() }
      for _ in 0..<200 {
        let listing = "for n in 3 4 5 6 7 8 9; do [ ! -e /proc/$$/fd/$n ] || echo $n; done"
        let outcome = try ChildProcess.run(["/bin/sh", "-c", listing])
        #expect(outcome.output.isEmpty)
      }
    }
    try await opened
  }
}
