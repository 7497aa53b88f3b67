import Testing
import Tokens

@Suite("Values of the domain")
struct DomainValueTests {
  private static let user = UserID(high: 1, low: 2)

  @Test("a member is booked to itself and has to be found among the members")
  func member() {
    #expect(Spender.member(Self.user).userID == Self.user)
    #expect(Spender.member(Self.user).needsMembership)
  }

  @Test("a service may name a user or none, and nobody looks for a membership")
  func service() {
    #expect(Spender.service(onBehalfOf: Self.user).userID == Self.user)
    #expect(Spender.service(onBehalfOf: nil).userID == nil)
    #expect(!Spender.service(onBehalfOf: Self.user).needsMembership)
    #expect(Spender.service(onBehalfOf: Self.user) != Spender.member(Self.user))
  }

  @Test("amounts go from 1 to 10^15, and the sum of two of the largest is far from an overflow")
  func amounts() {
    #expect(TokenAmount.range == 1...1_000_000_000_000_000)
    let (sum, overflows) = TokenAmount.range.upperBound.addingReportingOverflow(TokenAmount.range.upperBound)
    #expect(!overflows)
    #expect(sum < .max / 1000)
  }

  @Test("outcomes and states have the names that SQL gives them")
  func names() {
    #expect(
      Outcome.allCases.map(\.rawValue) == [
        "success", "insufficient_tokens", "not_on_plan", "organization_suspended", "forbidden", "not_permitted",
        "unknown_organization", "unknown_feature", "amount_out_of_range", "idempotency_key_reused", "batch_refused",
        "critical_balance", "refilling", "limit_reached", "unknown_token_type", "invalid_units", "unknown_transaction",
        "unknown_reservation", "already_refunded", "refund_exceeds_charge", "reservation_closed", "payment_conflict",
      ])
    #expect(BalanceState.allCases.map(\.rawValue) == ["safe", "warning", "critical", "exhausted"])
  }
}
