/// One message for one recipient, by way of a relay (RFC 5321).
public struct MailRequest: Sendable {
  /// `smtp://host:port` or `smtps://host:port`.
  public var relayURL: String
  /// Whether the relay has to speak TLS from STARTTLS on, where the URL is one of `smtp`.
  public var requiresTLS = true
  /// Nil: the relay asks for no login.
  public var user: String?
  public var password: String?
  /// The envelope's addresses, without angle brackets.
  public var sender: String
  public var recipient: String
  /// Header and body, lines ended by CR LF, at most 998 bytes long each.
  public var message: [UInt8]
  /// For everything together, in seconds.
  public var totalSeconds: Double
  /// A file with certificates, in PEM, that are trusted instead of the system's.
  public var certificateFile: String?

  public init(
    relayURL: String, sender: String, recipient: String, message: [UInt8], totalSeconds: Double
  ) {
    self.relayURL = relayURL
    self.sender = sender
    self.recipient = recipient
    self.message = message
    self.totalSeconds = totalSeconds
  }
}

/// Why a relay did not take a message. Never contains an address or any of the message.
public struct MailError: Error, Sendable, Equatable {
  public var cause: FetchError
  /// The relay's last reply; nil: there was none.
  public var status: Int?

  /// One sentence.
  public var sentence: String {
    guard let status, status >= 400 else { return cause.description }
    return "The relay answered \(status)."
  }
}
