import Glibc
import Log

/// Standard output and standard error, a line at a time.
enum Terminal {
  static func output(_ text: String) {
    writeWhole(text + "\n", to: STDOUT_FILENO)
  }

  /// - Parameter sentence: what is wrong and what to do about it.
  static func complain(_ sentence: String) {
    writeWhole("tollgate: \(sentence)\n", to: STDERR_FILENO)
  }

  /// What somebody typed, fit to be shown: shortened, without control characters.
  static func quoted(_ text: String) -> String {
    let printable = text.unicodeScalars.prefix(64).map { $0.value < 0x20 || $0.value == 0x7F ? "\u{FFFD}" : $0 }
    return "'" + String(String.UnicodeScalarView(printable)) + "'"
  }
}
