import CMicroHTTPD
import Glibc
import Synchronization

/// A request's way through the library's callbacks, all on the loop's thread.
extension EventLoop {
  /// The request line is complete. What is returned becomes the library's context for the request.
  func targetReceived(_ target: UnsafePointer<CChar>, _ handle: OpaquePointer) -> UnsafeMutableRawPointer? {
    guard let context = microhttpd_socket_context(handle) else { return nil }
    let connection = Unmanaged<ConnectionState>.fromOpaque(context).takeUnretainedValue()
    if case .idle = connection.phase { connection.phase = .header(since: Instant.now) }
    connection.requestCount += 1
    room.target.refill(with: UnsafeRawBufferPointer(start: target, count: strlen(target)))
    let exchange = Exchange(connection: connection, target: room.target, targetAddress: UInt(bitPattern: target))
    connection.exchange = exchange
    remember(exchange)
    hideQuery(target)
    return Unmanaged.passRetained(exchange).toOpaque()
  }

  /// Keeps the exchanges in sight whose header blocks are incomplete, at a constant cost on average.
  private func remember(_ exchange: Exchange) {
    if let newestExchange, newestExchange.stage == .headers { olderExchanges.append(newestExchange) }
    newestExchange = exchange
    guard olderExchanges.count >= olderExchangesLimit else { return }
    olderExchanges.removeAll { $0.stage != .headers }
    olderExchangesLimit = max(64, olderExchanges.count * 2)
  }

  /// Ends the query behind its question mark. The library would keep a record for each parameter in the connection's
  /// memory, which a query of empty parameters exhausts; this module decodes the query from its own copy. The bytes are
  /// the library's own buffer, which it is about to change itself.
  private func hideQuery(_ target: UnsafePointer<CChar>) {
    guard let mark = strchr(target, Int32(UInt8(ascii: "?"))), mark[1] != 0 else { return }
    mark[1] = 0
  }

  /// The library's question what to do next with a request. `.NO` closes the connection.
  func access(
    _ handle: OpaquePointer, method: UnsafePointer<CChar>, version: UnsafePointer<CChar>,
    data: UnsafePointer<CChar>?, size: UnsafeMutablePointer<Int>, exchange: Exchange
  ) -> MHD_Result {
    switch exchange.stage {
    case .headers:
      return headersReceived(handle, method: method, version: version, exchange: exchange)
    case .body:
      guard let data else { return dispatch(exchange) }
      let bytes = UnsafeRawBufferPointer(start: data, count: size.pointee)
      size.pointee = 0
      return bodyReceived(bytes, exchange: exchange)
    case .waiting:
      // Asked again before the end of the turn, when it will be suspended.
      return .YES
    case .refused, .answered, .finished:
      // Asked although a response should be there: queueing it failed.
      return .NO
    }
  }

  private func headersReceived(
    _ handle: OpaquePointer, method: UnsafePointer<CChar>, version: UnsafePointer<CChar>, exchange: Exchange
  ) -> MHD_Result {
    exchange.startedAt = Instant.now
    defer { exchange.target = [] }
    collector.collect(from: handle)
    let head = HeaderGate.Head(
      method: method, version: version, target: exchange.target, targetAddress: exchange.targetAddress,
      blockBytes: microhttpd_header_bytes(handle))
    do throws(HeaderGate.Refused) {
      try examineReceived(exchange.connection.received)
      let facts = try gate.examine(head, fields: collector.fields, in: &room)
      exchange.method = facts.method
      exchange.trace = facts.trace
      exchange.isChunked = facts.isChunked
      exchange.headers = facts.headers
      exchange.crossOrigin = configuration.crossOrigin?.fields(for: facts.headers)
      exchange.forwardedFor = forwardedClient(exchange)
      exchange.id = facts.requestId ?? identifiers.next()
      let path = try readTarget(exchange)
      exchange.destination = try destination(of: exchange, path: path)
      try expectBody(exchange, contentLength: facts.contentLength)
    } catch {
      return refuse(exchange, error.refusal)
    }
    exchange.stage = .body
    exchange.isCounted = true
    inFlightCount.add(1, ordering: .relaxed)
    exchange.connection.phase = .body(since: exchange.startedAt, receivedBytes: 0)
    return .YES
  }

