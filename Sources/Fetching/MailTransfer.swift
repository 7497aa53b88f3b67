import CCurl

/// Hands a message to its relay. Blocks, for no longer than the request says.
///
/// - Parameter request: what to send whom.
/// - Returns: the relay's reply to the message, 250.
/// - Throws: `MailError`.
public func sendMail(_ request: MailRequest) throws(MailError) -> Int {
  guard request.isPlain, let transfer = MailTransfer(request) else {
    throw MailError(cause: .invalidRequest, status: nil)
  }
  return try transfer.run()
}

extension MailRequest {
  /// Nothing in it ends a command of SMTP before its time.
  fileprivate var isPlain: Bool {
    (sender + recipient + relayURL).utf8.allSatisfy {
      0x21...0x7E ~= $0 && $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: ">")
    }
  }
}

/// One message under way, and the owner of libcurl's handle for it.
private struct MailTransfer: ~Copyable {
  private static let isLibraryReady = curl_global_init(Int(CURL_GLOBAL_SSL)) == CURLE_OK

  private let handle: UnsafeMutableRawPointer
  private let request: MailRequest
  private let source: MailSource
  private var recipients: UnsafeMutablePointer<curl_slist>?
  private var firstFailure = CURLE_OK

  init?(_ request: MailRequest) {
    guard Self.isLibraryReady, let handle = curl_easy_init() else { return nil }
    self.handle = handle
    self.request = request
    source = MailSource(request.message)
  }

  deinit {
    curl_easy_cleanup(handle)
    curl_slist_free_all(recipients)
  }

  consuming func run() throws(MailError) -> Int {
    setDestination()
    setMessage()
    guard firstFailure == CURLE_OK else { throw MailError(cause: FetchError(firstFailure), status: nil) }
    // libcurl's callback has a pointer to it.
    let code = withExtendedLifetime(source) { [handle] in curl_easy_perform(handle) }
    var status = 0
    let isKnown = tollgate_curl_get_long(handle, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK && status > 0
    guard code == CURLE_OK else { throw MailError(cause: FetchError(code), status: isKnown ? status : nil) }
    return status
  }

  private mutating func setDestination() {
    set(CURLOPT_URL, request.relayURL)
    set(CURLOPT_PROTOCOLS_STR, "smtp,smtps")
    set(CURLOPT_PROXY, "")
    set(CURLOPT_NOSIGNAL, 1)
    set(CURLOPT_TIMEOUT_MS, Int(min(max(request.totalSeconds, 0.001), 3_600) * 1000))
    set(CURLOPT_CONNECTTIMEOUT_MS, Int(min(max(request.totalSeconds / 2, 0.001), 3_600) * 1000))
    set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
    set(CURLOPT_SSL_VERIFYPEER, 1)
    set(CURLOPT_SSL_VERIFYHOST, 2)
    if let file = request.certificateFile {
      set(CURLOPT_CAINFO, file)
      note(tollgate_curl_set_text(handle, CURLOPT_CAPATH, nil))
    }
    if request.requiresTLS { set(CURLOPT_USE_SSL, Int(CURLUSESSL_ALL.rawValue)) }
    if let user = request.user { set(CURLOPT_USERNAME, user) }
    if let password = request.password { set(CURLOPT_PASSWORD, password) }
  }

  private mutating func setMessage() {
    set(CURLOPT_MAIL_FROM, "<\(request.sender)>")
    guard let list = curl_slist_append(nil, "<\(request.recipient)>") else { return note(CURLE_OUT_OF_MEMORY) }
    recipients = list
    note(tollgate_curl_set_list(handle, CURLOPT_MAIL_RCPT, list))
    set(CURLOPT_UPLOAD, 1)
    note(tollgate_curl_set_size(handle, CURLOPT_INFILESIZE_LARGE, curl_off_t(request.message.count)))
    note(tollgate_curl_set_receiver(handle, CURLOPT_READFUNCTION, readMail))
    note(tollgate_curl_set_pointer(handle, CURLOPT_READDATA, Unmanaged.passUnretained(source).toOpaque()))
  }

  private mutating func set(_ option: CURLoption, _ value: Int) { note(tollgate_curl_set_long(handle, option, value)) }

  private mutating func set(_ option: CURLoption, _ value: String) {
    note(tollgate_curl_set_text(handle, option, value))
  }

  private mutating func note(_ code: CURLcode) {
    if firstFailure == CURLE_OK { firstFailure = code }
  }
}

/// A message on its way out. Only the thread that runs the transfer touches it.
private final class MailSource {
  private var rest: ArraySlice<UInt8>

  init(_ message: [UInt8]) { rest = message[...] }

  /// Fills a buffer with what comes next; 0: that was all.
  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let part = rest.prefix(buffer.count)
    buffer.copyBytes(from: part)
    rest = rest.dropFirst(part.count)
    return part.count
  }
}

/// libcurl's callback.
private func readMail(
  _ buffer: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ source: UnsafeMutableRawPointer?
) -> Int {
  guard let buffer, let source else { return 0 }
  return Unmanaged<MailSource>.fromOpaque(source).takeUnretainedValue()
    .read(into: UnsafeMutableRawBufferPointer(start: buffer, count: size * count))
}
