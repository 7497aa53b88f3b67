import HTTP
import JSON
import Tokens

extension CacheSettings {
  /// Reads path and body of `PUT /api/v1/admin/caches/{name}`.
  ///
  /// - Throws: 404 for a name that no cache can have, 400 for what cannot be understood, 413 for a fallback of more than
  ///   64 KiB.
  static func read(_ request: Request) throws(Problem) -> (CacheSettings, OrganizationID?) {
    let name = try request.cacheName("name")
    var body = try RequestBody.object(of: request)
    var settings: CacheSettings
    let organizationID: OrganizationID?
    do throws(ReadingError) {
      organizationID = try body.optionalIdentifier("organizationId")
      settings = CacheSettings(
        name: name, keyMembers: try keyMembers(&body), ttlSeconds: try body.integer("ttlSeconds", in: ttlRangeSeconds))
      settings.dailyQuota = try body.optionalInteger("dailyQuota", in: quotaRange) ?? settings.dailyQuota
      settings.fallback = body.optionalValue("fallback").map { String(decoding: $0.encoded(), as: UTF8.self) }
      settings.feature = try body.optionalString("feature", maximumBytes: 255) ?? settings.feature
      settings.leaseSeconds = try body.optionalInteger("leaseSeconds", in: leaseRangeSeconds) ?? settings.leaseSeconds
      settings.waitSeconds = try body.optionalInteger("waitSeconds", in: waitRangeSeconds) ?? settings.waitSeconds
      settings.maximumEntries =
        try body.optionalInteger("maximumEntries", in: maximumEntriesRange) ?? settings.maximumEntries
      try body.finish()
    } catch {
      throw Problem(error)
    }
    guard (settings.fallback?.utf8.count ?? 0) <= valueLimitBytes else { throw .valueTooLarge }
    return (settings, organizationID)
  }

  private static func keyMembers(_ body: inout ObjectReader) throws(ReadingError) -> [String] {
    let names = try body.array("keyMembers").map { value in if case .string(let name) = value { name } else { "" } }
    guard keyMemberCountRange.contains(names.count), names.allSatisfy(isMemberName), Set(names).count == names.count
    else {
      throw ReadingError(
        member: "keyMembers", problem: .outOfRange,
        bounds: "1 to 16 different names of 1 to 63 letters, digits and _, a letter first")
    }
    return names
  }

  private static func isMemberName(_ name: String) -> Bool {
    guard let first = name.utf8.first, isLetter(first), name.utf8.count <= 63 else { return false }
    return name.utf8.allSatisfy { byte in
      isLetter(byte) || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || byte == UInt8(ascii: "_")
    }
  }

  private static func isLetter(_ byte: UInt8) -> Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 }
}
