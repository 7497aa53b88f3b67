import Foundation
import Glibc

@testable import Cluster

/// The program ThrowAwayOwner, running: another process with a throw-away cluster.
final class Owner: Sendable {
  private let processID: pid_t
  private let input: Int32
  private let output: Int32

  struct Failure: Error { let text: String }

  init() throws {
    let products = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    let input = try Channel.make()
    let output = try Channel.make()
    defer {
      close(input.theirs)
      close(output.theirs)
    }
    processID = try ChildProcess.start(
      [products.appending(path: "ThrowAwayOwner").path()], placement: .ownSession, standardInput: input.theirs,
      output: output.theirs)
    self.input = input.ours
    self.output = output.ours
  }

  deinit {
    close(input)
    close(output)
  }

  /// Waits until the cluster accepts connections.
  func cluster() throws -> (processID: pid_t, directory: String, url: String) {
    var bytes: [UInt8] = []
    var byte: UInt8 = 0
    while read(output, &byte, 1) == 1, byte != UInt8(ascii: "\n") { bytes.append(byte) }
    let text = String(decoding: bytes, as: UTF8.self)
    let words = text.split(separator: " ").map(String.init)
    guard words.count == 3, let processID = pid_t(words[0]), processID > 1 else { throw Failure(text: text) }
    return (processID, (words[1] as NSString).deletingLastPathComponent, words[2])
  }

  /// The folder that the owner's watchdog was given, once there is one.
  func guardedFolder() -> String? {
    for candidate in Self.processes() {
      // The fourth field of stat, the second after the name in parentheses, is the parent.
      let fields = SmallFile.read("/proc/\(candidate)/stat")?.split(separator: ")").last?.split(separator: " ")
      guard let fields, fields.count > 1, pid_t(fields[1]) == processID else { continue }
      let words = SmallFile.read("/proc/\(candidate)/cmdline")?.split(separator: "\0").map(String.init) ?? []
      if words.contains("tollgate-watchdog"), let last = words.last { return last }
    }
    return nil
  }

  /// Sends the signal and waits until the process is gone.
  func end(_ signal: Int32) {
    kill(processID, signal)
    waitpid(processID, nil, 0)
  }

  static func processes() -> [pid_t] {
    ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }
  }
}
