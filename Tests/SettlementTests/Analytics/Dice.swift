/// Numbers that follow from a seed: a linear congruential generator with Knuth's constants for MMIX.
struct Dice {
  var state: UInt64

  /// A number from 0 to one less than `sides`.
  mutating func roll(_ sides: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((state >> 33) % UInt64(sides))
  }
}
