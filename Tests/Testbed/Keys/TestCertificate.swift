/// A certificate for 127.0.0.1 by an authority of its own, made by the real `openssl`.
public final class TestCertificate: Sendable {
  private let folder: TestFolder

  /// The authority's certificate, for those who shall trust it.
  public var authorityFile: String { folder.file("authority.pem") }
  public var certificateFile: String { folder.file("server.pem") }
  public var keyFile: String { folder.file("server.key") }

  /// Makes both, valid for some days. Blocks.
  ///
  /// - Parameter names: what the certificate is for, as `subjectAltName` wants it.
  /// - Throws: `OpenSSL.Failure`.
  public init(names: String = "IP:127.0.0.1,DNS:localhost") throws {
    folder = try TestFolder()
    let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3"]
    try OpenSSL.run(
      ["req", "-x509"] + curve + ["-subj", "/CN=Test authority", "-keyout", "authority.key", "-out", "authority.pem"],
      in: folder)
    try OpenSSL.run(
      ["req", "-x509"] + curve + [
        "-subj", "/CN=Test server", "-keyout", "server.key", "-out", "server.pem", "-CA", "authority.pem", "-CAkey",
        "authority.key", "-addext", "subjectAltName=\(names)", "-addext", "basicConstraints=critical,CA:false",
      ], in: folder)
  }
}
