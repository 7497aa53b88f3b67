public import JSON
public import Tokens

extension ContentAccount {
  /// Writes the members of an organization's content budget, for the API and for scripts.
  public func write(to writer: inout JSONWriter) {
    writer.member("organizationId", organizationID)
    writer.member("name", name)
    writer.member("level", standing.level)
    writer.member("levelName", standing.levelTitle)
    writer.member("budgetTokens", standing.budgetTokens)
    writer.member("budget", standing.budget)
    writer.member("used", standing.used)
    writer.member("remaining", standing.remaining)
    writer.member("percentUsed", standing.percentUsed)
    writer.member("state", standing.state.rawValue)
    writer.member("deactivatesAutomatically", standing.deactivatesAutomatically)
    writer.member("counter", standing.counter)
  }
}

extension ChangedContentBudget {
  /// The same after a change, with what was deactivated to fit.
  public func write(to writer: inout JSONWriter) {
    account.write(to: &writer)
    writer.member("deactivated", json: deactivated)
  }
}
