public import Crypto
public import Tokens

/// Where mail is handed in, as the settings say.
public struct MailRelay: Sendable {
  public var url: String
  /// From a host that is not this machine, nothing is sent without TLS.
  public var requiresTLS: Bool
  public var sender: EmailAddress
  public var user: String?
  public var password: Secret?

  /// - Parameters:
  ///   - url: `smtp://host:port` or `smtps://host:port`.
  ///   - requiresTLS: whether `smtp` has to become TLS by STARTTLS.
  ///   - sender: whom mail is from.
  ///   - user: nil: the relay asks for no login.
  ///   - password: of that user.
  public init(url: String, requiresTLS: Bool, sender: EmailAddress, user: String?, password: Secret?) {
    self.url = url
    self.requiresTLS = requiresTLS
    self.sender = sender
    self.user = user
    self.password = password
  }
}
