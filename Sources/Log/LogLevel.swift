/// How much a log line matters. Lines below the configured level are not written.
public enum LogLevel: String, Sendable, CaseIterable, Comparable {
  case debug, info, warning, error

  public static func < (left: LogLevel, right: LogLevel) -> Bool { left.order < right.order }

  private var order: Int {
    switch self {
    case .debug: 0
    case .info: 1
    case .warning: 2
    case .error: 3
    }
  }
}

/// The shape of a log line: one JSON object, or `key=value` text for a person at a terminal.
public enum LogFormat: String, Sendable, CaseIterable {
  case json, text
}
