import CMicroHTTPD
import Glibc

/// Refuses what the library's lenient parser lets through, before any byte of the body is read.
///
/// The library parses in place: it ends names and values with NUL bytes inside its copy of the header block. A NUL that
/// the client sent would end them early, a folded line would be joined to its field's *name*, and a bare line feed ends
/// a line as well. All three show in where the pieces lie, so the gate demands that they fill the block exactly:
/// method, one space, target, one space, version, CRLF, and for each field name, colon, blanks, value, CRLF.
/// (RFC 9112, 2.2, 3, 5.1, 5.2 and 6.)
struct HeaderGate {
  /// What the gate has learned of a request that passed.
  struct Facts {
    var method: String
    /// The declared length of the body; nil for none or a chunked one.
    var contentLength: UInt64?
    var isChunked: Bool
    var requestId: String?
    var trace: TraceContext?
    var headers: HeaderFields
  }

  /// One field where the library left it.
  struct RawField {
    var name: UnsafeRawBufferPointer
    var value: UnsafeRawBufferPointer
  }

  /// The parts of a request that are not fields.
  struct Head {
    var method: UnsafePointer<CChar>
    var version: UnsafePointer<CChar>
    var target: [UInt8]
    var targetAddress: UInt
    var blockBytes: Int
  }

  var headerBlockLimitBytes: Int
  var headerCountLimit: Int

  func examine(_ head: Head, fields: [RawField], in room: inout RequestRoom) throws(Refused) -> Facts {
    try examineSizes(head, fieldCount: fields.count)
    let isVersion11 = try examineVersion(head)
    let method = try examineMethod(head)
    try examineTarget(head.target)
    try examineLayout(head, fields, &room.positions)
    try examineBytes(fields)
    let framing = try examineNames(fields, isVersion11: isVersion11)
    let section = UnsafeRawBufferPointer(
      start: UnsafeRawPointer(head.version) + Self.versionAndLineEnd,
      count: max(head.blockBytes - (Int(bitPattern: head.version) - Int(bitPattern: head.method) + 10), 0))
    room.section.refill(with: section)
    return Facts(
      method: method, contentLength: framing.contentLength, isChunked: framing.transferEncodingCount > 0,
      requestId: framing.requestId, trace: framing.trace,
      headers: HeaderFields(bytes: room.section, positions: room.positions))
  }

  /// Why the library refused a complete header block by itself, in the gate's words.
  func refusalOfFraming(_ fields: [RawField]) -> Refusal {
    if fields.count > headerCountLimit { return .headerFieldsTooLarge }
    do throws(Refused) {
      try examineBytes(fields)
      _ = try examineNames(fields, isVersion11: true)
      return .headerFieldsTooLarge
    } catch {
      return error.refusal
    }
  }

  /// Carries a refusal out of the gate.
  struct Refused: Error {
    let refusal: Refusal
    init(_ refusal: Refusal) { self.refusal = refusal }
  }

  static let brokenBlock = Refusal.badRequest("The header block is malformed.")

  private static let versionAndLineEnd = 10

  private func examineSizes(_ head: Head, fieldCount: Int) throws(Refused) {
    if head.target.count > headerBlockLimitBytes / 2 { throw Refused(.uriTooLong) }
    if head.blockBytes > headerBlockLimitBytes || fieldCount > headerCountLimit {
      throw Refused(.headerFieldsTooLarge)
    }
  }

  private func examineVersion(_ head: Head) throws(Refused) -> Bool {
    if strcmp(head.version, "HTTP/1.1") == 0 { return true }
    if strcmp(head.version, "HTTP/1.0") == 0 { return false }
    throw Refused(.versionNotSupported)
  }

  private func examineMethod(_ head: Head) throws(Refused) -> String {
    let method = UnsafeRawBufferPointer(start: head.method, count: strlen(head.method))
    guard !method.isEmpty, method.allSatisfy(ByteClass.isToken) else {
      throw Refused(.badRequest("The method is malformed."))
    }
    // Methods are case-sensitive.
    guard let name = Self.methods.first(where: { $0.utf8.elementsEqual(method) }) else {
      throw Refused(.methodNotImplemented)
    }
    return name
  }

  private static let methods = ["POST", "GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"]

  private func examineTarget(_ target: [UInt8]) throws(Refused) {
    guard target.first == UInt8(ascii: "/"), target.allSatisfy(ByteClass.isTarget) else {
      throw Refused(.badRequest("The request target must be a path of visible ASCII characters."))
    }
  }

