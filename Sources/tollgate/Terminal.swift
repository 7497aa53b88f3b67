import Glibc
import Log
import Tokens

/// Standard output and standard error, a line at a time.
enum Terminal {
  static func output(_ text: String) {
    writeWhole(text + "\n", to: STDOUT_FILENO)
  }

  /// - Parameter sentence: what is wrong and what to do about it.
  static func complain(_ sentence: String) {
    writeWhole("tollgate: \(sentence)\n", to: STDERR_FILENO)
  }

  /// What somebody typed, fit to be shown: shortened, and printable.
  static func quoted(_ text: String) -> String {
    "'" + printable(String(String.UnicodeScalarView(text.unicodeScalars.prefix(64)))) + "'"
  }

  /// What somebody typed, with a mark for each character that would steer the terminal: controls, also those of ISO 6429
  /// beyond ASCII, and what turns the writing round.
  static func printable(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { String($0).isPrintable ? $0 : "\u{FFFD}" }))
  }
}