  /// Refuses a header block that the library may have misread. One that was not looked at as it came is none to go on with.
  private func examineReceived(_ received: ReceivedBytes) throws(HeaderGate.Refused) {
    if received.isEmpty { throw HeaderGate.Refused(.internalError) }
    if received.doubt == .inHeaderBlock { throw HeaderGate.Refused(HeaderGate.brokenBlock) }
  }

  /// Decodes the query. Returns the path.
  private func readTarget(_ exchange: Exchange) throws(HeaderGate.Refused) -> ArraySlice<UInt8> {
    let target = exchange.target
    guard let mark = target.firstIndex(of: UInt8(ascii: "?")) else { return target[...] }
    guard let query = PercentEncoding.decodeQuery(target[(mark + 1)...]) else {
      exchange.path = String(decoding: target[..<mark], as: UTF8.self)
      throw HeaderGate.Refused(.badRequest("The query is malformed."))
    }
    exchange.query = query
    return target[..<mark]
  }

  private func destination(
    of exchange: Exchange, path: ArraySlice<UInt8>
  ) throws(HeaderGate.Refused) -> Exchange.Destination {
    if let route = router.literalRoute(method: exchange.method, path: path) {
      exchange.path = route.pattern
      exchange.route = route.pattern
      return .route(route, parameters: [:])
    }
    exchange.path = String(decoding: path, as: UTF8.self)
    switch router.match(method: exchange.method, path: exchange.path) {
    case .route(let route, let parameters):
      exchange.route = route.pattern
      return .route(route, parameters: parameters)
    case .malformed: throw HeaderGate.Refused(.badRequest("The path is malformed."))
    case .methodNotAllowed(let allow):
      let preflight = configuration.crossOrigin?.preflight(exchange.method, exchange.headers, allow: allow)
      return preflight.map { .preflight($0) } ?? .refusal(.methodNotAllowed(allow: allow))
    case .notFound: return .refusal(.notFound)
    }
  }

  private func expectBody(_ exchange: Exchange, contentLength: UInt64?) throws(HeaderGate.Refused) {
    guard let contentLength else { return }
    guard contentLength <= UInt64(max(exchange.destination?.bodyLimitBytes ?? 0, 0)) else {
      throw HeaderGate.Refused(.payloadTooLarge)
    }
    // Its beginning at least has to have room.
    guard bodyBytes + min(Int(contentLength), Self.bodyStartBytes) <= configuration.maximumBodyBytes else {
      throw HeaderGate.Refused(.overloaded)
    }
    exchange.body = room.takeBody(byteCount: Int(contentLength))
  }

  private func bodyReceived(_ bytes: UnsafeRawBufferPointer, exchange: Exchange) -> MHD_Result {
    let limit = exchange.destination?.bodyLimitBytes ?? 0
    guard bytes.count <= limit - exchange.body.count else {
      // Only a chunked body can get here.
      return refuseBody(.payloadTooLarge, exchange)
    }
    guard countBody(bytes.count, exchange) else { return refuseBody(.overloaded, exchange) }
    exchange.body.append(contentsOf: bytes)
    if case .body(let since, _) = exchange.connection.phase {
      exchange.connection.phase = .body(since: since, receivedBytes: exchange.body.count)
    }
    return .YES
  }

  /// The library takes no response while a body is on its way.
  private func refuseBody(_ refusal: Refusal, _ exchange: Exchange) -> MHD_Result {
    answerDirectly(refusal, on: exchange.connection)
    exchange.connection.lingers = true
    return .NO
  }

