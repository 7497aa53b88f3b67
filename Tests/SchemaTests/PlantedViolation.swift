import Testing

/// A change that makes one invariant false, and the check that has to see it.
struct PlantedViolation: Sendable, CustomTestStringConvertible {
  let check: String
  let what: String
  /// Runs as the superuser in a transaction that is rolled back, so that roles, which belong to the whole cluster, can
  /// be changed too.
  let sql: String
  /// Checks that see it as well: a row of the ledger that is changed is also one that was rolled up otherwise.
  let alsoSeenBy: Set<String>

  init(_ check: String, _ what: String, _ sql: String, alsoSeenBy: Set<String> = []) {
    self.check = check
    self.what = what
    self.sql = sql
    self.alsoSeenBy = alsoSeenBy
  }

  var testDescription: String { "\(check): \(what)" }

  /// Three Pro organizations. The first has four uses of generate_goal (balances 17, 14, 11, 8; the second without a
  /// key) and one remembered refusal; the third a pack, of which 10 were spent and 6 came back, a captured and an open
  /// reservation, and an event. The first and the service have an API key each. The first has an active attribute and an
  /// inactive one, and a cache that granted a call, is connected to a provider, and has an alert
  /// that is raised and on its way to a webhook.
  static let setting = """
    SELECT tollgate.create_organization('First', 'pro', 'UTC', '00000000-0000-4000-8000-000000000001');
    SELECT tollgate.create_organization('Second', 'pro', 'UTC', '00000000-0000-4000-8000-000000000002');
    SELECT tollgate.deduct('00000000-0000-4000-8000-000000000001', NULL, 'generate_goal', 1, 'first');
    SELECT tollgate.deduct('00000000-0000-4000-8000-000000000001', NULL, 'generate_goal');
    SELECT tollgate.deduct('00000000-0000-4000-8000-000000000001', NULL, 'generate_goal', 1, 'third');
    SELECT tollgate.deduct('00000000-0000-4000-8000-000000000001', NULL, 'generate_goal', 1, 'fourth');
    SELECT tollgate.deduct('00000000-0000-4000-8000-000000000001', NULL, 'generate_goal', 100, 'refused');
    SELECT tollgate.create_organization('Third', 'pro', 'UTC', '00000000-0000-4000-8000-000000000003');
    SELECT tollgate.top_up('00000000-0000-4000-8000-000000000003', 'forecast', 500, 'payment');
    SELECT tollgate.refund('00000000-0000-4000-8000-000000000003', charge.transaction_id, 6)
    FROM tollgate.deduct('00000000-0000-4000-8000-000000000003', NULL, 'forecast_revenue', 10) AS charge;
    SELECT tollgate.capture('00000000-0000-4000-8000-000000000003', held.transaction_id, 4, 'captured')
    FROM tollgate.reserve('00000000-0000-4000-8000-000000000003', NULL, 'generate_goal', 2) AS held;
    SELECT tollgate.release('00000000-0000-4000-8000-000000000003', held.transaction_id, 'released')
    FROM tollgate.reserve('00000000-0000-4000-8000-000000000003', NULL, 'generate_goal', 2, 300, 'reserved') AS held;
    SELECT tollgate.extend('00000000-0000-4000-8000-000000000003', held.transaction_id, 600, 'extended')
    FROM tollgate.reserve('00000000-0000-4000-8000-000000000003', NULL, 'generate_goal', 2) AS held;
    SELECT tollgate.deduct('00000000-0000-4000-8000-000000000003', NULL, 'generate_goal', 2);
    SELECT tollgate.create_key('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-0000000000a1',
      sha256('first'), 'First', '{read,spend}');
    SELECT tollgate.create_key(NULL, '00000000-0000-4000-8000-0000000000a2', sha256('second'), 'Second', '{admin}');
    SELECT tollgate.save_attribute('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-0000000000b1',
      'Answer in two sentences.', '["How do I export a report?"]', '"export"');
    SELECT tollgate.save_attribute('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-0000000000b2',
      'Be kind.', active => false);
    SELECT tollgate.set_cache('00000000-0000-4000-8000-000000000001', 'prices', '{title}', 60);
    SELECT tollgate.ask_cache('00000000-0000-4000-8000-000000000001', NULL, false, 'prices', '{"title": "a"}',
      '00000000-0000-4000-8000-0000000000a3');
    INSERT INTO tollgate.providers (provider, authorization_url, token_url, client_id, client_secret, redirect_uri)
    VALUES ('drive', 'https://a.example/', 'https://a.example/token', 'tollgate', \(sealed), 'https://b.example/');
    SELECT tollgate.connect_credential('00000000-0000-4000-8000-000000000001', NULL, false, 'drive', \(sealed),
      \(sealed), 3600000, 3540000);
    SELECT tollgate.begin_authorization('00000000-0000-4000-8000-000000000001', NULL, false, 'drive', sha256('state'),
      \(sealed));
    \(raisedAlert)
    SELECT tollgate.roll_up();
    """

  static let all =
    balances + movements + keys + catalogue + isolation + operation + credentials + content + decisions + vault
    + administration + alerts + analytics + payments
}
