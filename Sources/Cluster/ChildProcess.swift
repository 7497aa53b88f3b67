import CSpawn
import Glibc

/// Starts programs by `posix_spawn`, each with nothing of this process but what is named here: no descriptors, no
/// environment (PG* variables would change what PostgreSQL's programs do), no signal settings, no working directory.
enum ChildProcess {
  /// Which signals of the terminal or of a group reach the new process.
  enum Placement {
    /// A session of its own: Ctrl-C and a closed terminal do not reach it.
    case ownSession
    /// The leader of a new group in this session.
    case newGroup
    /// A member of the group led by that process.
    case group(pid_t)
  }

  /// What a program that ran to its end left behind.
  struct Outcome {
    let succeeded: Bool
    /// Standard output and standard error together, as UTF-8.
    let output: String
    /// The last line with text in it, for error messages.
    var lastLine: String { ChildProcess.lastLine(of: output) }
  }

  /// Starts a program and returns its process id. It is a child: somebody has to collect it. `output` takes its
  /// standard output and standard error.
  static func start(
    _ words: [String], placement: Placement, standardInput: Int32? = nil, output: Int32? = nil
  ) throws(ClusterError) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    connect(&actions, standardInput, to: [STDIN_FILENO])
    connect(&actions, output, to: [STDOUT_FILENO, STDERR_FILENO])
    // What was opened without close-on-exec, as by a test runner, would stay open for as long as the server runs.
    child_close_from(&actions, STDERR_FILENO + 1)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var flags = Int32(POSIX_SPAWN_SETSIGDEF) | Int32(POSIX_SPAWN_SETSIGMASK)
    switch placement {
    case .ownSession: flags |= Int32(child_own_session)
    case .newGroup:
      flags |= Int32(POSIX_SPAWN_SETPGROUP)
      posix_spawnattr_setpgroup(&attributes, 0)
    case .group(let leader):
      flags |= Int32(POSIX_SPAWN_SETPGROUP)
      posix_spawnattr_setpgroup(&attributes, leader)
    }
    var signals = sigset_t()
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(flags))

    var processID: pid_t = 0
    // The shell replaces itself. PostgreSQL's programs refuse to run in a folder that their user cannot enter.
    let command = ["/bin/sh", "-c", "cd / && exec \"$@\"", "sh"] + words
    let result = withCStrings(command) { arguments in
      withCStrings(["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"]) { environment in
        posix_spawn(&processID, command[0], &actions, &attributes, arguments, environment)
      }
    }
    guard result == 0 else {
      throw ClusterError("Could not run \(words[0]) (\(String(cString: strerror(result)))): end some programs.")
    }
    return processID
  }

  /// Runs a program to its end, with its input empty.
  static func run(_ words: [String], placement: Placement = .ownSession) throws(ClusterError) -> Outcome {
    let ends = try Channel.make()
    defer { close(ends.ours) }
    let processID: pid_t
    do {
      defer { close(ends.theirs) }
      processID = try start(words, placement: placement, output: ends.theirs)
    }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(ends.ours, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { break }
      bytes += buffer[0..<count]
    }
    var status: Int32 = 0
    while waitpid(processID, &status, 0) < 0 && errno == EINTR {}
    return Outcome(succeeded: status == 0, output: String(decoding: bytes, as: UTF8.self))
  }

  /// The last line with text in it.
  static func lastLine(of text: String) -> String {
    text.split(separator: "\n").last { !$0.allSatisfy(\.isWhitespace) }.map(String.init) ?? "it said nothing"
  }

  private static func connect(_ actions: inout posix_spawn_file_actions_t, _ source: Int32?, to targets: [Int32]) {
    for target in targets {
      if let source {
        posix_spawn_file_actions_adddup2(&actions, source, target)
      } else {
        posix_spawn_file_actions_addopen(&actions, target, "/dev/null", O_RDWR, 0)
      }
    }
  }

  private static func withCStrings<Result>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
  ) -> Result {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return body(copies + [nil])
  }
}
