internal import Fetching
internal import Foundation

/// Where a key set comes from.
public enum KeyOrigin: Sendable, Equatable {
  case file(path: String)
  /// An https URL; with a file of certificates that are trusted instead of the system's.
  case url(String, certificateFile: String?)

  /// Reads the setting: an https URL, or the path of a file.
  ///
  /// - Returns: nil for a URL that is none of https, has no host, or has a user name or a fragment.
  public init?(_ setting: String, certificateFile: String?) {
    guard setting.contains("://") || setting.lowercased().hasPrefix("https:") else {
      self = .file(path: setting)
      return
    }
    guard let parts = URLComponents(string: setting), parts.scheme?.lowercased() == "https",
      parts.host?.isEmpty == false, parts.user == nil, parts.password == nil, parts.fragment == nil
    else { return nil }
    self = .url(setting, certificateFile: certificateFile)
  }

  /// For people; a query, which may be a secret, is left out.
  public var shown: String {
    switch self {
    case .file(let path): path
    case .url(let url, _): url.firstIndex(of: "?").map { url[..<$0] + "?…" } ?? url
    }
  }
}

/// The text of a key set, as it was found.
struct FoundKeySet: Sendable {
  let text: [UInt8]
  /// For how long the server says that it may be kept; nil when it does not say.
  let maximumAgeSeconds: Int?
}

/// Why no key set was found, one sentence.
struct KeyOriginError: Error, CustomStringConvertible {
  let description: String
}

extension KeyOrigin {
  /// Reads or fetches the set, on a thread of its own, which then calls `completion`.
  func startLoading(
    patienceSeconds: Double, completion: @escaping @Sendable (Result<FoundKeySet, KeyOriginError>) -> Void
  ) {
    switch self {
    case .file(let path):
      Thread.detachNewThread { completion(Result { () throws(KeyOriginError) in try Self.read(path) }) }
    case .url(let url, let certificateFile):
      var request = FetchRequest(
        url: url,
        limits: FetchLimits(
          connectSeconds: patienceSeconds, totalSeconds: patienceSeconds,
          bodyByteCount: JSONWebKeySet.maximumByteCount))
      request.headers = [("Accept", "application/jwk-set+json, application/json")]
      request.certificateFile = certificateFile
      startFetch(request) { result in
        completion(result.mapError { KeyOriginError(description: $0.description) }.flatMap(Self.keySet))
      }
    }
  }

  /// Reads a file. Blocks.
  static func read(_ path: String) throws(KeyOriginError) -> FoundKeySet {
    guard let file = FileHandle(forReadingAtPath: path) else {
      throw KeyOriginError(description: "The file cannot be read.")
    }
    defer { try? file.close() }
    // One byte more than is allowed tells that there are too many.
    guard let content = try? file.read(upToCount: JSONWebKeySet.maximumByteCount + 1) else {
      throw KeyOriginError(description: "The file cannot be read, or is empty.")
    }
    return FoundKeySet(text: Array(content), maximumAgeSeconds: nil)
  }

  private static func keySet(in response: FetchedResponse) -> Result<FoundKeySet, KeyOriginError> {
    guard response.status == 200 else {
      return .failure(KeyOriginError(description: "The server answered \(response.status) instead of 200."))
    }
    let maximumAgeSeconds = response["Cache-Control"].flatMap(maximumAge)
    return .success(FoundKeySet(text: response.body, maximumAgeSeconds: maximumAgeSeconds))
  }

  /// The number of seconds in `max-age` (RFC 9111, section 5.2.2.1); 0 for what is not to be kept.
  static func maximumAge(_ field: String) -> Int? {
    let directives = field.lowercased().split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    if directives.contains("no-store") || directives.contains("no-cache") { return 0 }
    guard let directive = directives.first(where: { $0.hasPrefix("max-age=") }) else { return nil }
    let digits = directive.dropFirst("max-age=".count)
    guard (1...9).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      return nil
    }
    return Int(digits)
  }
}
