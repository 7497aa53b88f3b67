public import JSON
public import Tokens

extension ChangedOrganization {
  /// Writes the members of an organization and what a change made of its balances, for the API and for scripts.
  public func write(to writer: inout JSONWriter) {
    writer.member("organizationId", organization.id)
    writer.member("name", organization.name)
    writer.member("plan", organization.plan)
    writer.member("nextPlan", organization.nextPlan)
    writer.member("nextPlanFrom", timestamp: organization.nextPlanFromMicroseconds)
    writer.member("status", organization.status.rawValue)
    writer.name("balanceChanges")
    writer.beginArray()
    for change in balanceChanges {
      writer.beginObject()
      writer.member("tokenType", change.tokenType)
      writer.member("effectiveAt", timestamp: change.effectiveAtMicroseconds)
      writer.member("balanceBefore", change.balanceBefore)
      writer.member("balanceAfter", change.balanceAfter)
      writer.member("allocatedBefore", change.allocatedBefore)
      writer.member("allocatedAfter", change.allocatedAfter)
      writer.endObject()
    }
    writer.endArray()
  }
}
