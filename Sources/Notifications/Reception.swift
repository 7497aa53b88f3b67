import Fetching

/// How a receiver took what it was sent (Standard Webhooks, "Delivery success and failure").
enum Reception: Equatable {
  case taken(status: Int)
  /// It wants nothing more, ever.
  case gone(status: Int)
  case failed(String, status: Int?, retryAfterSeconds: Int?)

  /// What an answer means, by the time since 1970 that this machine's clock shows.
  init(_ result: Result<FetchedResponse, FetchError>, nowSeconds: Int) {
    switch result {
    case .success(let response):
      switch response.status {
      case 200..<300: self = .taken(status: response.status)
      case 410: self = .gone(status: 410)
      default:
        self = .failed(
          "The receiver answered \(response.status).", status: response.status,
          retryAfterSeconds: response["Retry-After"].flatMap { RetryAfter.seconds($0, nowSeconds: nowSeconds) })
      }
    case .failure(let error): self = .failed(error.description, status: nil, retryAfterSeconds: nil)
    }
  }

  init(mail result: Result<Int, MailError>) {
    switch result {
    case .success(let status): self = .taken(status: status)
    case .failure(let error): self = .failed(error.sentence, status: error.status, retryAfterSeconds: nil)
    }
  }
}
