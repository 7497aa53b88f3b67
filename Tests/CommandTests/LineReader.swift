import Foundation
import Glibc
import Locking

/// Reads what a child writes to its end on a thread of its own, so that the writer never waits.
final class LineReader: Sendable {
  private struct State {
    var text: [UInt8] = []
    var lines: [String] = []
    var taken = 0
  }

  /// For the child, which gets a copy.
  let writingEnd: Int32
  private let readingEnd: Int32
  private let state = Mutex(State())
  /// One signal a line, and one at the end.
  private let news = DispatchSemaphore(value: 0)
  private let end = DispatchGroup()

  init() throws {
    var ends: [Int32] = [-1, -1]
    // Other tests start programs too: an end that they inherited would keep it from ending.
    // The C library's header shows pipe2 to GNU programs only; a pair of sockets is closed at exec from the beginning, too.
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw Program.Failure(description: "no sockets: \(errno)") }
    (readingEnd, writingEnd) = (ends[0], ends[1])
  }

  func start() {
    close(writingEnd)
    end.enter()
    Thread.detachNewThread { [self] in
      var unfinished: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 65_536)
      while true {
        let count = read(readingEnd, &buffer, buffer.count)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { break }
        take(buffer[..<count], after: &unfinished)
      }
      close(readingEnd)
      news.signal()
      end.leave()
    }
  }

  private func take(_ bytes: ArraySlice<UInt8>, after unfinished: inout [UInt8]) {
    unfinished += bytes
    let pieces = unfinished.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    unfinished = Array(pieces.last ?? [])
    let lines = pieces.dropLast().map { String(decoding: $0, as: UTF8.self) }
    state.withLock { state in
      state.text += bytes
      state.lines += lines
    }
    for _ in lines { news.signal() }
  }

  /// The next whole line; nil at the end. Blocks.
  func nextLine() -> String? {
    news.wait()
    return state.withLock { state in
      guard state.taken < state.lines.count else { return nil }
      state.taken += 1
      return state.lines[state.taken - 1]
    }
  }

  var linesSoFar: [String] { state.withLock { $0.lines } }

  /// Everything that was written. Blocks.
  func waitForEnd() -> String {
    end.wait()
    return state.withLock { String(decoding: $0.text, as: UTF8.self) }
  }
}
