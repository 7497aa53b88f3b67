import Crypto
import Tokens

/// Turns the last row of a page into the opaque text that asks for the next one, and back.
///
/// A cursor is authenticated, with what it belongs to: nobody can make one up, and one of another organization, or for
/// another filter, is no cursor. The key is made of the servers' shared secret, so that any of them reads what another
/// wrote; without a shared secret each server has a key of its own.
struct PageCursors: Sendable {
  private let code: HMACSHA256?

  /// Bytes of an authentication code that a cursor carries: NIST SP 800-107, section 5.3.3, asks for 4 or more.
  private static let codeByteCount = 16
  private static let idByteCount = 16

  init(_ verifier: TokenVerifier) {
    code = try? verifier.derivedKey(for: "cursors") ?? HMACSHA256(key: randomBytes(32))
  }

  /// The cursor of the page behind a row.
  ///
  /// - Parameters:
  ///   - id: the last row of this page.
  ///   - sortKey: what that row is sorted by, where it is not by its id alone.
  ///   - list: what is listed, for whom and by which filter, as bytes.
  /// - Returns: Base64url; 43 characters without a sort key.
  /// - Throws: 500 without a key.
  func cursor(behind id: TransactionID, sortKey: String? = nil, of list: [UInt8]) throws(Problem) -> String {
    let row = withUnsafeBytes(of: id.bits.bigEndian) { Array($0) } + Array((sortKey ?? "").utf8)
    return encodeBase64URL(try authenticationCode(row, list) + row)
  }

  /// The row that a cursor stands behind; 400 for anything but a cursor that a server has made for this list.
  func row(of cursor: String, in list: [UInt8]) throws(Problem) -> TransactionID {
    try place(of: cursor, in: list).id
  }

  /// The same with what the row was sorted by when the cursor was made, empty where that was its id.
  func place(of cursor: String, in list: [UInt8]) throws(Problem) -> (id: TransactionID, sortKey: String) {
    guard let bytes = decodeBase64URL(cursor), bytes.count >= Self.codeByteCount + Self.idByteCount else {
      throw Self.unknown
    }
    let row = Array(bytes.dropFirst(Self.codeByteCount))
    let expected = try authenticationCode(row, list)
    guard constantTimeEquals(expected, Array(bytes.prefix(Self.codeByteCount))) else { throw Self.unknown }
    return (
      TransactionID(bits: row.prefix(Self.idByteCount).reduce(0) { $0 << 8 | UInt128($1) }),
      String(decoding: row.dropFirst(Self.idByteCount), as: UTF8.self)
    )
  }

  /// How long the row is goes first: otherwise the end of a name could be taken for the beginning of a list.
  private func authenticationCode(_ row: [UInt8], _ list: [UInt8]) throws(Problem) -> [UInt8] {
    let length = withUnsafeBytes(of: UInt64(row.count).bigEndian) { Array($0) }
    guard let full = try? code?.authenticationCode(for: length + row + list) else { throw .internalError }
    return Array(full.prefix(Self.codeByteCount))
  }

  private static let unknown = Problem(.invalidRequest, "cursor is none of this list: ask for the first page again.")
}
