import Foundation
import Glibc

/// A program that is told something again and again, and whose answer ends with a line of ours: a shell, or psql.
///
/// One pair of sockets is its input and its output. It blocks, so it is used on threads of its own only.
final class Conversation {
  struct Failure: Error, CustomStringConvertible { let description: String }

  private static let longestWaitSeconds = 60

  private let processID: pid_t
  private let socket: Int32
  private var unread: [UInt8] = []
  private var hasEnded = false

  /// Starts it in a folder, as the first of a group of processes that ends with it, with this environment and no other.
  init(_ words: [String], in folder: String, environment: [String: String]) throws {
    var ends: [Int32] = [-1, -1]
    // Other tests start programs, too: these do not inherit it.
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw Failure(description: "no sockets: \(errno)") }
    defer { close(ends[1]) }
    var wait = timeval(tv_sec: Self.longestWaitSeconds, tv_usec: 0)
    setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
    socket = ends[0]
    // There is no portable way to name the folder.
    let command = ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", folder] + words
    do {
      processID = try Self.spawn(command, environment.map { "\($0.key)=\($0.value)" }, end: ends[1])
    } catch {
      close(ends[0])
      throw error
    }
  }

  deinit {
    end(by: SIGKILL)
    close(socket)
  }

  private static func spawn(_ words: [String], _ variables: [String], end: Int32) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for descriptor in Int32(0)...2 { posix_spawn_file_actions_adddup2(&actions, end, descriptor) }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setpgroup(&attributes, 0)
    let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
    posix_spawnattr_setflags(&attributes, Int16(flags))

    var arguments = words.map { strdup($0) } + [nil]
    var environment = variables.map { strdup($0) } + [nil]
    defer { for pointer in arguments + environment { free(pointer) } }
    var processID: pid_t = 0
    let code = posix_spawn(&processID, words[0], &actions, &attributes, &arguments, &environment)
    guard code == 0 else { throw Failure(description: "cannot start \(words[0]): \(code)") }
    return processID
  }

  func tell(_ text: String) throws {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { throw Failure(description: "it takes nothing more: \(errno)") }
      rest = rest.dropFirst(count)
    }
  }

  /// The next line that it prints, without white space at its end.
  func nextLine() throws -> String {
    while true {
      if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: unread[..<end], as: UTF8.self)
        unread.removeSubrange(...end)
        return String(line.reversed().drop(while: \.isWhitespace).reversed())
      }
      var buffer = [UInt8](repeating: 0, count: 65_536)
      let count = read(socket, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else {
        let said = String(decoding: unread, as: UTF8.self)
        throw Failure(description: count == 0 ? "it ended: \(said)" : "it has not answered in time: \(said)")
      }
      unread += buffer[..<count]
    }
  }

  /// The lines up to one that begins with a word, without blank ones at the end, and the rest of that one.
  func lines(until word: String) throws -> (output: String, rest: String) {
    var lines: [String] = []
    while true {
      let line = try nextLine()
      if line.hasPrefix(word) {
        while lines.last?.isEmpty == true { lines.removeLast() }
        return (lines.joined(separator: "\n"), String(line.dropFirst(word.count + 1)))
      }
      lines.append(line)
    }
  }

  /// Sends it a signal, waits for its end, and ends what it has started.
  func end(by signal: Int32) {
    guard !hasEnded else { return }
    hasEnded = true
    kill(processID, signal)
    var status: Int32 = 0
    while waitpid(processID, &status, 0) < 0 && errno == EINTR {}
    kill(-processID, SIGKILL)
  }
}