  /// The request is complete: it goes to its handler, or is answered at once.
  private func dispatch(_ exchange: Exchange) -> MHD_Result {
    switch exchange.destination {
    case .route(let route, let parameters):
      let request = Request(
        id: exchange.id, method: exchange.method, path: exchange.path, query: exchange.query,
        headers: exchange.headers, body: exchange.body, remoteAddress: exchange.remoteAddress,
        clientAddress: exchange.forwardedFor ?? exchange.connection.address, trace: exchange.trace,
        parameters: parameters)
      exchange.headers = HeaderFields()
      exchange.body = []
      exchange.stage = .waiting
      exchange.connection.phase = .application
      exchange.isInsideHandler = true
      route.handler(request, Responder(exchange: exchange, queue: queue))
      exchange.isInsideHandler = false
      room.giveBack(body: request.body)
      guard let immediate = exchange.immediateAnswer else {
        toSuspend.append(exchange)
        return .YES
      }
      exchange.immediateAnswer = nil
      if hold(immediate) {
        toSuspend.append(exchange)
        return .YES
      }
      return answer(exchange, immediate.outcome) ? .YES : .NO
    case .refusal(let refusal):
      return answer(exchange, .refusal(refusal)) ? .YES : .NO
    case .preflight(let response):
      return answer(exchange, .response(response)) ? .YES : .NO
    case nil:
      return .NO
    }
  }

  // MARK: - Answers

  /// Gives the answers that gathered since the last turn to their connections.
  func handOverAnswers() {
    queue.take(into: &answers)
    for answer in answers where answer.exchange.stage == .waiting && !hold(answer) {
      if !self.answer(answer.exchange, answer.outcome) { answer.exchange.connection.shutDown() }
    }
    answers.removeAll(keepingCapacity: true)
  }

  /// Queues the response of a complete request and resumes its connection. False when the library did not take it.
  @discardableResult
  func answer(_ exchange: Exchange, _ outcome: Answer.Outcome) -> Bool {
    let connection = exchange.connection
    exchange.stage = .answered
    connection.phase = .response(since: Instant.now)
    let response =
      switch outcome {
      case .response(let response): response
      case .refusal(let refusal): render(refusal, requestId: exchange.id)
      }
    // What comes behind is not read: the client may still be sending it.
    let hasDoubt = connection.received.doubt != nil || exchange.isChunked
    if hasDoubt { connection.lingers = true }
    let closes =
      response.closesConnection || hasDoubt || connection.requestCount >= configuration.requestsPerConnectionLimit
      || isDraining.load(ordering: .relaxed)
    let isQueued = queueResponse(response, exchange, closesConnection: closes)
    if exchange.isSuspended {
      exchange.isSuspended = false
      MHD_resume_connection(connection.handle)
    }
    return isQueued
  }

  /// Refuses a request at the end of its header block, and its connection with it.
  private func refuse(_ exchange: Exchange, _ refusal: Refusal) -> MHD_Result {
    if exchange.id.isEmpty { exchange.id = identifiers.next() }
    exchange.stage = .refused
    exchange.connection.lingers = true
    exchange.connection.phase = .response(since: Instant.now)
    let response = render(refusal, requestId: exchange.id)
    return queueResponse(response, exchange, closesConnection: true) ? .YES : .NO
  }

  private func queueResponse(_ response: Response, _ exchange: Exchange, closesConnection: Bool) -> Bool {
    let handle = ResponseHandle(
      response, requestId: exchange.id, more: exchange.crossOrigin, closesConnection: closesConnection)
    guard let handle else { return false }
    exchange.status = response.sendableStatus
    return handle.queue(on: exchange.connection.handle, status: exchange.status)
  }

  /// Writes a refusal past the library; the caller ends the connection.
  func answerDirectly(_ refusal: Refusal, on connection: ConnectionState) {
    let id: String
    if let exchange = connection.exchange {
      if exchange.id.isEmpty { exchange.id = identifiers.next() }
      id = exchange.id
      exchange.status = refusal.status
    } else {
      id = identifiers.next()
      configuration.observe?(
        FinishedRequest(
          id: id, method: "-", path: "-", route: nil, status: refusal.status, durationMicroseconds: 0,
          remoteAddress: connection.remoteAddress, trace: nil))
    }
    DirectResponse.send(render(refusal, requestId: id), requestId: id, to: connection.socket)
  }

