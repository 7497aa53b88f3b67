import Cluster
import Foundation
import Glibc
import Locking

/// The built executable, or another program, running: its output line by line, and how it ends.
final class Program: Sendable {
  struct Outcome: Sendable {
    /// The exit code, or the signal that ended it, negative.
    var status: Int32
    /// Whether the kernel has handed out what was in its memory.
    var hasDumped: Bool
    var output: String
    var complaints: String
  }

  struct Failure: Error, CustomStringConvertible { let description: String }

  /// Nil once it has ended and was waited for, after which its number may be another's.
  private let processID: Mutex<pid_t?>
  private let output: LineReader
  private let complaints: LineReader

  static let tollgate = built("tollgate")

  /// Beside the test bundle, in the folder of build products.
  static func built(_ product: String) -> String {
    URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().appending(path: product)
      .path()
  }

  /// Starts it with nothing in its environment but what is given.
  convenience init(_ arguments: [String], environment: [String: String] = [:]) throws {
    try self.init(executable: Self.tollgate, arguments, environment: environment)
  }

  /// The same for the program at a path.
  init(executable: String, _ arguments: [String], environment: [String: String] = [:]) throws {
    output = try LineReader()
    complaints = try LineReader()
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let variables = environment.merging(["PATH": path]) { given, _ in given }
    processID = Mutex(
      try Self.spawn(
        [executable] + arguments, variables.map { "\($0.key)=\($0.value)" }, output: output.writingEnd,
        complaints: complaints.writingEnd))
    output.start()
    complaints.start()
  }

  /// A test that failed half-way leaves no server behind.
  deinit {
    send(SIGKILL)
    _ = wait()
  }

  private static func spawn(_ words: [String], _ variables: [String], output: Int32, complaints: Int32) throws
    -> pid_t
  {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, complaints, 2)
    // A child inherits masks and what is ignored, and threads of a test runner block most signals.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    var argumentPointers = words.map { strdup($0) } + [nil]
    var environmentPointers = variables.map { strdup($0) } + [nil]
    defer { for pointer in argumentPointers + environmentPointers { free(pointer) } }
    var processID: pid_t = 0
    let code = posix_spawn(&processID, words[0], &actions, &attributes, &argumentPointers, &environmentPointers)
    guard code == 0 else { throw Failure(description: "cannot start \(words[0]): \(code)") }
    return processID
  }

  /// Runs it to its end.
  static func run(_ arguments: [String], environment: [String: String] = [:]) async throws -> Outcome {
    try await onOwnThread { try Program(arguments, environment: environment).waitUntilEnd() }
  }

  func send(_ signal: Int32) {
    processID.withLock { processID in
      if let processID { kill(processID, signal) }
    }
  }

  /// Ends it by a signal, and waits for that. Blocks.
  func end(by signal: Int32) -> Outcome {
    send(signal)
    return waitUntilEnd()
  }

  /// Sets how many files it may have open, from outside. Blocks.
  func limitOpenFiles(_ count: Int) throws {
    guard let processID = processID.withLock({ $0 }) else { throw Failure(description: "it has ended") }
    let words = ["--pid", "\(processID)", "--nofile=\(count):1024"]
    let outcome = try Program(executable: "/usr/bin/prlimit", words).waitUntilEnd()
    guard outcome.status == 0 else { throw Failure(description: outcome.complaints) }
  }

  /// How large a core file of it may be, as /proc has it.
  func coreLimit() throws -> String {
    guard let processID = processID.withLock({ $0 }) else { throw Failure(description: "it has ended") }
    let text = try String(contentsOfFile: "/proc/\(processID)/limits", encoding: .utf8)
    let line = text.split(separator: "\n").first { $0.hasPrefix("Max core file size") }
    guard let words = line?.split(separator: " "), words.count > 4 else {
      throw Failure(description: "cannot read \(text)")
    }
    return String(words[4])
  }

  /// The processor time that it has used, in hundredths of a second.
  func usedTicks() throws -> Int { try Self.usedTicks(in: "/proc/\(try liveProcessID())/stat") }

  /// The same of its threads that have the program's name: the first one, and the event loop's. Others have their own.
  func usedTicksOfEventLoop() throws -> Int {
    let folder = "/proc/\(try liveProcessID())/task"
    let threads = try FileManager.default.contentsOfDirectory(atPath: folder).filter { thread in
      try String(contentsOfFile: "\(folder)/\(thread)/comm", encoding: .utf8) == "tollgate\n"
    }
    guard threads.count >= 2 else { throw Failure(description: "\(threads.count) threads have the program's name") }
    return try threads.reduce(0) { try $0 + Self.usedTicks(in: "\(folder)/\($1)/stat") }
  }

  private func liveProcessID() throws -> pid_t {
    guard let processID = processID.withLock({ $0 }) else { throw Failure(description: "it has ended") }
    return processID
  }

  private static func usedTicks(in path: String) throws -> Int {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    // What follows the name in parentheses: utime and stime are the 12th and 13th.
    let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
    guard fields.count > 12, let user = Int(fields[11]), let system = Int(fields[12]) else {
      throw Failure(description: "cannot read \(text)")
    }
    return user + system
  }

  /// Whether it has not ended. One that has is waited for.
  var isRunning: Bool {
    processID.withLock { processID in
      guard let watched = processID else { return false }
      var status: Int32 = 0
      guard waitpid(watched, &status, WNOHANG) == watched else { return true }
      processID = nil
      return false
    }
  }

  /// Blocks until a line of standard output comes.
  func nextLine() throws -> String { try next(output) { _ in true } }

  /// Blocks until standard error says this.
  func waitForComplaint(containing text: String) throws -> String { try next(complaints) { $0.contains(text) } }

  private func next(_ reader: LineReader, where matches: (String) -> Bool) throws -> String {
    while let line = reader.nextLine() { if matches(line) { return line } }
    throw Failure(description: "it ended first: \(complaints.linesSoFar.suffix(5))")
  }

  /// Blocks until both outputs are closed and the process is gone. Lines taken before are in the outcome too.
  func waitUntilEnd() -> Outcome {
    let texts = (output.waitForEnd(), complaints.waitForEnd())
    let (status, hasDumped) = wait()
    return Outcome(status: status, hasDumped: hasDumped, output: texts.0, complaints: texts.1)
  }

  private func wait() -> (status: Int32, hasDumped: Bool) {
    processID.withLock { processID in
      guard let waitedFor = processID.take() else { return (0, false) }
      var status: Int32 = 0
      while waitpid(waitedFor, &status, 0) < 0 && errno == EINTR {}
      // WIFSIGNALED, WEXITSTATUS and WCOREDUMP are macros.
      return (status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F), status & 0x80 != 0)
    }
  }
}
