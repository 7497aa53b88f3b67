/// The text of one log line.
enum LogLine {
  static func json(time: String, level: LogLevel, message: String, fields: KeyValuePairs<String, LogValue>) -> String {
    var line = "{\"time\":\(quoted(time)),\"level\":\(quoted(level.rawValue)),\"message\":\(quoted(message))"
    for (name, value) in fields {
      switch value {
      case .string(let text): line += ",\(quoted(name)):\(quoted(text))"
      case .integer(let number): line += ",\(quoted(name)):\(number)"
      case .boolean(let flag): line += ",\(quoted(name)):\(flag)"
      case .absent: break
      }
    }
    return line + "}"
  }

  static func text(time: String, level: LogLevel, message: String, fields: KeyValuePairs<String, LogValue>) -> String {
    var line = "\(time) \(level.rawValue.uppercased()) \(printable(message))"
    for (name, value) in fields {
      switch value {
      case .string(let text): line += " \(name)=\(text.contains(" ") ? quoted(text) : printable(text))"
      case .integer(let number): line += " \(name)=\(number)"
      case .boolean(let flag): line += " \(name)=\(flag)"
      case .absent: break
      }
    }
    return line
  }

  /// Control characters never reach a terminal or start a forged line.
  private static func printable(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { isControl($0) ? "\u{FFFD}" : $0 }))
  }

  /// A JSON string by RFC 8259, section 7.
  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case _ where isControl(scalar):
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
  }
}
