import Postgres
import Testbed
import Testing
import Tokens

@Suite("Windows of limits")
struct LimitWindowTests {
  @Test("a window of seconds begins with its first use and ends as many seconds later")
  func seconds() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try workplace.limit("two_a_minute", window: "seconds", seconds: 60, maximum: 2)
      try workplace.setClock("2027-01-31 12:00:00+00")
      try workplace.take(1, from: tenant)
      #expect(try workplace.bound(1, tenant) == nil)
      try workplace.setClock("2027-01-31 12:00:50.25+00")
      try workplace.take(1, from: tenant)
      #expect(try workplace.bound(1, tenant) == "two_a_minute 10")
      try workplace.setClock("2027-01-31 12:00:59.999999+00")
      #expect(try workplace.bound(1, tenant) == "two_a_minute 1")
      try workplace.setClock("2027-01-31 12:01:00+00")
      #expect(try workplace.bound(1, tenant) == nil)
      try workplace.take(1, from: tenant)
      #expect(try workplace.counted("two_a_minute", of: tenant) == ["1|0"])
    }
  }

  @Test("between two uses lie as many seconds as spacing says")
  func spacing() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try workplace.enable("request_spacing")
      try workplace.setClock("2027-01-31 12:00:00+00")
      #expect(try workplace.bound(1, tenant) == nil)
      try workplace.take(1, from: tenant)
      #expect(try workplace.bound(1, tenant) == "request_spacing 3")
      #expect(try workplace.bound(1, tenant, by: tenant.otherMember) == nil)
      try workplace.setClock("2027-01-31 12:00:02.5+00")
      #expect(try workplace.bound(1, tenant) == "request_spacing 1")
      try workplace.setClock("2027-01-31 12:00:03+00")
      #expect(try workplace.bound(1, tenant) == nil)
      try workplace.take(1, from: tenant)
      try workplace.setClock("2027-01-31 12:00:05+00")
      #expect(try workplace.bound(1, tenant) == "request_spacing 1")
      // A transaction that began before the last use, but has its turn after it.
      try workplace.setClock("2027-01-31 12:00:01+00")
      #expect(try workplace.bound(1, tenant) == "request_spacing 5")
    }
  }

  @Test("a request by itself is bounded, and leaves no count")
  func request() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try workplace.enable("tokens_per_request")
      #expect(try workplace.bound(10, tenant) == nil)
      // Waiting does not help.
      #expect(try workplace.bound(11, tenant) == "tokens_per_request")
      try workplace.take(10, from: tenant)
      #expect(try workplace.bound(10, tenant) == nil)
      #expect(try workplace.count("tollgate.limit_uses", of: tenant) == 0)
    }
  }

  @Test("after as many refusals as a limit says nothing is granted until its window ends")
  func refusals() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try workplace.enable("failed_attempts")
      for attempt in 1...5 {
        try workplace.setClock("2027-01-31 12:00:0\(attempt)+00")
        #expect(try workplace.bound(1, tenant) == nil)
        _ = try workplace.administrator.query(
          "SELECT tollgate.count_refusal($1::uuid, $2::uuid, 'generate_insight', 'general')",
          [tenant.parameter, .text(tenant.member.description)])
      }
      #expect(try workplace.bound(1, tenant) == "failed_attempts 3596")
      #expect(try workplace.bound(0, tenant) == "failed_attempts 3596")
      #expect(try workplace.bound(1, tenant, by: tenant.otherMember) == nil)
      // What is granted is no failed attempt.
      try workplace.take(1, from: tenant)
      #expect(try workplace.counted("failed_attempts", of: tenant) == ["5|0"])
      try workplace.setClock("2027-01-31 13:00:01+00")
      #expect(try workplace.bound(1, tenant) == nil)
    }
  }

  /// Where a day or month begins and ends: the time zone, the last moment before the window, its first, and its seconds.
  private static let calendars: [(zone: String, window: String, before: String, first: String, seconds: Int)] = [
    ("UTC", "day", "2027-01-30 23:59:59.999999+00", "2027-01-31 00:00+00", 86_400),
    ("Asia/Kolkata", "day", "2027-01-30 18:29:59.999999+00", "2027-01-30 18:30+00", 86_400),
    // The clocks go forward: 23 hours; back: 25.
    ("Europe/Berlin", "day", "2027-03-27 22:59:59.999999+00", "2027-03-27 23:00+00", 82_800),
    ("Europe/Berlin", "day", "2027-10-30 21:59:59.999999+00", "2027-10-30 22:00+00", 90_000),
    // At midnight to 1 o'clock: the day before has no midnight of its own to end with. 23 hours.
    ("Asia/Beirut", "day", "2027-03-27 21:59:59.999999+00", "2027-03-27 22:00+00", 82_800),
    // At 1 o'clock to midnight, which comes twice.
    ("America/Havana", "day", "2027-11-07 03:59:59.999999+00", "2027-11-07 04:00+00", 90_000),
    ("UTC", "month", "2027-01-31 23:59:59.999999+00", "2027-02-01 00:00+00", 28 * 86_400),
    ("America/New_York", "month", "2027-03-01 04:59:59.999999+00", "2027-03-01 05:00+00", 31 * 86_400 - 3600),
  ]

  @Test("days and months are those of the organization's calendar", arguments: calendars.indices)
  func calendar(row: Int) async throws {
    let (zone, window, before, first, seconds) = Self.calendars[row]
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      _ = try workplace.administrator.query("UPDATE public.organizations SET time_zone = $1", [.text(zone)])
      try workplace.limit("calls", window: window, maximum: 1)
      try workplace.setClock(before)
      try workplace.take(1, from: tenant)
      #expect(try workplace.bound(1, tenant) == "calls 1")
      try workplace.setClock(first)
      #expect(try workplace.bound(1, tenant) == nil)
      try workplace.take(1, from: tenant)
      #expect(try workplace.bound(1, tenant) == "calls \(seconds)")
      #expect(try workplace.counted("calls", of: tenant) == ["1|1"])
    }
  }

  @Test("who began before midnight and has its turn after it, counts in the day in which it began")
  func late() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try workplace.limit("calls", window: "day", maximum: 2)
      try workplace.setClock("2027-01-30 23:59:58+00")
      try workplace.take(1, from: tenant)
      try workplace.setClock("2027-01-31 00:00:01+00")
      try workplace.take(1, from: tenant)
      try workplace.take(1, from: tenant)
      #expect(try workplace.bound(1, tenant) == "calls 86399")
      try workplace.setClock("2027-01-30 23:59:59+00")
      #expect(try workplace.bound(1, tenant) == nil)
      try workplace.take(1, from: tenant)
      #expect(try workplace.counted("calls", of: tenant) == ["2|2"])
      #expect(try workplace.bound(1, tenant) == "calls 1")
      try workplace.setClock("2027-01-31 00:00:02+00")
      #expect(try workplace.bound(1, tenant) == "calls 86398")
      // The day before has nothing to remember after a day without a use.
      try workplace.setClock("2027-02-02 12:00+00")
      try workplace.take(1, from: tenant)
      #expect(try workplace.counted("calls", of: tenant) == ["1|0"])
    }
  }

  @Test("an organization that moves to another time zone gets no second quota for the same hours")
  func otherTimeZone() async throws {
    try await Workplace.with { workplace in
      let tenant = try workplace.tenant()
      try workplace.limit("calls", window: "day", maximum: 1)
      try workplace.setClock("2027-01-31 02:00+00")
      try workplace.take(1, from: tenant)
      _ = try workplace.administrator.query("UPDATE public.organizations SET time_zone = 'America/New_York'")
      #expect(try workplace.bound(1, tenant) == "calls 10800")
      try workplace.setClock("2027-01-31 05:00+00")
      #expect(try workplace.bound(1, tenant) == nil)
    }
  }
}
