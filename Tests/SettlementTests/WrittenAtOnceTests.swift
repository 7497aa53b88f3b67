import Postgres
import Testbed
import Testing
import Tokens

@testable import Settlement

/// What the items of a batch come to is written at once, which a later item of the batch must not notice.
@Suite("What is written at once")
struct WrittenAtOnceTests {
  /// Settles a batch of one organization by the server's login, and says how each item came out.
  private static func outcomes(
    of requests: [String], _ tenant: Tenant, _ workplace: inout Workplace
  ) throws -> String? {
    try workplace.server.text(
      Statement(
        """
        SELECT string_agg(outcome, ' ' ORDER BY item)
        FROM (SELECT $1::uuid AS organization_id, $2::jsonb[] AS requests) AS asked,
          LATERAL tollgate.settle(
            array_fill(organization_id, ARRAY[cardinality(requests)]),
            array_fill(NULL::uuid, ARRAY[cardinality(requests)]), array_fill(false, ARRAY[cardinality(requests)]),
            ARRAY(SELECT CASE WHEN request ->> 'operation' = 'reserve' THEN 'generate_goal' END
              FROM unnest(requests) WITH ORDINALITY AS item (request, n) ORDER BY n),
            array_fill(1::bigint, ARRAY[cardinality(requests)]), array_fill(NULL::text, ARRAY[cardinality(requests)]),
            array_fill(NULL::text, ARRAY[cardinality(requests)]), array_fill(NULL::jsonb, ARRAY[cardinality(requests)]),
            ARRAY(SELECT gen_random_uuid() FROM unnest(requests)), requests)
        """), [tenant.parameter, .documents(requests.count) { requests[$0] }])
  }

  private static func reservations(of tenant: Tenant, _ workplace: inout Workplace) throws -> [String] {
    try workplace.administrator.lines(
      Statement(
        """
        SELECT reservation_id FROM tollgate.reservations
        WHERE organization_id = $1
        ORDER BY created_at, reservation_id
        """),
      [tenant.parameter])
  }

  @Test("a charge is given back once, whatever else the requests name")
  func refunds() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let deduction = tenant.deduction("generate_goal")
      #expect(try workplace.server.settle(deduction).outcome == .success)
      let reserved = try Self.outcomes(
        of: Array(repeating: #"{"operation": "reserve"}"#, count: 2), tenant, &workplace)
      #expect(reserved == "success success")
      let holds = try Self.reservations(of: tenant, &workplace)
      let refund =
        #"{"operation": "refund", "transactionId": "\#(deduction.transactionID)", "reservationId": "\#(holds[1])"}"#
      let extend = #"{"operation": "extend", "reservationId": "\#(holds[0])", "ttlSeconds": 60}"#
      let answers = try Self.outcomes(of: [extend, refund, refund, refund], tenant, &workplace)
      #expect(answers == "success success already_refunded already_refunded")
      #expect(try workplace.balance(of: tenant, "goal_generation") == 20)
    }
  }

  @Test("a reservation ends once, also where it has been extended and the ledger is looked through between")
  func reservations() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      let reserved = try Self.outcomes(
        of: Array(repeating: #"{"operation": "reserve"}"#, count: 3), tenant, &workplace)
      #expect(reserved == "success success success")
      let holds = try Self.reservations(of: tenant, &workplace)
      func request(_ operation: String, _ hold: Int) -> String {
        #"{"operation": "\#(operation)", "reservationId": "\#(holds[hold])", "ttlSeconds": 60}"#
      }
      let topUp = #"{"operation": "top_up", "tokenType": "goal_generation", "amount": 5, "paymentId": "p"}"#
      let answers = try Self.outcomes(
        of: [
          request("extend", 0), request("capture", 0), topUp, request("release", 0), request("release", 1), topUp,
          request("capture", 1), request("capture", 2), request("extend", 2),
        ], tenant, &workplace)
      #expect(
        answers
          == "success success success reservation_closed success success reservation_closed success reservation_closed")
      #expect(try workplace.balance(of: tenant, "goal_generation") == 20 - 3 + 5 - 3)
      #expect(
        try workplace.administrator.lines(
          Statement("SELECT status, captured FROM tollgate.reservations ORDER BY created_at, reservation_id"))
          == ["captured|3", "released|0", "captured|3"])
    }
  }
}
