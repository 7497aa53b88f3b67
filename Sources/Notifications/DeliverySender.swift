import Crypto
import Fetching
import Foundation
import Log
import Tokens
import Vault

/// Makes attempts: over HTTPS, or by way of a relay. Each on a thread of its own.
final class DeliverySender: Sendable {
  private let sealer: Sealer?
  private let egress: Egress
  private let certificateFile: String?
  private let relay: MailRelay?
  private let timing: NotifierTiming
  private let log: Logger

  init(
    sealer: Sealer?, egress: Egress, certificateFile: String?, relay: MailRelay?, timing: NotifierTiming, log: Logger
  ) {
    self.sealer = sealer
    self.egress = egress
    self.certificateFile = certificateFile
    self.relay = relay
    self.timing = timing
    self.log = log
  }

  var hasRelay: Bool { relay != nil }

  /// Makes an attempt, and tells what became of it.
  func send(_ delivery: TakenDelivery, completion: @escaping @Sendable (DeliveryOutcome) -> Void) {
    let begun = ContinuousClock.now
    let finish: @Sendable (Reception) -> Void = { [self] reception in
      let elapsed = (ContinuousClock.now - begun) / .milliseconds(1)
      completion(outcome(of: reception, delivery, milliseconds: Int64(elapsed)))
    }
    switch delivery.receiver {
    case .webhook(let id, let url, let secret, let previousSecret, let body):
      let subject = SealedSubject(.webhookSecret, of: delivery.organizationID, at: .webhook(id))
      guard let fields = fields(of: delivery, Array(body.utf8), [secret, previousSecret], subject) else {
        return finish(.failed("The webhook's secret does not open.", status: nil, retryAfterSeconds: nil))
      }
      startFetch(request(url, fields, body)) { result in
        finish(Reception(result, nowSeconds: Int(Date().timeIntervalSince1970)))
      }
    case .email(let address, let subject, let message):
      guard let relay else { return finish(.failed("There is no relay.", status: nil, retryAfterSeconds: nil)) }
      let mail = mail(delivery, to: address, subject: subject, message, by: relay)
      Thread.detachNewThread { finish(Reception(mail: Result { () throws(MailError) in try sendMail(mail) })) }
    }
  }

  private func request(_ url: String, _ fields: [(name: String, value: String)], _ body: String) -> FetchRequest {
    var request = FetchRequest(url: url, limits: timing.fetchLimits)
    request.method = .post
    request.headers = [("Content-Type", "application/json")] + fields
    request.body = Array(body.utf8)
    request.certificateFile = certificateFile
    request.mayConnect = { [egress] in egress.mayConnect(to: $0) }
    return request
  }

  /// Nil where a secret does not open, with a line for the operator.
  private func fields(
    of delivery: TakenDelivery, _ body: [UInt8], _ sealed: [SealedBytes?], _ subject: SealedSubject
  ) -> [(name: String, value: String)]? {
    do {
      guard let sealer else { return nil }
      let secrets = try sealed.compactMap { $0 }.map { try sealer.open($0, as: subject) }
      return try WebhookSignature.fields(
        id: delivery.eventID.description, secondsSince1970: Int(Date().timeIntervalSince1970), body: body,
        secrets: secrets)
    } catch {
      log.error(
        "a sealed value does not open",
        ["cause": .string("\(error)"), "what": .string("webhook_secret"), "webhookId": .string(subject.place.text)])
      return nil
    }
  }

  private func mail(
    _ delivery: TakenDelivery, to address: EmailAddress, subject: String, _ text: String, by relay: MailRelay
  ) -> MailRequest {
    let message = MailMessage(
      sender: relay.sender, recipient: address, subject: subject, text: text,
      identifier: delivery.id.description,
      date: Date(timeIntervalSince1970: Double(delivery.createdAtMicroseconds) / 1_000_000))
    var request = MailRequest(
      relayURL: relay.url, sender: relay.sender.text, recipient: address.text, message: message.bytes,
      totalSeconds: timing.relaySeconds)
    request.requiresTLS = relay.requiresTLS
    request.user = relay.user
    request.password = relay.password.map { String(decoding: $0.copy(), as: UTF8.self) }
    request.certificateFile = certificateFile
    return request
  }

  private func outcome(
    of reception: Reception, _ delivery: TakenDelivery, milliseconds: Int64
  ) -> DeliveryOutcome {
    switch reception {
    case .taken(let status):
      return DeliveryOutcome(
        isDelivered: true, status: status, error: nil, milliseconds: milliseconds, retryMilliseconds: nil)
    case .gone(let status):
      return DeliveryOutcome(
        isDelivered: false, isGone: true, status: status, error: "The receiver is gone.", milliseconds: milliseconds,
        retryMilliseconds: nil)
    case .failed(let error, let status, let retryAfterSeconds):
      return DeliveryOutcome(
        isDelivered: false, status: status, error: error, milliseconds: milliseconds,
        retryMilliseconds: timing.retries.milliseconds(
          afterAttempts: delivery.attempts, retryAfterSeconds: retryAfterSeconds, random: .random(in: 0...1)))
    }
  }
}
