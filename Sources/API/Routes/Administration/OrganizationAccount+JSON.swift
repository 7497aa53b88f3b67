public import JSON
public import Tokens

extension OrganizationAccount {
  /// Writes the members of an organization with what it has, for the API and for scripts.
  public func write(to writer: inout JSONWriter) {
    writer.member("organizationId", details.id)
    writer.member("name", details.name)
    writer.member("plan", details.plan)
    writer.member("nextPlan", details.nextPlan)
    writer.member("nextPlanFrom", timestamp: details.nextPlanFromMicroseconds)
    writer.member("status", details.status.rawValue)
    writer.member("suspendedFor", suspendedFor?.rawValue)
    writer.member("createdAt", timestamp: createdAtMicroseconds)
    writer.member("users", userCount)
    writer.member("totalBalance", totalBalance)
    writer.member("totalAllocated", totalAllocated)
    writer.member("totalUsed", totalUsed)
    writer.member("percentLeft", percentLeft)
    writer.member("state", state.rawValue)
    writer.member("refreshDate", timestamp: refreshDateMicroseconds)
    writer.name("balances")
    writer.beginArray()
    for balance in balances {
      writer.beginObject()
      balance.write(to: &writer)
      writer.endObject()
    }
    writer.endArray()
  }
}
