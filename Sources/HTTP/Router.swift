/// Answers one request through its responder, now or later. Runs on the event loop's thread: it must not block.
public typealias Handler = @Sendable (Request, Responder) -> Void

/// Which handler answers which method and path.
///
/// A trie over the path's segments: a look-up costs one hash a segment, however many routes there are. A literal
/// segment is preferred to a `{parameter}`, and is compared with the path as it was sent, percent-encoding and all.
public struct Router: Sendable {
  final class Route: Sendable {
    let pattern: String
    let parameterNames: [String]
    let bodyLimitBytes: Int
    let handler: Handler

    init(pattern: String, parameterNames: [String], bodyLimitBytes: Int, handler: @escaping Handler) {
      self.pattern = pattern
      self.parameterNames = parameterNames
      self.bodyLimitBytes = bodyLimitBytes
      self.handler = handler
    }
  }

  /// What a method and a path lead to.
  enum Match: Sendable {
    case route(Route, parameters: [String: String])
    /// A parameter's percent-encoding cannot be decoded.
    case malformed
    case methodNotAllowed([String])
    case notFound
  }

  private struct Node: Sendable {
    var literals: [Substring: Int] = [:]
    var parameter: Int?
    var routes: [String: Route] = [:]
  }

  private var nodes: [Node] = [Node()]
  /// The routes of the patterns without parameters, by the number of their path's bytes: the short way for most
  /// requests.
  private var literalRoutes: [[(method: String, route: Route)]] = []

  /// Every route in the order it was added.
  public private(set) var routes: [(method: String, pattern: String)] = []

  public init() {}

  /// Adds a route. GET answers HEAD too, unless HEAD has a route of its own.
  ///
  /// - Parameters:
  ///   - method: one of the methods that get through, or `*` for any.
  ///   - pattern: for example `/api/v1/transactions/{id}`; a parameter is a whole, non-empty segment.
  ///   - bodyLimitBytes: a longer body is refused with 413.
  ///   - handler: answers the request.
  public mutating func add(
    _ method: String, _ pattern: String, bodyLimitBytes: Int = 65_536, handler: @escaping Handler
  ) {
    precondition(pattern.hasPrefix("/"), "a pattern begins with a slash")
    var node = 0
    var names: [String] = []
    for segment in Self.segments(of: pattern) {
      if segment.hasPrefix("{"), segment.hasSuffix("}") {
        names.append(String(segment.dropFirst().dropLast()))
        node = child(of: node, for: nil)
      } else {
        node = child(of: node, for: segment)
      }
    }
    let route = Route(pattern: pattern, parameterNames: names, bodyLimitBytes: bodyLimitBytes, handler: handler)
    nodes[node].routes[method] = route
    if names.isEmpty { addLiteral(method, route) }
    routes.append((method, pattern))
  }

  private mutating func addLiteral(_ method: String, _ route: Route) {
    let byteCount = route.pattern.utf8.count
    while literalRoutes.count <= byteCount { literalRoutes.append([]) }
    literalRoutes[byteCount].removeAll { $0.method == method && $0.route.pattern == route.pattern }
    literalRoutes[byteCount].append((method, route))
  }

  /// The route whose pattern is this path, letter by letter, and which is for this very method. When there is none,
  /// `match` may still find one.
  func literalRoute(method: String, path: ArraySlice<UInt8>) -> Route? {
    guard literalRoutes.indices.contains(path.count) else { return nil }
    for (ofRoute, route) in literalRoutes[path.count]
    where ofRoute == method && path.elementsEqual(route.pattern.utf8) { return route }
    return nil
  }

  func match(method: String, path: String) -> Match {
    var allowed: Set<String> = []
    var values: [Substring] = []
    let segments = Self.segments(of: path)
    guard let route = search(0, segments[...], method, &values, &allowed) else {
      return allowed.isEmpty ? .notFound : .methodNotAllowed(allowed.sorted())
    }
    guard !values.isEmpty else { return .route(route, parameters: [:]) }
    var parameters: [String: String] = [:]
    for (name, value) in zip(route.parameterNames, values) {
      guard let decoded = PercentEncoding.decode(value.utf8, plusIsSpace: false) else { return .malformed }
      parameters[name] = decoded
    }
    return .route(route, parameters: parameters)
  }

  /// Depth first, the literal branch before the parameter's. It visits a node once at most for each way to reach it,
  /// and the ways are bounded by the routes, not by the request.
  private func search(
    _ node: Int, _ segments: ArraySlice<Substring>, _ method: String, _ values: inout [Substring],
    _ allowed: inout Set<String>
  ) -> Route? {
    guard let segment = segments.first else {
      return route(at: node, method, &allowed)
    }
    if let next = nodes[node].literals[segment],
      let route = search(next, segments.dropFirst(), method, &values, &allowed)
    {
      return route
    }
    guard let next = nodes[node].parameter, !segment.isEmpty else { return nil }
    values.append(segment)
    if let route = search(next, segments.dropFirst(), method, &values, &allowed) { return route }
    values.removeLast()
    return nil
  }

  private func route(at node: Int, _ method: String, _ allowed: inout Set<String>) -> Route? {
    let routes = nodes[node].routes
    if let route = routes[method] { return route }
    if method == "HEAD", let route = routes["GET"] { return route }
    if let route = routes["*"] { return route }
    allowed.formUnion(routes.keys)
    if routes["GET"] != nil { allowed.insert("HEAD") }
    return nil
  }

  private mutating func child(of node: Int, for literal: Substring?) -> Int {
    if let literal, let existing = nodes[node].literals[literal] { return existing }
    if literal == nil, let existing = nodes[node].parameter { return existing }
    nodes.append(Node())
    let new = nodes.count - 1
    if let literal { nodes[node].literals[literal] = new } else { nodes[node].parameter = new }
    return new
  }

  private static func segments(of path: String) -> [Substring] {
    path.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map { Substring($0) }
  }
}
