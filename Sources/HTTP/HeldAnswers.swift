/// Answers that are given a little later, each as much later as the others: first in, first out.
struct HeldAnswers {
  private var answers: [(answer: Answer, due: Instant)] = []
  private var head = 0

  /// When the next one is due; nil when there is none.
  var nextDue: Instant? { head < answers.count ? answers[head].due : nil }

  mutating func append(_ answer: Answer, due: Instant) { answers.append((answer, due)) }

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
