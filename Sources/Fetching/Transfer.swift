import CCurl

/// One request under way, and the owner of libcurl's handle for it.
struct Transfer: ~Copyable {
  /// libcurl wants to be told once that it is used, before any thread uses it.
  private static let isLibraryReady = curl_global_init(Int(CURL_GLOBAL_SSL)) == CURLE_OK

  private let handle: UnsafeMutableRawPointer
  private let request: FetchRequest
  private let answer: Answer
  private let door: Door
  private var fields: UnsafeMutablePointer<curl_slist>?
  private var firstFailure = CURLE_OK
  /// Set when the connection may serve another request.
  private var isWhole = false

  init(_ request: FetchRequest) throws(FetchError) {
    guard Self.isLibraryReady, let handle = request.connections?.take() ?? curl_easy_init() else {
      throw FetchError(CURLE_FAILED_INIT)
    }
    self.handle = handle
    self.request = request
    answer = Answer(bodyLimit: request.limits.bodyByteCount)
    door = Door(request.mayConnect)
  }

  deinit {
    if isWhole, let connections = request.connections {
      // Forgets every option and keeps the connection.
      curl_easy_reset(handle)
      connections.keep(handle)
    } else {
      curl_easy_cleanup(handle)
    }
    curl_slist_free_all(fields)
  }

  consuming func run() throws(FetchError) -> FetchedResponse {
    try addFields()
    setDestination()
    setLimits()
    setCallbacks()
    guard firstFailure == CURLE_OK else { throw FetchError(firstFailure) }
    // libcurl's callbacks have pointers to both.
    let code = withExtendedLifetime((answer, door)) { [handle] in curl_easy_perform(handle) }
    guard code == CURLE_OK else { throw error(code) }
    var status = 0
    guard tollgate_curl_get_long(handle, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK else {
      throw FetchError(CURLE_FAILED_INIT)
    }
    isWhole = true
    return FetchedResponse(status: status, headers: answer.headers, body: answer.body)
  }

  private func error(_ code: CURLcode) -> FetchError {
    if answer.isTooLong { return .tooLong }
    if door.hasRefused, code == CURLE_COULDNT_CONNECT { return .addressRefused }
    return FetchError(code)
  }

  private mutating func addFields() throws(FetchError) {
    for (name, value) in request.headers {
      let isClean = (name + value).utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
      guard isClean, !name.isEmpty, !name.utf8.contains(UInt8(ascii: ":")) else { throw .invalidRequest }
      // libcurl's way to write a field without a value: without one, the field itself would be left out.
      try addField(value.isEmpty ? "\(name);" : "\(name): \(value)")
    }
    // libcurl adds these by itself unless told not to: an answer to Expect would be waited for, and what type a body
    // has is the caller's to say.
    try addField("Expect:")
    if !request.headers.contains(where: { $0.name.lowercased() == "content-type" }) { try addField("Content-Type:") }
    note(tollgate_curl_set_list(handle, CURLOPT_HTTPHEADER, fields))
  }

  private mutating func addField(_ line: String) throws(FetchError) {
    guard let longer = curl_slist_append(fields, line) else { throw FetchError(CURLE_OUT_OF_MEMORY) }
    fields = longer
  }

  private mutating func setDestination() {
    set(CURLOPT_URL, request.url)
    set(CURLOPT_PROTOCOLS_STR, request.allowsPlainHTTP ? "http,https" : "https")
    set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
    set(CURLOPT_FOLLOWLOCATION, 0)
    set(CURLOPT_PROXY, "")
    set(CURLOPT_USERAGENT, "tollgate")
    set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
    set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
    set(CURLOPT_SSL_VERIFYPEER, 1)
    set(CURLOPT_SSL_VERIFYHOST, 2)
    if let file = request.certificateFile {
      set(CURLOPT_CAINFO, file)
      note(tollgate_curl_set_text(handle, CURLOPT_CAPATH, nil))
    }
    switch request.method {
    case .get: set(CURLOPT_HTTPGET, 1)
    case .delete: set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
    case .post, .put:
      set(CURLOPT_POST, 1)
      set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
      note(tollgate_curl_set_size(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count)))
      // libcurl copies it. Never a null pointer, for which it would read the standard input.
      let (handle, body) = (handle, request.body + [0])
      note(body.withUnsafeBytes { tollgate_curl_set_pointer(handle, CURLOPT_COPYPOSTFIELDS, $0.baseAddress) })
    }
  }

  private mutating func setLimits() {
    // Signals are for programs of one thread.
    set(CURLOPT_NOSIGNAL, 1)
    set(CURLOPT_CONNECTTIMEOUT_MS, Self.milliseconds(request.limits.connectSeconds))
    set(CURLOPT_TIMEOUT_MS, Self.milliseconds(request.limits.totalSeconds))
    note(
      tollgate_curl_set_size(handle, CURLOPT_MAXFILESIZE_LARGE, curl_off_t(max(request.limits.bodyByteCount, 1))))
  }

  private mutating func setCallbacks() {
    let answer = Unmanaged.passUnretained(answer).toOpaque()
    note(tollgate_curl_set_receiver(handle, CURLOPT_WRITEFUNCTION, receiveBody))
    note(tollgate_curl_set_pointer(handle, CURLOPT_WRITEDATA, answer))
    note(tollgate_curl_set_receiver(handle, CURLOPT_HEADERFUNCTION, receiveField))
    note(tollgate_curl_set_pointer(handle, CURLOPT_HEADERDATA, answer))
    note(tollgate_curl_set_socket_opener(handle, openSocket))
    note(
      tollgate_curl_set_pointer(handle, CURLOPT_OPENSOCKETDATA, Unmanaged.passUnretained(door).toOpaque()))
  }

  /// From 1 to a day: 0 would mean for ever.
  private static func milliseconds(_ seconds: Double) -> Int {
    Int(min(max(seconds, 0.001), 86_400) * 1000)
  }

  private mutating func set(_ option: CURLoption, _ value: Int) {
    note(tollgate_curl_set_long(handle, option, value))
  }

  private mutating func set(_ option: CURLoption, _ value: String) {
    note(tollgate_curl_set_text(handle, option, value))
  }

  private mutating func note(_ code: CURLcode) {
    if firstFailure == CURLE_OK { firstFailure = code }
  }
}
