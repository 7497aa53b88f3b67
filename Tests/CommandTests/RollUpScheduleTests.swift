import Testing

@testable import tollgate

@Suite("when a server rolls up")
struct RollUpScheduleTests {
  @Test("at its own place in ten seconds, and ten seconds later again, more or less")
  func beginning() {
    var schedule = RollUpSchedule(now: 100, jitter: 0.5)
    #expect(schedule.beginsRun(now: 104.9, jitter: 0) == false)
    #expect(schedule.secondsUntilRun(now: 100) == 5)
    #expect(schedule.beginsRun(now: 105, jitter: 0.5) == true)
    #expect(schedule.tookTurn(isDone: true) == false)
    #expect(schedule.secondsUntilRun(now: 105) == 10)
    #expect(schedule.beginsRun(now: 115, jitter: 1) == true)
    #expect(schedule.secondsUntilRun(now: 115) == 11)
  }

  @Test("turns follow each other while something is left, up to a limit")
  func runs() {
    var schedule = RollUpSchedule(now: 0, jitter: 0)
    #expect(schedule.beginsRun(now: 0, jitter: 0.5) == true)
    for _ in 1..<RollUpSchedule.longestRun { #expect(schedule.tookTurn(isDone: false) == true) }
    #expect(schedule.tookTurn(isDone: false) == false)
    #expect(schedule.beginsRun(now: 10, jitter: 0.5) == true)
  }

  @Test("while one runs there is no other, and none after the stop")
  func slow() {
    var schedule = RollUpSchedule(now: 0, jitter: 0)
    #expect(schedule.beginsRun(now: 0, jitter: 0.5) == true)
    #expect(schedule.beginsRun(now: 10, jitter: 0.5) == false)
    #expect(schedule.secondsUntilRun(now: 10) == 10)
    schedule.stop()
    #expect(schedule.tookTurn(isDone: false) == false)
    #expect(schedule.beginsRun(now: 30, jitter: 0.5) == false)
    #expect(schedule.secondsUntilRun(now: 30) == nil)
  }
}
