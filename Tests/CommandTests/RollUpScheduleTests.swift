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
    #expect(schedule.tookTurn(isDone: true, busySeconds: 0, now: 105.5) == nil)
    #expect(schedule.secondsUntilRun(now: 105) == 10)
    #expect(schedule.beginsRun(now: 115, jitter: 1) == true)
    #expect(schedule.secondsUntilRun(now: 115) == 11)
  }

  @Test("turns follow each other while something is left, with rests seven times as long as each of them")
  func runs() {
    var schedule = RollUpSchedule(now: 0, jitter: 0)
    #expect(schedule.beginsRun(now: 0, jitter: 0.5) == true)
    #expect(schedule.tookTurn(isDone: false, busySeconds: 0.5, now: 0.5) == 3.5)
    #expect(schedule.takesNextTurn(now: 4) == true)
    #expect(schedule.tookTurn(isDone: false, busySeconds: 4.25, now: 4.25) == 1.75)
    #expect(schedule.takesNextTurn(now: 6) == true)
    #expect(schedule.tookTurn(isDone: true, busySeconds: 0, now: 6.25) == nil)
    #expect(schedule.beginsRun(now: 10, jitter: 0.5) == true)
  }

  @Test("while one runs, or rests, there is no other, and none after the stop")
  func slow() {
    var schedule = RollUpSchedule(now: 0, jitter: 0)
    #expect(schedule.beginsRun(now: 0, jitter: 0.5) == true)
    #expect(schedule.tookTurn(isDone: false, busySeconds: 4, now: 4) == 28)
    #expect(schedule.beginsRun(now: 10, jitter: 0.5) == false)
    #expect(schedule.secondsUntilRun(now: 10) == 10)
    #expect(schedule.takesNextTurn(now: 32) == true)
    schedule.stop()
    #expect(schedule.tookTurn(isDone: false, busySeconds: 33, now: 33) == nil)
    #expect(schedule.beginsRun(now: 40, jitter: 0.5) == false)
    #expect(schedule.secondsUntilRun(now: 40) == nil)
  }

  @Test("a stop in a rest ends it")
  func stopInRest() {
    var schedule = RollUpSchedule(now: 0, jitter: 0)
    #expect(schedule.beginsRun(now: 0, jitter: 0.5) == true)
    #expect(schedule.tookTurn(isDone: false, busySeconds: 1, now: 1) == 7)
    schedule.stop()
    #expect(schedule.takesNextTurn(now: 8) == false)
  }

  @Test("rests are as long as turns while the lanes work for less than a tenth of the time, since they were last asked")
  func idleLanes() {
    var schedule = RollUpSchedule(now: 0, jitter: 0)
    #expect(schedule.beginsRun(now: 0, jitter: 0.5) == true)
    // Nobody knows yet.
    #expect(schedule.tookTurn(isDone: false, busySeconds: 50, now: 0.5) == 3.5)
    #expect(schedule.takesNextTurn(now: 4) == true)
    #expect(schedule.tookTurn(isDone: false, busySeconds: 50.375, now: 4.5) == 0.5)
    #expect(schedule.takesNextTurn(now: 5) == true)
    #expect(schedule.tookTurn(isDone: false, busySeconds: 50.5, now: 5.5) == 3.5)
    #expect(schedule.takesNextTurn(now: 9) == true)
    #expect(schedule.tookTurn(isDone: true, busySeconds: 50.5, now: 9.5) == nil)
    // What was asked at the end of a run counts for the next one.
    #expect(schedule.beginsRun(now: 10, jitter: 0.5) == true)
    #expect(schedule.tookTurn(isDone: false, busySeconds: 50.5, now: 10.5) == 0.5)
  }
}
