import API
import Accounts
import JSON
import Tokens

extension OrganizationCommand {
  static let plan = Command(
    name: ["org", "plan"], summary: "Change an organization's plan.",
    help: """
      usage: tollgate org plan --organization ID --plan PLAN [--when now|reset] [--preview] [--json]

      An upgrade adds the new plan's tokens at once. Anything that takes away waits for the next reset. --when decides
      otherwise: now, what is above the new allocation is cut, but bought and held tokens stay. The present plan again
      takes a change back that waits. --preview prints what would become of the balances, and changes nothing.
      Environment: DATABASE_URL.
      """
  ) { arguments in
    let arguments = try Arguments(
      arguments, options: ["--organization", "--plan", "--when"], flags: ["--preview", "--json"])
    let isAtOnce: Bool? =
      switch arguments["--when"] {
      case nil: nil
      case "now"?: true
      case "reset"?: false
      default: throw UsageError("--when is now or reset")
      }
    let change = OrganizationChange(
      plan: try arguments.required("--plan"), isAtOnce: isAtOnce, isPreview: arguments.has("--preview"))
    try apply(change, arguments)
  }

  static let suspend = Command(
    name: ["org", "suspend"], summary: "End an organization's spending; its tokens stay.",
    help: """
      usage: tollgate org suspend --organization ID [--reason TEXT] [--json]

      From the next request on it is refused, until tollgate org resume.
      Environment: DATABASE_URL.
      """
  ) { arguments in
    let arguments = try Arguments(arguments, options: ["--organization", "--reason"], flags: ["--json"])
    try apply(OrganizationChange(status: .suspended, reason: arguments["--reason"]), arguments)
  }

  static let resume = Command(
    name: ["org", "resume"], summary: "Let a suspended organization spend what it has left.",
    help: """
      usage: tollgate org resume --organization ID [--json]

      Environment: DATABASE_URL.
      """
  ) { arguments in
    let arguments = try Arguments(arguments, options: ["--organization"], flags: ["--json"])
    try apply(OrganizationChange(status: .active), arguments)
  }

  private static func apply(_ change: OrganizationChange, _ arguments: Arguments) throws {
    let organizationID = try arguments.organization()
    let changed = try administering { connection in
      try Administration.change(organizationID, by: change, on: &connection)
    }
    guard !arguments.has("--json") else {
      Terminal.outputObject { writer in
        changed.write(to: &writer)
        writer.member("preview", change.isPreview)
      }
      return
    }
    for line in changed.lines { Terminal.output(line) }
  }
}

extension ChangedOrganization {
  /// For people: the organization, and a line for each balance.
  fileprivate var lines: [String] {
    var first = "plan \(organization.plan ?? "none")"
    if let nextPlan = organization.nextPlan {
      first += ", \(nextPlan) from \(Timestamp.text(organization.nextPlanFromMicroseconds))"
    }
    return ["\(first), \(organization.status.rawValue)"]
      + balanceChanges.map { change in
        "\(change.tokenType): \(change.balanceBefore) → \(change.balanceAfter), "
          + "allocated \(change.allocatedBefore) → \(change.allocatedAfter) "
          + "from \(Timestamp.text(change.effectiveAtMicroseconds))"
      }
  }
}
