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
  ///   - list: what is listed, for whom and by which filter, as bytes.
  /// - Returns: 43 characters of Base64url.
  /// - Throws: 500 without a key.
  func cursor(behind id: TransactionID, of list: [UInt8]) throws(Problem) -> String {
    let bytes = withUnsafeBytes(of: id.bits.bigEndian) { Array($0) }
    return encodeBase64URL(bytes + (try authenticationCode(bytes, list)))
  }

  /// The row that a cursor stands behind; 400 for anything but a cursor that a server has made for this list.
  func row(of cursor: String, in list: [UInt8]) throws(Problem) -> TransactionID {
    guard let bytes = decodeBase64URL(cursor), bytes.count == Self.idByteCount + Self.codeByteCount else {
      throw Self.unknown
    }
    let id = Array(bytes.prefix(Self.idByteCount))
    let expected = try authenticationCode(id, list)
    guard constantTimeEquals(expected, Array(bytes.dropFirst(Self.idByteCount))) else { throw Self.unknown }
    return TransactionID(bits: id.reduce(0) { $0 << 8 | UInt128($1) })
  }

  private func authenticationCode(_ id: [UInt8], _ list: [UInt8]) throws(Problem) -> [UInt8] {
    guard let full = try? code?.authenticationCode(for: id + list) else { throw .internalError }
    return Array(full.prefix(Self.codeByteCount))
  }

  private static let unknown = Problem(.invalidRequest, "cursor is none of this list: ask for the first page again.")
}