  private func examineLayout(
    _ head: Head, _ fields: [RawField], _ positions: inout [HeaderFields.Position]
  ) throws(Refused) {
    let broken = Refused(Self.brokenBlock)
    let start = UInt(bitPattern: head.method)
    let end = start + UInt(head.blockBytes)
    let section = UInt(bitPattern: head.version) + UInt(Self.versionAndLineEnd)
    guard head.targetAddress == start + UInt(strlen(head.method)) + 1,
      UInt(bitPattern: head.version) == head.targetAddress + UInt(head.target.count) + 1, section <= end
    else { throw broken }
    positions.removeAll(keepingCapacity: true)
    var cursor = section
    for field in fields {
      let afterColon = cursor + UInt(field.name.count) + 1
      let value = UInt(bitPattern: field.value.baseAddress)
      guard UInt(bitPattern: field.name.baseAddress) == cursor, value >= afterColon,
        value + UInt(field.value.count) + 4 <= end, Self.areBlanks(from: afterColon, to: value)
      else { throw broken }
      var valueEnd = field.value.count
      while valueEnd > 0, Self.isBlank(field.value[valueEnd - 1]) { valueEnd -= 1 }
      positions.append(
        HeaderFields.Position(
          nameStart: UInt32(truncatingIfNeeded: cursor - section),
          nameEnd: UInt32(truncatingIfNeeded: afterColon - 1 - section),
          valueStart: UInt32(truncatingIfNeeded: value - section),
          valueEnd: UInt32(truncatingIfNeeded: value + UInt(valueEnd) - section)))
      cursor = value + UInt(field.value.count) + 2
    }
    guard cursor + 2 == end else { throw broken }
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  private static func areBlanks(from start: UInt, to end: UInt) -> Bool {
    guard let pointer = UnsafePointer<UInt8>(bitPattern: start) else { return false }
    return UnsafeBufferPointer(start: pointer, count: Int(end - start)).allSatisfy(isBlank)
  }

  private func examineBytes(_ fields: [RawField]) throws(Refused) {
    for field in fields {
      guard !field.name.isEmpty, field.name.allSatisfy(ByteClass.isToken) else {
        throw Refused(.badRequest("A header name is malformed."))
      }
      guard ByteClass.areFieldValue(field.value) else {
        throw Refused(.badRequest("A header value has a control character in it."))
      }
    }
  }

  /// What decides where a body ends, and what must not be ambiguous.
  private struct Framing {
    var contentLength: UInt64?
    var requestId: String?
    var trace: TraceContext?
    var hostCount = 0
    var contentLengthCount = 0
    var transferEncodingCount = 0
    var authorizationCount = 0
    var idempotencyKeyCount = 0
    var contentTypeCount = 0
    var traceCount = 0
  }

  private func examineNames(_ fields: [RawField], isVersion11: Bool) throws(Refused) -> Framing {
    var framing = Framing()
    for field in fields { try count(field, in: &framing, isVersion11: isVersion11) }
    guard framing.contentLengthCount <= 1 else { throw Refused(.badRequest("Content-Length is there twice.")) }
    guard framing.transferEncodingCount <= 1 else { throw Refused(.badRequest("Transfer-Encoding is there twice.")) }
    guard framing.contentLengthCount + framing.transferEncodingCount <= 1 else {
      throw Refused(.badRequest("Content-Length and Transfer-Encoding exclude each other."))
    }
    guard framing.hostCount == 1 || (framing.hostCount == 0 && !isVersion11) else {
      throw Refused(.badRequest("Host must be there exactly once."))
    }
    guard framing.authorizationCount <= 1 else { throw Refused(.badRequest("Authorization is there twice.")) }
    guard framing.idempotencyKeyCount <= 1 else { throw Refused(.badRequest("Idempotency-Key is there twice.")) }
    guard framing.contentTypeCount <= 1 else { throw Refused(.badRequest("Content-Type is there twice.")) }
    return framing
  }

  private func count(_ field: RawField, in framing: inout Framing, isVersion11: Bool) throws(Refused) {
    // The length sorts out nearly every field with one comparison.
    switch field.name.count {
    case 4 where ByteClass.equal(field.name, "host"):
      framing.hostCount += 1
    case 6 where ByteClass.equal(field.name, "expect"):
      guard ByteClass.equal(field.value, "100-continue") else { throw Refused(.expectationFailed) }
    case 11 where ByteClass.equal(field.name, "traceparent"):
      framing.traceCount += 1
      // Of two nobody knows which is meant.
      framing.trace = framing.traceCount == 1 ? TraceContext(field.value) : nil
    case 12 where ByteClass.equal(field.name, "content-type"):
      framing.contentTypeCount += 1
    case 12 where ByteClass.equal(field.name, "x-request-id"):
      if framing.requestId == nil, (1...128).contains(field.value.count), field.value.allSatisfy(ByteClass.isRequestId)
      {
        framing.requestId = String(decoding: field.value, as: UTF8.self)
      }
    case 13 where ByteClass.equal(field.name, "authorization"):
      framing.authorizationCount += 1
    case 14 where ByteClass.equal(field.name, "content-length"):
      framing.contentLengthCount += 1
      framing.contentLength = try Self.contentLength(field.value)
    case 15 where ByteClass.equal(field.name, "idempotency-key"):
      framing.idempotencyKeyCount += 1
    case 16 where ByteClass.equal(field.name, "content-encoding"):
      throw Refused(.unsupportedContentCoding)
    case 17 where ByteClass.equal(field.name, "transfer-encoding"):
      framing.transferEncodingCount += 1
      guard isVersion11 else { throw Refused(.badRequest("HTTP/1.0 has no Transfer-Encoding.")) }
      // Exactly what the library takes for chunked; anything else it would read until the connection closes.
      guard ByteClass.equal(field.value, "chunked") else { throw Refused(.unsupportedTransferCoding) }
    default: break
    }
  }

  /// Digits and nothing but digits (RFC 9110, 8.6), with overflow noticed.
  private static func contentLength(_ digits: UnsafeRawBufferPointer) throws(Refused) -> UInt64 {
    guard !digits.isEmpty else { throw Refused(.badRequest("Content-Length is malformed.")) }
    var length: UInt64 = 0
    for digit in digits {
      guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else {
        throw Refused(.badRequest("Content-Length is malformed."))
      }
      let (product, productOverflows) = length.multipliedReportingOverflow(by: 10)
      let (sum, sumOverflows) = product.addingReportingOverflow(UInt64(digit - UInt8(ascii: "0")))
      guard !productOverflows, !sumOverflows else { throw Refused(.payloadTooLarge) }
      length = sum
    }
    return length
  }
}
