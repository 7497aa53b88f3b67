import HTTP
import JSON
import Tokens

extension OrganizationChange {
  private static let reasonLimitCharacters = 500

  /// Reads the body of `PATCH /api/v1/admin/organizations/{id}`.
  ///
  /// - Throws: 400 for what cannot be understood, or says nothing to change.
  init(_ request: Request) throws(Problem) {
    var body = try RequestBody.object(of: request)
    let plan: String?
    let when: String?
    let preview: Bool?
    let status: String?
    let reason: String?
    do throws(ReadingError) {
      plan = try body.optionalString("plan", maximumBytes: 255)
      when = try body.optionalString("when")
      preview = try body.optionalBoolean("preview")
      status = try body.optionalString("status")
      reason = try body.optionalString("reason")
      try body.finish()
    } catch {
      throw Problem(error)
    }
    self.init(plan: plan, isPreview: preview ?? false, reason: reason)
    isAtOnce = try Self.isAtOnce(when)
    self.status = try Self.status(status)
    guard plan != nil || self.status != nil else { throw Problem(.invalidRequest, "Neither plan nor status is given.") }
    guard plan != nil || when == nil && preview == nil else {
      throw Problem(.invalidRequest, "when and preview are for a change of plan.")
    }
    guard !isPreview || status == nil else { throw Problem(.invalidRequest, "A preview is of a plan alone.") }
    guard reason == nil || self.status == .suspended else {
      throw Problem(.invalidRequest, "A reason is for the status suspended.")
    }
    guard (reason?.unicodeScalars.count ?? 0) <= Self.reasonLimitCharacters else {
      throw Problem(.invalidRequest, "A reason has at most \(Self.reasonLimitCharacters) characters.")
    }
  }

  private static func isAtOnce(_ when: String?) throws(Problem) -> Bool? {
    guard let when else { return nil }
    if when.utf8.elementsEqual("now".utf8) { return true }
    if when.utf8.elementsEqual("reset".utf8) { return false }
    throw Problem(.invalidRequest, "when is \"now\" or \"reset\".")
  }

  private static func status(_ text: String?) throws(Problem) -> OrganizationStatus? {
    guard let text else { return nil }
    guard let status = OrganizationStatus.allCases.first(where: { $0.rawValue.utf8.elementsEqual(text.utf8) }) else {
      throw Problem(.invalidRequest, "status is \"active\" or \"suspended\".")
    }
    return status
  }
}
