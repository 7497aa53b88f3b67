import CCurl
import Foundation

/// Sends one request and waits for the answer. Blocks, for no longer than the limits say but for the time that the
/// system needs to give up looking for an address.
///
/// Only https unless the request allows plain http, with certificates verified, TLS 1.2 or newer; no redirects, no proxy, no cookies, and nothing of the
/// environment has an influence.
///
/// - Parameter request: what to send where.
/// - Returns: the answer, whatever its status.
/// - Throws: `FetchError`.
public func fetch(_ request: FetchRequest) throws(FetchError) -> FetchedResponse {
  let transfer = try Transfer(request)
  return try transfer.run()
}

/// The same on a thread of its own, which then calls `completion`.
public func startFetch(
  _ request: FetchRequest, completion: @escaping @Sendable (Result<FetchedResponse, FetchError>) -> Void
) {
  Thread.detachNewThread { completion(Result { () throws(FetchError) in try fetch(request) }) }
}
