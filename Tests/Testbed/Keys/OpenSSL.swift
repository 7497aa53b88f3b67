import Foundation

/// The real `openssl`, for what the server never does: making keys and certificates, and signing with private keys.
public enum OpenSSL {
  public struct Failure: Error { public let command: String, message: String }

  /// Runs one of its commands in a folder, and returns what it prints. Blocks.
  @discardableResult
  public static func run(_ arguments: [String], in folder: TestFolder) throws -> [UInt8] {
    let program = Process()
    program.executableURL = URL(filePath: "/usr/bin/env")
    program.arguments = ["openssl"] + arguments
    program.currentDirectoryURL = URL(filePath: folder.path)
    program.standardInput = FileHandle.nullDevice
    let (output, errors) = (Pipe(), Pipe())
    program.standardOutput = output
    program.standardError = errors
    try program.run()
    let printed = try output.fileHandleForReading.readToEnd() ?? Data()
    let complaints = try errors.fileHandleForReading.readToEnd() ?? Data()
    program.waitUntilExit()
    guard program.terminationStatus == 0 else {
      throw Failure(command: arguments.first ?? "", message: String(decoding: complaints, as: UTF8.self))
    }
    return Array(printed)
  }
}
