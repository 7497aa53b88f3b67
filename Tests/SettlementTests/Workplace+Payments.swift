import Postgres

extension Workplace {
  /// Makes a tenant a customer of the payment provider's, with an invoice that failed and was paid.
  mutating func owe(_ tenant: Tenant, name: String) throws {
    _ = try administrator.query(
      "SELECT tollgate.set_payment_customer($1::uuid, $2)", [tenant.parameter, .text("cus_\(name)")])
    for (number, type) in ["invoice.payment_failed", "invoice.paid"].enumerated() {
      _ = try server.query(
        """
        SELECT tollgate.receive_payment_event($1, $2, to_timestamp($3::bigint), true, true, NULL,
          jsonb_build_object('object', $4::text, 'customer', $5::text, 'organization', $6::text))
        """,
        [
          .text("evt_\(name)_\(number)"), .text(type), .integer(Int64(number)), .text("in_\(name)"),
          .text("cus_\(name)"), tenant.parameter,
        ])
    }
  }
}
