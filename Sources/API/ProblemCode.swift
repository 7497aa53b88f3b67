/// The stable names of what can go wrong, each with its HTTP status. Clients decide by these.
enum ProblemCode: String, CaseIterable, Sendable {
  case invalidRequest = "invalid_request"
  case invalidSignature = "invalid_signature"
  case unauthorized
  case forbidden
  case notOnPlan = "not_on_plan"
  case organizationSuspended = "organization_suspended"
  case insufficientTokens = "insufficient_tokens"
  case criticalBalance = "critical_balance"
  case notFound = "not_found"
  case unknownAction = "unknown_action"
  case methodNotAllowed = "method_not_allowed"
  case requestTimeout = "request_timeout"
  case alreadyRefunded = "already_refunded"
  case reservationClosed = "reservation_closed"
  case paymentConflict = "payment_conflict"
  case keyNotActive = "key_not_active"
  case budgetExceeded = "budget_exceeded"
  case leaseOver = "lease_over"
  case reconsentRequired = "reconsent_required"
  case providerInUse = "provider_in_use"
  case userExists = "user_exists"
  case notDeliverable = "not_deliverable"
  case tooManyReceivers = "too_many_receivers"
  case payloadTooLarge = "payload_too_large"
  case uriTooLong = "uri_too_long"
  case unsupportedMediaType = "unsupported_media_type"
  case expectationFailed = "expectation_failed"
  case unknownFeature = "unknown_feature"
  case unknownTokenType = "unknown_token_type"
  case unknownPlan = "unknown_plan"
  case unknownContentSetting = "unknown_content_setting"
  case tooManyAttributes = "too_many_attributes"
  case tooManyRows = "too_many_rows"
  case invalidUnits = "invalid_units"
  case invalidDecisionKey = "invalid_decision_key"
  case amountOutOfRange = "amount_out_of_range"
  case refundExceedsCharge = "refund_exceeds_charge"
  case idempotencyKeyReused = "idempotency_key_reused"
  case unknownAuthorization = "unknown_authorization"
  case authorizationRefused = "authorization_refused"
  case noRefreshToken = "no_refresh_token"
  case batchRefused = "batch_refused"
  case refilling
  case limitReached = "limit_reached"
  case decisionPending = "decision_pending"
  case rateLimited = "rate_limited"
  case headerFieldsTooLarge = "header_fields_too_large"
  case internalError = "internal_error"
  case notImplemented = "not_implemented"
  case providerMisconfigured = "provider_misconfigured"
  case providerUnavailable = "provider_unavailable"
  case overloaded
  case unavailable
  case outcomeUnknown = "outcome_unknown"
  case versionNotSupported = "version_not_supported"

  /// The status code of RFC 9110, section 15, and RFC 6585.
  var status: Int {
    switch self {
    case .invalidRequest, .invalidSignature: 400
    case .unauthorized: 401
    case .insufficientTokens, .criticalBalance: 402
    case .forbidden, .notOnPlan, .organizationSuspended: 403
    case .notFound, .unknownAction: 404
    case .methodNotAllowed: 405
    case .requestTimeout: 408
    case .alreadyRefunded, .reservationClosed, .paymentConflict, .keyNotActive, .budgetExceeded, .leaseOver,
      .reconsentRequired, .providerInUse, .notDeliverable, .tooManyReceivers, .userExists:
      409
    case .payloadTooLarge: 413
    case .uriTooLong: 414
    case .unsupportedMediaType: 415
    case .expectationFailed: 417
    case .unknownFeature, .unknownTokenType, .unknownPlan, .unknownContentSetting, .tooManyAttributes, .tooManyRows,
      .invalidUnits, .invalidDecisionKey, .amountOutOfRange, .refundExceedsCharge, .idempotencyKeyReused, .batchRefused,
      .unknownAuthorization, .authorizationRefused, .noRefreshToken:
      422
    case .refilling, .limitReached, .decisionPending, .rateLimited: 429
    case .headerFieldsTooLarge: 431
    case .internalError: 500
    case .notImplemented: 501
    case .providerMisconfigured: 502
    case .overloaded, .unavailable, .outcomeUnknown, .providerUnavailable: 503
    case .versionNotSupported: 505
    }
  }

  /// What all problems of this code have in common, for people.
  var title: String {
    switch self {
    case .invalidRequest: "Malformed request"
    case .invalidSignature: "Invalid signature"
    case .unauthorized: "Not authenticated"
    case .forbidden: "Forbidden"
    case .notOnPlan: "Not on this plan"
    case .organizationSuspended: "Organization suspended"
    case .insufficientTokens: "Not enough tokens"
    case .criticalBalance: "Balance is critical"
    case .notFound: "Not found"
    case .unknownAction: "Unknown action"
    case .methodNotAllowed: "Method not allowed"
    case .requestTimeout: "Request timeout"
    case .alreadyRefunded: "Already refunded"
    case .reservationClosed: "Reservation closed"
    case .paymentConflict: "Payment conflict"
    case .keyNotActive: "Key not active"
    case .budgetExceeded: "Content budget exceeded"
    case .leaseOver: "Lease over"
    case .reconsentRequired: "Consent required again"
    case .providerInUse: "Provider in use"
    case .userExists: "User exists"
    case .notDeliverable: "Not deliverable now"
    case .tooManyReceivers: "Too many rules or webhooks"
    case .payloadTooLarge: "Body too large"
    case .uriTooLong: "Request target too long"
    case .unsupportedMediaType: "Unsupported media type"
    case .expectationFailed: "Expectation failed"
    case .unknownFeature: "Unknown feature"
    case .unknownTokenType: "Unknown token type"
    case .unknownPlan: "Unknown plan"
    case .unknownContentSetting: "Unknown content setting"
    case .tooManyAttributes: "Too many attributes"
    case .tooManyRows: "Too many rows"
    case .invalidUnits: "Invalid units"
    case .invalidDecisionKey: "Invalid decision key"
    case .amountOutOfRange: "Amount out of range"
    case .refundExceedsCharge: "Refund exceeds charge"
    case .idempotencyKeyReused: "Idempotency key reused"
    case .unknownAuthorization: "Unknown authorization"
    case .authorizationRefused: "Authorization refused"
    case .noRefreshToken: "No refresh token"
    case .batchRefused: "Batch refused"
    case .refilling: "Refilling"
    case .limitReached: "Limit reached"
    case .decisionPending: "Decision pending"
    case .rateLimited: "Too many requests"
    case .headerFieldsTooLarge: "Header fields too large"
    case .internalError: "Internal error"
    case .notImplemented: "Not implemented"
    case .providerMisconfigured: "Provider misconfigured"
    case .providerUnavailable: "Provider unavailable"
    case .overloaded: "Overloaded"
    case .unavailable: "Unavailable"
    case .outcomeUnknown: "Outcome unknown"
    case .versionNotSupported: "HTTP version not supported"
    }
  }
}
