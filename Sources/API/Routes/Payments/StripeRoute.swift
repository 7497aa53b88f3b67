import Accounts
import HTTP
import JSON
import Log
import Tokens

/// `POST /api/v1/payments/stripe`: what Stripe tells, signed. Each event counts once, for ever, by its own id: an
/// `Idempotency-Key` would have nothing to add, and is not looked at.
struct StripeRoute: Sendable {
  let context: RouteContext
  let secrets: StripeSecrets?
  let clock: WallClock

  /// Whether it is from Stripe, and which mode the secret is for.
  ///
  /// - Throws: 404 without secrets, as if there were no such route; 400 for what Stripe has not signed, or not lately.
  func verify(_ request: Request) throws(Problem) -> Bool {
    guard let secrets else { throw .notFound }
    guard let field = request.headers.bytes(of: "stripe-signature"),
      request.headers.values(of: "stripe-signature").count == 1
    else { throw Self.invalidSignature }
    let verdict: StripeSecrets.Verdict
    do { verdict = try secrets.verdict(on: field, of: request.body, nowSeconds: clock.seconds) } catch {
      throw Problem(ServiceFailure.defect(cause: "\(error)"))
    }
    switch verdict {
    case .valid(let expectsLive): return expectsLive
    case .invalid: throw Self.invalidSignature
    case .stale:
      // Only who has the secret could sign it: it is Stripe's, and the clocks differ, or somebody sends it again.
      tellOfRefusal(of: request, "The signature's time is too far from this server's clock.")
      throw Problem(
        .invalidSignature,
        "The signature's time is more than \(StripeSecrets.toleranceSeconds) seconds from this server's clock.")
    }
  }

  func receive(_ request: Request, expectsLive: Bool, _ reply: Reply) throws(Problem) {
    let event: PaymentEvent
    do throws(Problem) { event = try PaymentEvent(stripe: request, expectsLive: expectsLive) } catch {
      tellOfRefusal(of: request, error.detail)
      throw error
    }
    let log = context.log
    context.accounts.receive(event) { result in
      switch result {
      case .failure(let failure): reply.fail(failure)
      case .success(let receipt):
        if receipt.outcome.needsAttention(isLive: event.isLive), !receipt.isReplay {
          log.warning(
            "a payment event did not count",
            [
              "requestId": .string(request.id), "eventId": .string(event.id), "type": .string(event.type),
              "outcome": .string(receipt.outcome.rawValue),
            ])
        }
        reply.send(
          .json { writer in
            writer.member("eventId", event.id)
            writer.member("outcome", receipt.outcome.rawValue)
            writer.member("replayed", receipt.isReplay)
          })
      }
    }
  }

  /// Nobody else would: Stripe shows it in its own list of what failed.
  private func tellOfRefusal(of request: Request, _ cause: String) {
    context.log.warning(
      "a signed payment event was refused", ["requestId": .string(request.id), "cause": .string(cause)])
  }

  private static let invalidSignature = Problem(
    .invalidSignature, "Stripe-Signature is not a signature of this body by a secret that this server knows.")
}
