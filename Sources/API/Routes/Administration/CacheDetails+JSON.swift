import JSON
import Tokens

extension CacheDetails {
  /// Writes the members of a cache as an organization has it; nil: the one for all.
  func write(of organizationID: OrganizationID?, to writer: inout JSONWriter) {
    writer.member("name", settings.name)
    writer.member("organizationId", organizationID)
    writer.member("isForAll", isForAll)
    writer.name("keyMembers")
    writer.beginArray()
    for name in settings.keyMembers { writer.string(name) }
    writer.endArray()
    writer.member("ttlSeconds", settings.ttlSeconds)
    writer.member("dailyQuota", settings.dailyQuota)
    writer.member("fallback", raw: Array((settings.fallback ?? "null").utf8))
    writer.member("feature", settings.feature)
    writer.member("leaseSeconds", settings.leaseSeconds)
    writer.member("waitSeconds", settings.waitSeconds)
    writer.member("maximumEntries", settings.maximumEntries)
    writer.member("createdAt", timestamp: createdAtMicroseconds)
    writer.member("updatedAt", timestamp: updatedAtMicroseconds)
    writer.name("today")
    guard let today else { return writer.null() }
    writer.beginObject()
    today.write(to: &writer)
    writer.endObject()
  }
}

extension CacheUse {
  fileprivate func write(to writer: inout JSONWriter) {
    writer.member("day", day)
    writer.member("calls", calls)
    writer.member("hits", hits)
    writer.member("fallbacks", fallbacks)
    writer.member("waits", waits)
    writer.member("hitRate", hitRate)
    writer.member("entries", entries)
  }
}
