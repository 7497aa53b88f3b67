import Hummingbird
import TollgateClient

@main
struct Server {
  static func main() async throws {
    // Each request brings its own credential.
    let tollgate = TollgateClient(ClientConfiguration(url: "http://127.0.0.1:8080", credential: ""))
    let router = Router()
    router.group("surprise")
      .add(middleware: TokensMiddleware(tollgate: tollgate, feature: "surprise_me"))
      .get { _, _ in "a niche that nobody has heard of" }
    let application = Application(
      router: router, configuration: .init(address: .hostname("127.0.0.1", port: 3000)))
    try await application.runService()
  }
}
