import JSON
import Tokens

/// What `tollgate dev` prints when it is ready.
struct Welcome {
  let url: String
  let databaseURL: String
  let demonstration: Demonstration

  /// One JSON object for scripts.
  func writeJSON() {
    Terminal.outputObject { writer in
      writer.member("url", url)
      writer.member("databaseUrl", databaseURL)
      writer.member("serviceToken", demonstration.serviceToken)
      writer.name("organizations")
      writer.beginArray()
      for tenant in demonstration.tenants {
        writer.beginObject()
        writer.member("plan", tenant.plan)
        writer.member("organizationId", tenant.organizationID.description)
        writer.member("userId", tenant.userID.description)
        writer.member("token", tenant.token)
        writer.endObject()
      }
      writer.endArray()
    }
  }

  /// Lines to read and to paste.
  func writeText() {
    var lines = ["Tollgate serves \(url)", "Database: \(databaseURL)", ""]
    for tenant in demonstration.tenants {
      lines.append("\(tenant.plan.uppercased())_ORGANIZATION=\(tenant.organizationID)")
      lines.append("\(tenant.plan.uppercased())_TOKEN=\(tenant.token)")
    }
    lines.append("SERVICE_TOKEN=\(demonstration.serviceToken)")
    lines.append("")
    lines.append("Dashboard: \(url)/dashboard asks for one of these tokens; a link signs in with it:")
    for tenant in demonstration.tenants { lines.append(link(tenant.plan, tenant.token)) }
    lines.append(link("operator", demonstration.serviceToken))
    lines.append("")
    lines.append("Try it (another terminal):")
    for tenant in demonstration.tenants where tenant.plan != "enterprise" {
      lines.append("")
      lines.append("# The \(tenant.plan) organization generates a goal, which costs 3 tokens of 'goal_generation'.")
      lines.append(curl(tenant, "POST", "/api/v1/tokens/check-balance", body(tenant, action: "deduct")))
    }
    for tenant in demonstration.tenants where tenant.plan == "pro" {
      lines.append("")
      lines.append("# What is left, and what was used.")
      lines.append(curl(tenant, "GET", "/api/v1/tokens/stats?organizationId=\(tenant.organizationID)", nil))
    }
    lines.append("")
    lines.append("Ctrl-C stops it. Data and secrets stay where they are.")
    Terminal.output(lines.joined(separator: "\n"))
  }

  private func body(_ tenant: Demonstration.Tenant, action: String) -> String {
    #"{"organizationId":"\#(tenant.organizationID)","featureUsed":"generate_goal","action":"\#(action)"}"#
  }

  /// The token goes behind the number sign, which no browser sends to a server or writes into a log.
  private func link(_ who: String, _ token: String) -> String { "\(who): \(url)/dashboard#token=\(token)" }

  private func curl(_ tenant: Demonstration.Tenant, _ method: String, _ path: String, _ body: String?) -> String {
    var line = "curl -s -X \(method) '\(url)\(path)' -H 'Authorization: Bearer \(tenant.token)'"
    if let body { line += " -H 'Content-Type: application/json' -d '\(body)'" }
    return line
  }
}
