import Testing

@testable import API

@Suite("when a key set is looked at")
struct KeyRefreshingTests {
  private let start = ContinuousClock.now
  private var refreshing: KeyRefreshing

  init() { refreshing = KeyRefreshing(timing: .url, now: start) }

  private func at(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

  @Test("the first look is due at once, and there is one at a time")
  mutating func first() {
    let (first, second) = (refreshing.beginIfDue(at: start), refreshing.beginIfDue(at: start))
    #expect(first)
    #expect(!second)
    #expect(!refreshing.hasSucceeded)
  }

  @Test("who needs a key joins the look under way for five seconds, and is refused from then on")
  mutating func joining() {
    let demands = [refreshing.demand(at: start)] + [0, 4.9, 5, 60].map { refreshing.demand(at: at($0)) }
    #expect(demands == [.begin, .join, .join, .refuse, .refuse])
  }

  @Test("an unknown key leads to a look no sooner than 30 seconds after the last one began, however that ended")
  mutating func demands() {
    _ = refreshing.beginIfDue(at: start)
    refreshing.succeeded(at: at(1), maximumAgeSeconds: nil, jitter: 0)
    var demands = [1, 15, 29.9].map { refreshing.demand(at: at($0)) }
    #expect(demands == [.refuse, .refuse, .refuse])
    demands = [30, 31].map { refreshing.demand(at: at($0)) }
    #expect(demands == [.begin, .join])
    refreshing.failed(at: at(32), jitter: 1)
    demands = [32, 59.9, 60].map { refreshing.demand(at: at($0)) }
    #expect(demands == [.refuse, .refuse, .begin])
  }

  @Test(
    "the next look is due after ten minutes, or when the server says so, within bounds",
    arguments: [(nil, 600), (0, 60), (1, 60), (61, 61), (3600, 3600), (86_400, 3600)] as [(Int?, Double)])
  mutating func ages(maximumAgeSeconds: Int?, seconds: Double) {
    _ = refreshing.beginIfDue(at: start)
    refreshing.succeeded(at: start, maximumAgeSeconds: maximumAgeSeconds, jitter: 0)
    #expect(refreshing.nextLook == at(seconds))
    let early = refreshing.beginIfDue(at: at(seconds - 0.1))
    let due = refreshing.beginIfDue(at: at(seconds))
    #expect(!early)
    #expect(due)
    refreshing.succeeded(at: start, maximumAgeSeconds: maximumAgeSeconds, jitter: 1)
    #expect(refreshing.nextLook >= at(seconds * 0.9 - 0.001))
    #expect(refreshing.nextLook <= at(seconds * 0.9 + 0.001))
  }

  @Test("failures are tried again after 2 seconds, then twice as long each time, and each minute in the end")
  mutating func failures() {
    var now = start
    var waits: [Duration] = []
    for _ in 1...40 {
      let began = refreshing.beginIfDue(at: now)
      #expect(began)
      refreshing.failed(at: now, jitter: 1)
      waits.append(refreshing.nextLook - now)
      now = refreshing.nextLook
    }
    #expect(Array(waits.prefix(6)) == [2, 4, 8, 16, 32, 60].map { Duration.seconds($0) })
    #expect(waits.dropFirst(6).allSatisfy { $0 == .seconds(60) })
    refreshing.succeeded(at: now, maximumAgeSeconds: nil, jitter: 0)
    refreshing.failed(at: now, jitter: 0)
    #expect(refreshing.nextLook - now == .seconds(1))
  }

  @Test("keys are good for a day without a successful look")
  mutating func retention() {
    #expect(!refreshing.mayKeep(at: start))
    refreshing.succeeded(at: start, maximumAgeSeconds: nil, jitter: 0)
    for seconds in [1.0, 80_000] { refreshing.failed(at: at(seconds), jitter: 0) }
    #expect(refreshing.mayKeep(at: at(86_399)))
    #expect(!refreshing.mayKeep(at: at(86_400)))
    #expect(refreshing.hasSucceeded)
  }

  @Test(
    "max-age is read where it is a number",
    arguments: [
      ("max-age=300", 300), ("public, max-age=7, must-revalidate", 7), ("PUBLIC,MAX-AGE=0", 0), ("no-store", 0),
      ("max-age=60, no-cache", 0), ("", nil), ("public", nil), ("max-age", nil), ("max-age=", nil),
      ("max-age=-1", nil), ("max-age=+1", nil), ("max-age=1.5", nil), ("max-age=\"5\"", nil),
      ("max-age=9999999999", nil),
      ("s-maxage=5", nil), ("max-age=٣", nil),
    ] as [(String, Int?)])
  func maximumAges(field: String, seconds: Int?) {
    #expect(KeyOrigin.maximumAge(field) == seconds)
  }

  @Test("a setting is an https URL or a file's path, and never a URL of another kind")
  func settings() {
    #expect(KeyOrigin("/etc/keys.json", certificateFile: "c") == .file(path: "/etc/keys.json"))
    #expect(KeyOrigin("keys.json", certificateFile: nil) == .file(path: "keys.json"))
    for url in ["https://keys.example/a?b=c", "HTTPS://keys.example", "https://[::1]:8443/keys"] {
      #expect(KeyOrigin(url, certificateFile: "c") == .url(url, certificateFile: "c"))
    }
    for bad in [
      "http://keys.example", "ftp://keys.example", "file:///etc/keys.json", "https://", "https:keys.example",
      "https://user@keys.example", "https://user:password@keys.example", "https://keys.example#fragment", "://",
    ] {
      #expect(KeyOrigin(bad, certificateFile: nil) == nil, "\(bad)")
    }
    #expect(KeyOrigin("https://keys.example/a?secret=b", certificateFile: nil)?.shown == "https://keys.example/a?…")
  }
}
