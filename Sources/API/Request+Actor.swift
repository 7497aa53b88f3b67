import HTTP
import Tokens

extension Request {
  /// Who asks, for the audit log.
  func actor(_ caller: Caller) -> Actor {
    switch caller {
    case .user(let userID): Actor(kind: .user, id: userID.description, requestID: id)
    case .service(let name): Actor(kind: .service, id: name?.text, requestID: id)
    case .key(let key): Actor(kind: .key, id: key.keyID.description, requestID: id)
    }
  }
}
