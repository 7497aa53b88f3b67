import Locking
import Testing

@testable import API

/// Looks end when the test says so, and the time is what it says.
@Suite("A look for everybody")
struct SharedLookTests {
  private final class Place: Sendable {
    let time = Mutex<Int64>(0)
    let under = Mutex<[@Sendable (String) -> Void]>([])
    let told = Mutex<[String]>([])

    func makeLook() -> SharedLook<String> {
      SharedLook(
        clock: SteadyMilliseconds { [self] in time.withLock { $0 } },
        look: { [self] completion in under.withLock { $0.append(completion) } })
    }

    func set(_ milliseconds: Int64) { time.withLock { $0 = milliseconds } }

    var lookCount: Int { under.withLock { $0.count } }

    /// Ends a look, and lets go of what it was to tell, which holds this place.
    func see(_ value: String, inLook number: Int) {
      let completion = under.withLock { under in
        let completion = under[number]
        under[number] = { _ in }
        return completion
      }
      completion(value)
    }

    func ask(_ look: SharedLook<String>) { look.ask { [self] value in told.withLock { $0.append(value) } } }
  }

  @Test("all who ask meanwhile, and within a second of its beginning, share one look")
  func shared() {
    let place = Place()
    let look = place.makeLook()
    for _ in 0..<3 { place.ask(look) }
    place.set(400)
    place.ask(look)
    #expect(place.lookCount == 1 && place.told.withLock { $0 } == [])
    place.see("a", inLook: 0)
    #expect(place.told.withLock { $0 } == ["a", "a", "a", "a"])
    place.set(999)
    place.ask(look)
    #expect(place.lookCount == 1 && place.told.withLock { $0.count } == 5)
    place.set(1_000)
    place.ask(look)
    #expect(place.lookCount == 2 && place.told.withLock { $0.count } == 5)
    place.see("b", inLook: 1)
    #expect(place.told.withLock { $0.last } == "b")
  }

  @Test("a look that takes longer than a second is the only one, and what it saw serves nobody later")
  func slow() {
    let place = Place()
    let look = place.makeLook()
    place.ask(look)
    place.set(5_000)
    place.ask(look)
    #expect(place.lookCount == 1)
    place.see("a", inLook: 0)
    #expect(place.told.withLock { $0 } == ["a", "a"])
    place.ask(look)
    #expect(place.lookCount == 2 && place.told.withLock { $0.count } == 2)
    place.see("b", inLook: 1)
    #expect(place.told.withLock { $0 } == ["a", "a", "b"])
  }
}
