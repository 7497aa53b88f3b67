import HTTP

/// Whether a request may go on, and what its answer says about the rates it counts in.
struct RateDecision: Sendable {
  /// The names of the policies, as clients see them.
  enum Policy: String, Sendable {
    case caller
    case organization
  }

  /// The policy that refuses; nil when none does.
  private(set) var refusedBy: Policy?
  /// Until trying again makes sense; 0 when nothing refuses.
  private(set) var retryAfterSeconds = 0
  private var policies = ""
  private var limits = ""

  /// Adds what one policy says. Seconds are whole ones until one more request may come.
  mutating func add(
    _ policy: Policy, _ rate: RequestRate, _ isAdmitted: Bool, _ remaining: Int, _ seconds: Int
  ) {
    if !policies.isEmpty {
      policies += ", "
      limits += ", "
    }
    policies += "\"\(policy.rawValue)\";q=\(rate.burst);w=\(rate.windowSeconds)"
    limits += "\"\(policy.rawValue)\";r=\(remaining);t=\(seconds)"
    guard !isAdmitted else { return }
    refusedBy = policy
    retryAfterSeconds = seconds
  }

  /// Both decisions in one: the second was made about the same request.
  mutating func add(_ other: RateDecision) {
    guard !other.policies.isEmpty else { return }
    policies += policies.isEmpty ? other.policies : ", " + other.policies
    limits += limits.isEmpty ? other.limits : ", " + other.limits
    refusedBy = refusedBy ?? other.refusedBy
    retryAfterSeconds = max(retryAfterSeconds, other.retryAfterSeconds)
  }

  /// `RateLimit-Policy` and `RateLimit` of draft-ietf-httpapi-ratelimit-headers-10: quota and its window in seconds, and
  /// what is left with the seconds until there is more.
  var fields: [(String, String)] {
    policies.isEmpty ? [] : [("RateLimit-Policy", policies), ("RateLimit", limits)]
  }

  /// What a caller is told who has to wait; nil when nothing refuses.
  var problem: Problem? {
    switch refusedBy {
    case nil: nil
    case .caller:
      Problem(.rateLimited, "Too many requests with these credentials.", retryAfterSeconds: retryAfterSeconds)
    case .organization:
      Problem(.rateLimited, "Too many requests of this organization.", retryAfterSeconds: retryAfterSeconds)
    }
  }
}
