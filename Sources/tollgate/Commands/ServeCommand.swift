import API

/// `tollgate serve`: the server, for production.
enum ServeCommand {
  static let command = Command(
    name: ["serve"], summary: "Serve the HTTP API.",
    help: """
      usage: tollgate serve

      Serves the HTTP API until SIGTERM or SIGINT, then answers what it has accepted and ends.

      Environment:
        DATABASE_URL               connection string of the role tollgate_server (or libpq's PG* variables)
        TOLLGATE_LISTEN            address and port, default 127.0.0.1:8080
        TOLLGATE_JWT_SECRET        HS256 secret of at least 32 bytes; this, TOLLGATE_JWT_JWKS or both
        TOLLGATE_JWT_JWKS          key set for RS256 and ES256: a file's path or an https URL
        TOLLGATE_JWT_ISSUER        checked when set
        TOLLGATE_JWT_AUDIENCE      checked when set
        TOLLGATE_CA_FILE           certificates trusted for https instead of the system's
        TOLLGATE_VAULT_KEYS        keys that credentials are sealed with, as id:base64,…; the first is current
        TOLLGATE_STRIPE_WEBHOOK_SECRETS
                                   signing secrets of Stripe's webhook endpoints, as whsec_…,test:whsec_…
        TOLLGATE_EGRESS_ALLOW      addresses and ranges, not public, that providers may have; default none
        TOLLGATE_LANES             connections that settle, 1 to 64, default 2
        TOLLGATE_QUEUE_LIMIT       requests that may wait for each of them, 2000 to 1000000, default 10000
        TOLLGATE_MAX_CONNECTIONS   open connections, 16 to 1000000, default 12000
        TOLLGATE_MAX_CONNECTIONS_PER_ADDRESS
                                   of those from one address, trusted proxies excepted, default 2000
        TOLLGATE_TRUSTED_PROXIES   addresses and ranges that X-Forwarded-For is believed from, default none
        TOLLGATE_CORS_ORIGINS      origins whose pages may call, default none
        TOLLGATE_RATE_LIMIT_PER_CALLER, TOLLGATE_RATE_LIMIT_PER_ORGANIZATION
                                   requests, as 500/s burst 1000, or off; default off
        TOLLGATE_SHUTDOWN_SECONDS  the longest wait for answers when stopping, default 30
        LOG_LEVEL                  debug, info, warning or error, default info
        LOG_FORMAT                 json or text, default json
      DATABASE_URL, TOLLGATE_JWT_SECRET, TOLLGATE_VAULT_KEYS and TOLLGATE_STRIPE_WEBHOOK_SECRETS can also be read from
      files: DATABASE_URL_FILE, TOLLGATE_JWT_SECRET_FILE, TOLLGATE_VAULT_KEYS_FILE, TOLLGATE_STRIPE_WEBHOOK_SECRETS_FILE.
      """
  ) { arguments in
    _ = try Arguments(arguments)
    let settings = try SettingsReader.read()
    guard settings.tokenSecret != nil || settings.tokenKeyOrigin != nil else {
      throw CommandFailure(
        "neither TOLLGATE_JWT_SECRET nor TOLLGATE_JWT_JWKS is set; without one of them no token can be verified")
    }
    StopSignal.hold()
    let service = try Service(
      settings: settings, database: settings.servingDatabase,
      verifier: settings.startVerifier(secret: settings.tokenSecret))
    try service.start()
    StopSignal.wait()
    service.stop()
  }
}
