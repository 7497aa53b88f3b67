import CMicroHTTPD
import Glibc
import Locking

import struct Synchronization.Atomic

/// An answer on its way to the event loop.
struct Answer: Sendable {
  enum Outcome: Sendable {
    case response(Response)
    case refusal(Refusal)
  }

  let exchange: Exchange
  let outcome: Outcome
}

/// Where any thread leaves answers and the event loop takes them. The only lock of this module.
///
/// It wakes the loop through an eventfd, once for as many answers as gather before the loop takes them. Responders
/// hold on to it, so that an answer after the server stopped has somewhere to go and nothing to break.
final class AnswerQueue: Sendable {
  /// Readable when there is something to take.
  let descriptor: Int32
  private let waiting = Mutex<[Answer]>([])
  private let loopThread = Atomic<UInt>(0)

  init() throws(ServerError) {
    descriptor = microhttpd_make_wake_descriptor()
    guard descriptor >= 0 else { throw ServerError.cannotStartThread(code: errno) }
  }

  deinit {
    close(descriptor)
  }

  /// Says that the calling thread is the event loop's.
  func adoptCurrentThread() {
    loopThread.store(UInt(pthread_self()), ordering: .relaxed)
  }

  func push(_ answer: Answer) {
    // A handler that answers before it returns needs no detour: the loop looks at the exchange afterwards.
    if loopThread.load(ordering: .relaxed) == UInt(pthread_self()), answer.exchange.isInsideHandler {
      answer.exchange.immediateAnswer = answer
      return
    }
    let wasEmpty = waiting.withLock { answers in
      answers.append(answer)
      return answers.count == 1
    }
    if wasEmpty { wake() }
  }

  /// Makes the loop look around.
  func wake() {
    microhttpd_wake(descriptor)
  }

  /// Exchanges an empty array for everything that gathered since the last call. For the event loop.
  func take(into answers: inout [Answer]) {
    // Emptied before the answers are taken: one that is pushed in between makes it readable again.
    microhttpd_clear_wake(descriptor)
    waiting.withLock { swap(&$0, &answers) }
  }
}
