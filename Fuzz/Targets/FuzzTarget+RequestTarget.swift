@testable import HTTP

extension FuzzTarget {
  /// Queries are decoded to what encodes to the same again; both ways to find a route find the same one.
  static let requestTarget = FuzzTarget(name: "request-target") { bytes in
    try examineQuery(bytes)
    let path = [UInt8(ascii: "/")] + bytes.filter { ByteClass.isTarget($0) && $0 != UInt8(ascii: "?") }
    for method in ["GET", "POST", "HEAD"] { try examineRoute(method, path) }
  }

  private static func examineQuery(_ bytes: [UInt8]) throws(Finding) {
    guard let parameters = PercentEncoding.decodeQuery(bytes) else { return }
    for text in parameters.flatMap({ [$0.name, $0.value] }) {
      try require(!text.utf8.contains(0), "a decoded parameter has a NUL")
    }
    let encoded = parameters.map { "\(encode($0.name))=\(encode($0.value))" }.joined(separator: "&")
    let again = PercentEncoding.decodeQuery(Array(encoded.utf8))
    try require(again.map { same($0, parameters) } == true, "a decoded query is another when encoded and decoded again")
  }

  /// As bytes: equal strings may have different ones.
  private static func same(_ left: [QueryParameter], _ right: [QueryParameter]) -> Bool {
    left.count == right.count
      && zip(left, right).allSatisfy { left, right in
        left.name.utf8.elementsEqual(right.name.utf8) && left.value.utf8.elementsEqual(right.value.utf8)
      }
  }

  private static func examineRoute(_ method: String, _ path: [UInt8]) throws(Finding) {
    let short = router.literalRoute(method: method, path: path[...])
    let match = router.match(method: method, path: String(decoding: path, as: UTF8.self))
    guard case .route(let long, let parameters) = match else {
      return try require(short == nil, "only the short way finds a route")
    }
    if let short { try require(short === long, "the two ways find different routes") }
    for value in parameters.values {
      let again = router.match(method: method, path: long.pattern.replacing(/{[a-z]+}/, with: encode(value)))
      guard parameters.count == 1 else { continue }
      guard case .route(let route, let same) = again, route === long,
        same.values.first?.utf8.elementsEqual(value.utf8) == true
      else { throw Finding("a parameter of a path is another when encoded and decoded again") }
    }
  }

  private static let router: Router = {
    var router = Router()
    let handler: Handler = { _, _ in }
    for pattern in ["/", "/livez", "/a/b", "/a/{id}", "/a/{id}/c", "/{name}/b", "/a/{id}/d/{name}", "//", "/a/"] {
      router.add("GET", pattern, handler: handler)
      router.add("POST", pattern, handler: handler)
    }
    router.add("*", "/any/{name}", handler: handler)
    return router
  }()

  /// Every byte as its percent-encoding.
  private static func encode(_ text: String) -> String {
    text.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
