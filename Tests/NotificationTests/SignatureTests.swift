import Crypto
import Foundation
import Testbed
import Testing

@testable import Notifications

@Suite("Signatures of webhooks")
struct SignatureTests {
  /// The example that libraries of Standard Webhooks test themselves with.
  @Test("are those of Standard Webhooks")
  func example() throws {
    let secret = try #require(decodeBase64("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
    let fields = try WebhookSignature.fields(
      id: "msg_p5jXN8AQM9LWM0D4loKWxJek", secondsSince1970: 1_614_265_330, body: Array(#"{"test": 2432232314}"#.utf8),
      secrets: [Secret(secret)])
    #expect(
      fields.map(\.value) == [
        "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
      ])
    #expect(fields.map(\.name) == ["webhook-id", "webhook-timestamp", "webhook-signature"])
  }

  @Test("come with each secret that is good, the present one first")
  func rotation() throws {
    let fields = try WebhookSignature.fields(
      id: "a", secondsSince1970: 1, body: [], secrets: [Secret("one"), Secret("two")])
    let alone = try ["one", "two"].map { secret in
      try WebhookSignature.fields(id: "a", secondsSince1970: 1, body: [], secrets: [Secret(secret)])[2].value
    }
    #expect(fields[2].value == alone.joined(separator: " "))
  }

  @Test("are made with 32 random bytes, which are written in Base64 behind whsec_")
  func secrets() throws {
    let (text, secret) = try WebhookSecret.make()
    #expect(text.hasPrefix("whsec_"))
    #expect(decodeBase64(String(text.dropFirst(6))) == secret.copy())
    #expect(secret.count == 32)
    #expect(try WebhookSecret.make().text != text)
  }
}

@Suite("The schedule of retries")
struct RetryScheduleTests {
  @Test("is that of Standard Webhooks, a fifth shorter to a fifth longer, and ends with the tenth attempt")
  func delays() {
    let schedule = RetrySchedule()
    #expect(schedule.milliseconds(afterAttempts: 1, retryAfterSeconds: nil, random: 0) == 4_000)
    #expect(schedule.milliseconds(afterAttempts: 1, retryAfterSeconds: nil, random: 1) == 6_000)
    #expect(schedule.milliseconds(afterAttempts: 2, retryAfterSeconds: nil, random: 0.5) == 300_000)
    #expect(schedule.milliseconds(afterAttempts: 9, retryAfterSeconds: nil, random: 0.5) == 86_400_000)
    #expect(schedule.milliseconds(afterAttempts: 10, retryAfterSeconds: nil, random: 0.5) == nil)
  }

  @Test(
    "reads seconds and times, and nothing else",
    arguments: [
      ("120", 120), ("Sun, 06 Nov 1994 08:49:37 GMT", 0), ("Sun, 06 Nov 1994 09:49:38 GMT", 3601),
      ("Sat, 05 Nov 1994 08:49:37 GMT", -86_400), ("Thu, 29 Feb 2024 00:00:00 GMT", 1_709_164_800 - 784_111_777),
      ("Fri, 01 Mar 2024 00:00:00 GMT", 1_709_251_200 - 784_111_777), ("", nil), ("soon", nil), ("1.5", nil),
      ("Sunday, 06-Nov-94 08:49:37 GMT", nil), ("Sun, 06 Nov 1994 08:49:37 CET", nil),
      ("Sun, 06 Foo 1994 08:49:37 GMT", nil), ("Sun, 06 Nov 1994 24:49:37 GMT", nil),
      ("Sun, 06 Nov 1994 08:49:37 GMT ", nil),
    ])
  func fields(text: String, seconds: Int?) {
    #expect(RetryAfter.seconds(text, nowSeconds: 784_111_777) == seconds)
  }

  @Test("waits longer where the receiver asks for it, for a day at the most, and never less")
  func retryAfter() {
    let schedule = RetrySchedule()
    #expect(schedule.milliseconds(afterAttempts: 1, retryAfterSeconds: 60, random: 0.5) == 60_000)
    #expect(schedule.milliseconds(afterAttempts: 1, retryAfterSeconds: .max, random: 0.5) == 86_400_000)
    #expect(schedule.milliseconds(afterAttempts: 1, retryAfterSeconds: -1, random: 0.5) == 5_000)
  }
}
