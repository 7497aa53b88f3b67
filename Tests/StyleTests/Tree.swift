import Foundation

/// The package's own files: those that git tracks, and new ones it does not ignore.
enum Tree {
  struct Failure: Error, CustomStringConvertible { let description: String }

  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static func files() async throws -> [SourceFile] {
    // git and the disk block, so this happens on a thread of its own.
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread { continuation.resume(with: Result { try read() }) }
    }
  }

  private static func read() throws -> [SourceFile] {
    let git = Process()
    git.executableURL = URL(filePath: "/usr/bin/env")
    // Also when the tests run as another user than the one who checked the tree out.
    git.arguments = [
      "git", "-c", "safe.directory=*", "-C", root.path(), "ls-files", "-z", "--cached", "--others",
      "--exclude-standard", "--deduplicate",
    ]
    let output = Pipe()
    // A server that another test starts at this moment would hold the pipe open otherwise, and the end never come.
    _ = fcntl(output.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
    git.standardOutput = output
    git.standardInput = FileHandle.nullDevice
    try git.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    git.waitUntilExit()
    guard git.terminationStatus == 0 else {
      throw Failure(description: "git ls-files failed in \(root.path()): run the tests in a git checkout")
    }
    let paths = String(decoding: data, as: UTF8.self).split(separator: "\0").map(String.init)
    return paths.compactMap { path in
      // A file deleted but not committed yet is listed too.
      guard let data = try? Data(contentsOf: root.appending(path: path)) else { return nil }
      return String(data: data, encoding: .utf8).map { SourceFile(path, $0) }
    }
  }
}
