/// Answers that are given a little later: first in, first out.
///
/// Clients that are let go together come back together, and who comes behind such a crowd waits for all of it. So they go
/// one after the other, as long as that keeps none much longer.
struct HeldAnswers {
  private static let spacingSeconds = 0.001
  /// The longest that one is held, as a multiple of the shortest.
  private static let longest = 4.0

  private var answers: [(answer: Answer, due: Instant)] = []
  private var head = 0

  /// When the next one is due; nil when there is none.
  var nextDue: Instant? { head < answers.count ? answers[head].due : nil }

  /// Holds an answer from now on for so many seconds, or up to four times as long when there are many.
  mutating func append(_ answer: Answer, now: Instant, seconds: Double) {
    let earliest = now.adding(seconds: seconds)
    let spaced = answers.last?.due.adding(seconds: Self.spacingSeconds) ?? earliest
    answers.append((answer, min(max(spaced, earliest), now.adding(seconds: seconds * Self.longest))))
  }

  /// The next one, if it is due.
  mutating func takeDue(_ now: Instant) -> Answer? {
    guard head < answers.count, answers[head].due <= now else { return nil }
    let answer = answers[head].answer
    head += 1
    // What was taken is let go when it is half of the storage, so that taking costs a constant.
    if head * 2 >= answers.count {
      answers.removeFirst(head)
      head = 0
    }
    return answer
  }
}
