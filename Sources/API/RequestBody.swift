import HTTP
import JSON

/// Reads the JSON object that a request carries.
enum RequestBody {
  /// - Parameters:
  ///   - request: whose body it is.
  ///   - allowingNUL: whether strings may have the character NUL, which PostgreSQL does not take.
  /// - Returns: a reader of the object.
  /// - Throws: 415 without `Content-Type: application/json`, 400 for anything but one strict JSON object.
  static func object(of request: Request, allowingNUL: Bool = false) throws(Problem) -> ObjectReader {
    guard hasJSONType(request) else {
      throw Problem(.unsupportedMediaType, "A body needs Content-Type: application/json.")
    }
    let value: JSONValue
    do { value = try parseJSON(request.body, allowingNUL: allowingNUL) } catch {
      throw Problem(.invalidRequest, "The body is not JSON: \(error)")
    }
    do { return try ObjectReader(value) } catch { throw Problem(.invalidRequest, "\(error)") }
  }

  /// The same for a route all of whose members may be left out: without body, an empty object. Many clients say
  /// `application/json` of every request, whether or not there is something.
  static func optionalObject(of request: Request) throws(Problem) -> ObjectReader {
    guard request.body.isEmpty, request.headers.bytes(of: "content-type") == nil || hasJSONType(request) else {
      return try object(of: request)
    }
    return ObjectReader(JSONObject())
  }

  /// `application/json`, alone or with `charset=utf-8` (RFC 9110, section 8.3.1).
  private static func hasJSONType(_ request: Request) -> Bool {
    guard let bytes = request.headers.bytes(of: "content-type") else { return false }
    if bytes.elementsEqual("application/json".utf8) { return true }
    let field = String(decoding: bytes, as: UTF8.self)
    let withoutSpace = field.lowercased().filter { $0 != " " && $0 != "\t" }
    return ["application/json", "application/json;charset=utf-8", "application/json;charset=\"utf-8\""]
      .contains(withoutSpace)
  }
}
