import Dispatch
import Locking
import Tokens

@testable import Settlement

extension Settlement {
  /// Sends requests all at once and waits for their answers, which come in the order sent. Blocks.
  func answers(to deductions: [Deduction]) -> [Result<DeductionAnswer, ServiceFailure>] {
    let answers = Mutex<[Int: Result<DeductionAnswer, ServiceFailure>]>([:])
    let done = DispatchGroup()
    for (number, deduction) in deductions.enumerated() {
      done.enter()
      deduct(deduction) { answer in
        answers.withLock { $0[number] = answer }
        done.leave()
      }
    }
    done.wait()
    return answers.withLock { answers in deductions.indices.compactMap { answers[$0] } }
  }

  /// Sends a request again and again while the lane waits before it connects anew. Blocks.
  func answerWhenBack(to deduction: Deduction) -> Result<DeductionAnswer, ServiceFailure> {
    while true {
      let answer = answers(to: [deduction])[0]
      guard case .failure(.databaseUnavailable) = answer else { return answer }
    }
  }
}

extension Result where Success == DeductionAnswer, Failure == ServiceFailure {
  /// The answer in words, or the failure's name.
  var brief: String {
    switch self {
    case .success(let answer): answer.brief
    case .failure(let failure): "\(failure)"
    }
  }
}