  private func render(_ refusal: Refusal, requestId: String) -> Response {
    var response = configuration.refusalResponse(refusal, requestId)
    response.status = refusal.status
    if case .methodNotAllowed(let allow) = refusal {
      response.headers.append(("Allow", allow.joined(separator: ", ")))
    }
    return response
  }

  /// The library is about to refuse a request by itself, or complains of something else.
  ///
  /// After a malformed Content-Length, and cookies that it finds no room for, it sends its response's head twice. So the
  /// gate's refusal goes out first and the socket takes no more. It does not say which request it is about; it is the
  /// one whose header block is complete without having been shown to the gate, and there can be but one.
  func troubleReported(code: Int32) {
    olderExchanges.removeAll { $0.stage != .headers }
    guard let exchange = ([newestExchange] + olderExchanges).compactMap({ $0 }).first(where: isPastHeaders) else {
      noticeShortage(code)
      return
    }
    collector.collect(from: exchange.connection.handle)
    exchange.startedAt = Instant.now
    exchange.connection.lingers = true
    answerDirectly(gate.refusalOfFraming(collector.fields), on: exchange.connection)
    exchange.connection.takesNoResponse()
  }

  private func isPastHeaders(_ exchange: Exchange) -> Bool {
    exchange.stage == .headers && exchange.status == 0 && microhttpd_header_bytes(exchange.connection.handle) > 0
  }

  // MARK: - The end of a request and of a connection

  /// The library lets go of a request: sent, failed or aborted.
  func completed(_ exchange: Exchange, _ handle: OpaquePointer) {
    let now = Instant.now
    let connection = exchange.connection
    if exchange.status == 0, exchange.stage == .headers {
      // The library refused the header block by itself.
      exchange.status = Int(microhttpd_queued_status(handle))
      exchange.id = identifiers.next()
      exchange.startedAt = now
      connection.lingers = exchange.status != 0
    }
    exchange.stage = .finished
    // Whoever still holds a responder holds the exchange, and would hold the handler by it, perhaps itself.
    exchange.destination = nil
    connection.exchange = nil
    connection.phase = .idle(since: now)
    if exchange.isCounted { inFlightCount.subtract(1, ordering: .relaxed) }
    bodyBytes -= exchange.countedBodyBytes
    exchange.countedBodyBytes = 0
    guard exchange.status != 0, let observe = configuration.observe else { return }
    observe(
      FinishedRequest(
        id: exchange.id, method: exchange.method, path: exchange.path, route: exchange.route, status: exchange.status,
        durationMicroseconds: now.microseconds(since: exchange.startedAt), remoteAddress: exchange.remoteAddress,
        trace: exchange.trace))
  }

  func connectionStarted(_ handle: OpaquePointer) -> UnsafeMutableRawPointer {
    let connection = ConnectionState(
      handle: handle, index: connections.count, trustedProxies: configuration.trustedProxies, now: Instant.now)
    connections.append(connection)
    connectionCount.store(connections.count, ordering: .relaxed)
    sockets[connection.socket] = connection
    if let address = connection.address, !connection.isTrustedProxy { addresses.add(address) }
    return Unmanaged.passRetained(connection).toOpaque()
  }

  func connectionClosed(_ connection: ConnectionState) {
    mustRunAgain = true
    sockets[connection.socket] = nil
    if connection.lingers { linger(connection) }
    if let address = connection.address, !connection.isTrustedProxy { addresses.remove(address) }
    let last = connections.removeLast()
    connectionCount.store(connections.count, ordering: .relaxed)
    guard last !== connection else { return }
    connections[connection.index] = last
    last.index = connection.index
  }
}
