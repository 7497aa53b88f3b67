import JSON
import Tokens

extension SettledDeduction {
  /// The members that tell a granted deduction, in `deduct` and in `deduct/batch`.
  func write(of deduction: Deduction, to writer: inout JSONWriter) {
    writer.member("transactionId", transactionID)
    writer.member("status", "success")
    writer.member("organizationId", deduction.organizationID)
    writer.member("userId", deduction.spender.userID)
    writer.member("tokenType", tokenType)
    writer.member("featureUsed", deduction.feature)
    writer.member("units", units: deduction.units, deduction.dimensions)
    writer.member("cost", cost)
    writer.member("balanceBefore", balanceBefore)
    writer.member("balanceAfter", balanceAfter)
    writer.member("state", state.rawValue)
    writer.member("createdAt", timestamp: createdAtMicroseconds)
  }
}
