import Synchronization

/// Answers one request, once, from any thread. A second answer is ignored; a responder that is dropped without an
/// answer answers 500 through `ServerConfiguration.refusalResponse`.
public final class Responder: Sendable {
  private enum Destination: Sendable {
    case exchange(Exchange, AnswerQueue)
    case closure(@Sendable (Response) -> Void)
  }

  private let destination: Destination
  private let isAnswered = Atomic<Bool>(false)

  init(exchange: Exchange, queue: AnswerQueue) {
    destination = .exchange(exchange, queue)
  }

  /// A responder that hands its answer to a closure: for wrapping another responder, or for calling a handler
  /// without a server. If it is dropped without an answer, the closure is dropped without a call.
  public init(_ receive: @escaping @Sendable (Response) -> Void) {
    destination = .closure(receive)
  }

  /// Answers the request. Does not wait for the response to be sent.
  public func send(_ response: Response) {
    guard !isAnswered.exchange(true, ordering: .relaxed) else { return }
    switch destination {
    case .exchange(let exchange, let queue): queue.push(Answer(exchange: exchange, outcome: .response(response)))
    case .closure(let receive): receive(response)
    }
  }

  /// Whether the client still waits: false once it has closed its connection, or finished sending. Asks the kernel; for
  /// whoever is about to do something for this client alone. Always true without a server.
  public var isClientThere: Bool {
    if case .exchange(let exchange, _) = destination { exchange.connection.isClientThere } else { true }
  }

  deinit {
    guard !isAnswered.load(ordering: .relaxed), case .exchange(let exchange, let queue) = destination else { return }
    queue.push(Answer(exchange: exchange, outcome: .refusal(.internalError)))
  }
}
