import Crypto
import Foundation
import Network
import Notifications
import Tokens

extension SettingsReader {
  /// The relay that `TOLLGATE_SMTP_URL` and its siblings describe; nil without one.
  mutating func mailRelay() -> MailRelay? {
    let user = text("TOLLGATE_SMTP_USER")
    let password = secret("TOLLGATE_SMTP_PASSWORD")
    guard let url = text("TOLLGATE_SMTP_URL") else {
      if text("TOLLGATE_SMTP_FROM") != nil || user != nil || password != nil {
        complain("TOLLGATE_SMTP_URL is not set, and the other TOLLGATE_SMTP settings need it")
      }
      return nil
    }
    let requiresTLS = requiresTLS(url)
    if requiresTLS == nil {
      complain("TOLLGATE_SMTP_URL is neither smtp://host:port nor smtps://host:port, without user name and path")
    }
    let sender = text("TOLLGATE_SMTP_FROM").flatMap(EmailAddress.init)
    if sender == nil { complain("TOLLGATE_SMTP_FROM is not an address, as alerts@example.com") }
    if (user == nil) != (password == nil) {
      complain("TOLLGATE_SMTP_USER and TOLLGATE_SMTP_PASSWORD belong together; set both or neither")
    }
    guard let requiresTLS, let sender else { return nil }
    return MailRelay(
      url: url, requiresTLS: requiresTLS, sender: sender, user: user, password: password.map { Secret($0) })
  }

  /// Whether what is sent there has to be encrypted by STARTTLS; nil for what is no relay's URL.
  private func requiresTLS(_ url: String) -> Bool? {
    guard url.utf8.allSatisfy({ 0x21...0x7E ~= $0 && $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: ">") }),
      let parts = URLComponents(string: url), let host = parts.host, !host.isEmpty, parts.user == nil,
      parts.password == nil, parts.path.isEmpty || parts.path == "/", parts.query == nil, parts.fragment == nil
    else { return nil }
    switch parts.scheme {
    case "smtps": return false
    case "smtp": return !isLoopback(host)
    default: return nil
    }
  }

  private func isLoopback(_ host: String) -> Bool {
    let name = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
    return name == "localhost" || name == "::1"
      || AddressRange("127.0.0.0/8").flatMap { range in
        NetworkAddress(name).map(range.contains)
      } ?? false
  }
}
