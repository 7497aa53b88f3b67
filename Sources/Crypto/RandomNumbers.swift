import Glibc
import Locking

/// Unpredictable numbers for whoever needs a few of them often, from any thread.
///
/// They are the kernel's, which is asked for many at a time: a system call for each costs more than what is done with
/// it. None is given out twice.
public final class RandomNumbers: Sendable {
  private struct Reserve {
    /// The first `count` are still to be given out.
    var numbers: [UInt64]
    var count = 0

    mutating func next() -> UInt64 {
      if count == 0 { refill() }
      count -= 1
      let number = numbers[count]
      numbers[count] = 0
      return number
    }

    private mutating func refill() {
      let isFilled = numbers.withUnsafeMutableBytes { bytes in
        guard let start = bytes.baseAddress else { return false }
        return getentropy(start, bytes.count) == 0
      }
      if !isFilled {
        // A kernel that refuses: the standard library knows other ways, and stops the process when there is none.
        var system = SystemRandomNumberGenerator()
        for index in numbers.indices { numbers[index] = system.next() }
      }
      count = numbers.count
    }
  }

  /// 256 bytes: the most that getentropy(3) gives at once.
  private static let reserveCount = 32

  private let reserve = Mutex(Reserve(numbers: Array(repeating: 0, count: reserveCount)))

  public init() {}

  /// Two numbers of 64 random bits each.
  public func pair() -> (UInt64, UInt64) {
    reserve.withLock { ($0.next(), $0.next()) }
  }
}
