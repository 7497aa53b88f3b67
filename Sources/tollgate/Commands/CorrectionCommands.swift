import API
import Accounts
import JSON
import Tokens

extension OrganizationCommand {
  static let reset = Command(
    name: ["org", "reset"], summary: "Give a balance its allocation anew.",
    help: """
      usage: tollgate org reset --organization ID --token-type TYPE [--json]

      As its reset will, but now: the period's end stays.
      Environment: DATABASE_URL.
      """
  ) { arguments in
    let arguments = try Arguments(arguments, options: ["--organization", "--token-type"], flags: ["--json"])
    let organizationID = try arguments.organization()
    let tokenType = try arguments.required("--token-type")
    let done = try administering { connection in
      try Administration.reset(organizationID, tokenType, on: &connection)
    }
    show(done, asJSON: arguments.has("--json"))
  }

  static let adjust = Command(
    name: ["org", "adjust"], summary: "Add tokens to a balance, or take some.",
    help: """
      usage: tollgate org adjust --organization ID --token-type TYPE --amount TOKENS [--reason TEXT] [--json]

      A negative amount takes tokens away. TEXT, up to 255 bytes, is kept in the ledger and in the audit log.
      Environment: DATABASE_URL.
      """
  ) { arguments in
    let arguments = try Arguments(
      arguments, options: ["--organization", "--token-type", "--amount", "--reason"], flags: ["--json"])
    let organizationID = try arguments.organization()
    let tokenType = try arguments.required("--token-type")
    let largest = TokenAmount.range.upperBound
    guard let amount = Int64(try arguments.required("--amount")), (-largest...largest).contains(amount) else {
      throw UsageError("--amount is an integer from -10^15 to 10^15")
    }
    let reason = arguments["--reason"]
    guard (reason?.utf8.count ?? 0) <= 255 else { throw UsageError("--reason has at most 255 bytes") }
    let done = try administering { connection in
      try Administration.adjust(organizationID, tokenType, by: amount, reason: reason, on: &connection)
    }
    show(done, asJSON: arguments.has("--json"))
  }

  private static func show(_ done: BalanceCorrection, asJSON: Bool) {
    guard asJSON else {
      return Terminal.output("\(done.tokenType): \(done.balanceBefore) → \(done.balanceAfter)")
    }
    Terminal.outputObject { writer in
      writer.member("transactionId", done.transactionID.description)
      writer.member("tokenType", done.tokenType)
      writer.member("balanceBefore", done.balanceBefore)
      writer.member("balanceAfter", done.balanceAfter)
      writer.member("available", done.available)
    }
  }
}
