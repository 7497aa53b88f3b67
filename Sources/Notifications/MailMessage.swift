import Crypto
import Foundation
import Tokens

/// A message of plain text (RFC 5322, and RFC 2045 to 2047): whatever is in subject and text comes out as Base64, so that
/// nothing in it is a header field, a line that is too long, or the end of the message.
struct MailMessage {
  var sender: EmailAddress
  var recipient: EmailAddress
  var subject: String
  var text: String
  /// Different for each message, the same for each attempt.
  var identifier: String
  var date: Date

  /// Header and body with CR LF.
  var bytes: [UInt8] {
    let host = sender.text.split(separator: "@").last.map(String.init) ?? "localhost"
    let lines =
      [
        "From: <\(sender.text)>", "To: <\(recipient.text)>", "Subject: \(Self.encodedWords(subject))",
        "Date: \(Self.format(date))", "Message-ID: <\(identifier)@\(host)>", "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64", "",
      ] + Self.lines(encodeBase64(Array(text.utf8)), of: 76)
    return Array(lines.joined(separator: "\r\n").utf8) + Array("\r\n".utf8)
  }

  /// RFC 2047, section 2: words of at most 75 characters, each of whole characters, folded.
  private static func encodedWords(_ text: String) -> String {
    var words: [[UInt8]] = [[]]
    for scalar in text.unicodeScalars {
      // A subject is one line, whatever somebody is called.
      let bytes = scalar.value < 0x20 || scalar.value == 0x7F ? [0x20] : Array(String(scalar).utf8)
      if words[words.count - 1].count + bytes.count > 45 { words.append([]) }
      words[words.count - 1] += bytes
    }
    return words.map { "=?utf-8?B?\(encodeBase64($0))?=" }.joined(separator: "\r\n ")
  }

  private static func lines(_ text: String, of length: Int) -> [String] {
    var rest = text[...]
    var lines: [String] = []
    while !rest.isEmpty {
      lines.append(String(rest.prefix(length)))
      rest = rest.dropFirst(length)
    }
    return lines
  }

  private static func format(_ date: Date) -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(identifier: "UTC")
    formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss '+0000'"
    return formatter.string(from: date)
  }
}
