internal import Fetching
internal import Foundation
internal import JSON

/// One request, before it is known how often it has to be sent.
struct Call: Sendable {
  let method: FetchRequest.Method
  let path: String
  let body: [UInt8]
  /// What makes sending it twice the same as sending it once; nil where nothing is changed.
  let idempotencyKey: String?

  /// A request that changes nothing.
  static func reading(_ path: String, query: [(name: String, value: String?)] = []) -> Call {
    let fields = query.compactMap { field in field.value.map { "\(field.name)=\(escaped($0))" } }
    let target = fields.isEmpty ? path : "\(path)?\(fields.joined(separator: "&"))"
    return Call(method: .get, path: target, body: [], idempotencyKey: nil)
  }

  /// A question with a body, which changes nothing either.
  static func asking(_ path: String, _ members: [(name: String, value: JSONValue?)]) -> Call {
    Call(method: .post, path: path, body: encoded(members), idempotencyKey: nil)
  }

  /// A request that moves tokens. Without a key it gets one of its own.
  static func changing(_ path: String, _ members: [(name: String, value: JSONValue?)], key: String?) -> Call {
    let key = key ?? UUID().uuidString.lowercased()
    return Call(method: .post, path: path, body: encoded(members), idempotencyKey: key)
  }

  private static func encoded(_ members: [(name: String, value: JSONValue?)]) -> [UInt8] {
    let present = members.compactMap { member in member.value.map { (name: member.name, value: $0) } }
    return JSONValue.object(JSONObject(present)).encoded()
  }

  /// A name as a part of a path or a query: all but unreserved characters (RFC 3986, section 2.3) as their bytes.
  static func escaped(_ text: String) -> String {
    text.utf8.map { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        String(Unicode.Scalar(byte))
      default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }.joined()
  }
}
