import Testing

@testable import tollgate

@Suite("what a server does for the database, and when")
struct MaintenanceScheduleTests {
  typealias Work = MaintenanceSchedule.Work

  @Test("partitions come first and each hour, sweeps at the server's own place in the minute, the first everywhere")
  func beginning() {
    var schedule = MaintenanceSchedule(now: 1000, jitter: 0.25)
    #expect(
      schedule.takeWork(now: 1000, jitter: 0) == [
        .ensurePartitions, .dropExpiredPartitions, .dropEndedAuthorizations, .dropEndedDeliveries,
      ])
    #expect(schedule.secondsUntilWork(now: 1000) == 15)
    #expect(schedule.takeWork(now: 1014.9, jitter: 0) == [])
    #expect(schedule.takeWork(now: 1015, jitter: 0.5) == [.sweep(everywhere: true)])
    #expect(schedule.swept(0, everywhere: true) == .done(total: 0))
    #expect(schedule.secondsUntilWork(now: 1015) == 60)
    #expect(schedule.takeWork(now: 1075, jitter: 1) == [.sweep(everywhere: false)])
    #expect(schedule.secondsUntilWork(now: 1075) == 66)
    #expect(schedule.secondsUntilWork(now: 2000) == 0)
  }

  @Test("authorizations that have ended are dropped until fewer were there than are dropped at once, or it is stopped")
  func dropping() {
    var schedule = MaintenanceSchedule(now: 0, jitter: 0)
    #expect(schedule.dropped(999, by: .dropEndedAuthorizations) == nil)
    #expect(schedule.dropped(1000, by: .dropEndedAuthorizations) == .dropEndedAuthorizations)
    #expect(schedule.dropped(1001, by: .dropEndedDeliveries) == .dropEndedDeliveries)
    schedule.stop()
    #expect(schedule.dropped(1000, by: .dropEndedAuthorizations) == nil)
  }

  @Test("in a day there is a sweep a minute, more or less, and one an hour of them everywhere")
  func day() throws {
    for seed in [0.0, 0.3, 1.0] {
      var schedule = MaintenanceSchedule(now: 0, jitter: seed)
      var now = 0.0
      var counts = (partitions: 0, sweeps: 0, everywhere: 0)
      while now < 86_400 {
        for work in schedule.takeWork(now: now, jitter: seed) {
          switch work {
          case .ensurePartitions: counts.partitions += 1
          case .dropExpiredPartitions, .dropEndedAuthorizations, .dropEndedDeliveries: break
          case .sweep(let everywhere):
            counts.sweeps += 1
            if everywhere { counts.everywhere += 1 }
            #expect(schedule.swept(0, everywhere: everywhere) == .done(total: 0))
          }
        }
        let wait = try #require(schedule.secondsUntilWork(now: now))
        #expect(wait > 0 && wait <= 66)
        now += wait
      }
      #expect((24...25).contains(counts.partitions))
      #expect((1300...1610).contains(counts.sweeps))
      #expect((23...24).contains(counts.everywhere))
    }
  }

  @Test("sweeps follow each other while they find something, up to a limit")
  func runs() {
    var schedule = MaintenanceSchedule(now: 0, jitter: 0)
    #expect(schedule.takeWork(now: 0, jitter: 0.5).last == .sweep(everywhere: true))
    for _ in 1..<MaintenanceSchedule.longestRun {
      #expect(schedule.swept(50, everywhere: true) == .again(.sweep(everywhere: true)))
    }
    #expect(schedule.swept(50, everywhere: true) == .done(total: 50 * MaintenanceSchedule.longestRun))
    #expect(schedule.takeWork(now: 60, jitter: 0.5) == [.sweep(everywhere: false)])
    #expect(schedule.swept(1, everywhere: false) == .again(.sweep(everywhere: false)))
    #expect(schedule.swept(0, everywhere: false) == .done(total: 1))
  }

  @Test("while a sweep runs there is no other, and after one that failed there is")
  func slow() {
    var schedule = MaintenanceSchedule(now: 0, jitter: 0)
    #expect(schedule.takeWork(now: 0, jitter: 0.5).last == .sweep(everywhere: true))
    #expect(schedule.takeWork(now: 60, jitter: 0.5) == [])
    #expect(schedule.secondsUntilWork(now: 60) == 60)
    schedule.sweepFailed()
    #expect(schedule.takeWork(now: 120, jitter: 0.5) == [.sweep(everywhere: false)])
  }

  @Test("after the stop there is nothing more, nor after the sweep that was under way")
  func stopped() {
    var schedule = MaintenanceSchedule(now: 0, jitter: 0)
    #expect(schedule.takeWork(now: 0, jitter: 0.5).count == 5)
    schedule.stop()
    #expect(schedule.swept(50, everywhere: true) == .done(total: 50))
    #expect(schedule.takeWork(now: 7200, jitter: 0.5) == [])
    #expect(schedule.secondsUntilWork(now: 7200) == nil)
  }
}
