/// Answers that are given a little later: first in, first out.
///
/// Clients that are let go together come back together, and who comes behind such a crowd waits for all of it. So they go
/// one after the other, as long as that keeps none much longer; but ten at a time, since each that comes back alone
/// wakes the server, and PostgreSQL if it is let in, for itself alone.
struct HeldAnswers<Held> {
  private let spacingSeconds = 0.001
  private let groupNanoseconds: Int64 = 10_000_000
  /// The longest that one is held, as a multiple of the shortest.
  private let longest = 4.0

  private var answers: [(answer: Held, due: Instant)] = []
  private var head = 0
  /// The last one's place in the row, before it was put into a group.
  private var lastPlace: Instant?

  /// When the next one is due; nil when there is none.
  var nextDue: Instant? { head < answers.count ? answers[head].due : nil }

  /// Holds an answer from now on for so many seconds, or up to four times as long when there are many, and then until the
  /// next whole hundredth of a second.
  mutating func append(_ answer: Held, now: Instant, seconds: Double) {
    let earliest = now.adding(seconds: seconds)
    let spaced = lastPlace?.adding(seconds: spacingSeconds) ?? earliest
    let place = min(max(spaced, earliest), now.adding(seconds: seconds * longest))
    lastPlace = place
    let groups = (place.nanoseconds + groupNanoseconds - 1) / groupNanoseconds
    answers.append((answer, Instant(nanoseconds: groups * groupNanoseconds)))
  }

  /// The next one, if it is due.
  mutating func takeDue(_ now: Instant) -> Held? {
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
