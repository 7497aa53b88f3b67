import Foundation
import Glibc

/// Writes one line per event to standard error, whole or not at all.
///
/// Callers pass only fields that may be read by anybody who reads logs: no tokens, keys, secrets or SQL parameters.
public struct Logger: Sendable {
  /// Lines below this level are dropped.
  public let level: LogLevel
  private let format: LogFormat
  private let write: @Sendable (String) -> Void

  /// A finished line goes to `write` without its newline: to standard error unless a test listens.
  public init(
    level: LogLevel, format: LogFormat, write: @escaping @Sendable (String) -> Void = Logger.writeToStandardError
  ) {
    self.level = level
    self.format = format
    self.write = write
  }

  public func debug(_ message: String, _ fields: KeyValuePairs<String, LogValue> = [:]) { log(.debug, message, fields) }
  public func info(_ message: String, _ fields: KeyValuePairs<String, LogValue> = [:]) { log(.info, message, fields) }
  public func warning(_ message: String, _ fields: KeyValuePairs<String, LogValue> = [:]) {
    log(.warning, message, fields)
  }
  public func error(_ message: String, _ fields: KeyValuePairs<String, LogValue> = [:]) { log(.error, message, fields) }

  private func log(_ level: LogLevel, _ message: String, _ fields: KeyValuePairs<String, LogValue>) {
    guard level >= self.level else { return }
    let time = Date().formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true))
    switch format {
    case .json: write(LogLine.json(time: time, level: level, message: message, fields: fields))
    case .text: write(LogLine.text(time: time, level: level, message: message, fields: fields))
    }
  }

  /// One `write(2)` per line, so that lines of several threads do not mix.
  public static let writeToStandardError: @Sendable (String) -> Void = { line in
    writeWhole(line + "\n", to: STDERR_FILENO)
  }
}
