import Postgres
import Testbed
import Testing

@Suite("Where periods end")
struct PeriodTests {
  /// A kind of period, somewhere, and the ends that follow each other from a moment on, in UTC to the minute.
  struct Example: Sendable {
    let name: String
    var period = "day"
    var days: Int64 = 30
    var lastEnd: String?
    var anchor: String?
    var zone = "UTC"
    let from: String
    let ends: [String]

    init(
      _ name: String, _ period: String, days: Int64 = 30, lastEnd: String? = nil, anchor: String? = nil,
      zone: String = "UTC", from: String, ends: [String]
    ) {
      self.name = name
      self.period = period
      self.days = days
      self.lastEnd = lastEnd
      self.anchor = anchor
      self.zone = zone
      self.from = from
      self.ends = ends
    }
  }

  private static let endsFromThere = Statement(
    """
    WITH RECURSIVE following AS (
      SELECT 1 AS n, tollgate.period_end($1, $2::bigint::integer, $3::timestamptz, $4::timestamptz, $5, $6::timestamptz) AS ends_at
      UNION ALL
      SELECT n + 1, tollgate.period_end($1, $2::bigint::integer, ends_at, $4::timestamptz, $5, ends_at)
      FROM following
      WHERE n < $7::bigint AND ends_at IS NOT NULL
    )
    SELECT coalesce(to_char(ends_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'), 'never') FROM following ORDER BY n
    """)

  @Test("a period ends where the plan and the calendar say")
  func ends() async throws {
    try await Workplace.with { workplace in
      for example in Self.examples {
        let rows = try workplace.administrator.lines(
          Self.endsFromThere,
          [
            .text(example.period), .integer(example.days), .optional(example.lastEnd), .optional(example.anchor),
            .text(example.zone), .text(example.from), .integer(Int64(example.ends.count)),
          ])
        #expect(rows == example.ends, "\(example.name)")
      }
    }
  }

  @Test("every moment is in one period: it ends later, and is the same asked at any moment of it")
  func everyMoment() async throws {
    try await Workplace.with { workplace in
      // Half-hourly through spring and autumn, where clocks change by an hour, at midnight, and by half an hour.
      let violating = Statement(
        """
        WITH asked AS (
          SELECT period, anchor, at, tollgate.period_end(period, 30, NULL, anchor, $1, at) AS ends_at
          FROM (VALUES
              ('day', NULL), ('month', NULL), ('month', '2024-03-31 02:30+01'::timestamptz), ('quarter', NULL)
            ) AS kind (period, anchor),
            (VALUES ('2026-03-01Z'::timestamptz, '2026-05-02Z'::timestamptz), ('2026-09-30Z', '2026-11-02Z'))
              AS season (first, last),
            generate_series(first, last, '30 minutes') AS at
        ),
        neighbours AS (
          SELECT *, lead(at) OVER moments AS next_at, lead(ends_at) OVER moments AS next_end
          FROM asked
          WINDOW moments AS (PARTITION BY period, anchor ORDER BY at)
        )
        SELECT period, at, ends_at, next_end
        FROM neighbours
        WHERE ends_at <= at
          OR next_at < ends_at AND next_end <> ends_at
          OR next_at >= ends_at AND next_end <= ends_at
        """)
      for zone in ["Europe/Berlin", "America/Havana", "Africa/Cairo", "Australia/Lord_Howe"] {
        let violations = try workplace.administrator.lines(violating, [.text(zone)])
        #expect(violations == [], "\(zone)")
      }
    }
  }

  @Test("periods between two ends are as many as one comes by when going from each to the next")
  func counting() async throws {
    try await Workplace.with { workplace in
      let miscounted = try workplace.administrator.lines(
        """
        WITH RECURSIVE ends AS (
          SELECT kind.*, 0 AS n, first_end, first_end AS ends_at
          FROM (VALUES
              ('days', 7, NULL, 'UTC'), ('days', 30, NULL, 'UTC'), ('day', 30, NULL, 'America/Havana'),
              ('month', 30, NULL, 'Europe/Berlin'), ('month', 30, '2024-01-31 02:30+01'::timestamptz, 'Europe/Berlin'),
              ('quarter', 30, '2025-11-30 12:00+00', 'Asia/Beirut'), ('quarter', 30, NULL, 'Africa/Cairo')
            ) AS kind (period, period_days, anchor, zone),
            LATERAL (
              SELECT tollgate.period_end(period, period_days, '2026-01-05', anchor, zone, '2026-01-05') AS first_end
            ) AS first
          UNION ALL
          SELECT period, period_days, anchor, zone, n + 1, first_end,
            tollgate.period_end(period, period_days, ends_at, anchor, zone, ends_at)
          FROM ends
          WHERE n < 400
        )
        SELECT period, period_days, n, tollgate.periods_between(period, period_days, first_end, anchor, zone, first_end, ends_at)
        FROM ends
        WHERE tollgate.periods_between(period, period_days, first_end, anchor, zone, first_end, ends_at) <> n
          OR tollgate.periods_between(period, period_days, NULL, anchor, zone, first_end, ends_at) <> n
          OR tollgate.periods_between(period, period_days, first_end, anchor, zone, first_end, ends_at - interval '1 second')
            <> greatest(n - 1, CASE WHEN n = 0 THEN -1 ELSE 0 END)
        """)
      #expect(miscounted == [])
      #expect(
        try workplace.administrator.lines(
          """
          SELECT tollgate.periods_between('never', 30, NULL, NULL, 'UTC', '2026-01-01', '2027-01-01'),
            tollgate.periods_between('days', 30, '2026-01-01', NULL, 'UTC', '2026-01-01', NULL),
            tollgate.periods_between('day', 30, NULL, NULL, 'UTC', '0001-01-01', '10001-01-01')
          """) == ["||3652425"])
    }
  }

  @Test("it does not matter in which time zone a session is, nor whether the organization's is known")
  func foreignSession() async throws {
    try await Workplace.with { workplace in
      let ends = Statement(
        """
        SELECT string_agg(extract(epoch FROM tollgate.period_end(period, 30, '2026-03-01Z', NULL, zone, '2026-10-20Z'))::text, ' ')
        FROM unnest(ARRAY['days', 'day', 'month', 'quarter']) AS period,
          unnest(ARRAY['UTC', 'Europe/Berlin', 'Mars/Olympus', '', 'garbage; --', NULL]) AS zone
        """)
      let expected = try workplace.administrator.lines(ends)
      for zone in ["America/Havana", "Pacific/Apia", "Europe/Berlin"] {
        try workplace.administrator.script("SET timezone = '\(zone)'")
        #expect(try workplace.administrator.lines(ends) == expected)
      }
      try workplace.administrator.script("SET timezone = 'UTC'")
      #expect(
        try workplace.administrator.lines(
          """
          SELECT DISTINCT tollgate.period_end(period, 30, NULL, NULL, zone, '2026-10-20')
            = tollgate.period_end(period, 30, NULL, NULL, 'UTC', '2026-10-20')
          FROM unnest(ARRAY['day', 'month', 'quarter']) AS period,
            unnest(ARRAY['Mars/Olympus', '', 'garbage; --', NULL]) AS zone
          """) == ["t"])
    }
  }
}
