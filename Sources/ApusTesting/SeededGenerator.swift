// SeededGenerator: randomness that one number reproduces, for tests and for the simulated kernel.

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014): passes BigCrush,
/// has one word of state and any seed is a good one.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A generator whose numbers are independent of what this one yields next.
  package mutating func split() -> SeededGenerator { SeededGenerator(seed: next()) }

  /// Uniform in `0..<bound` (the bias of the multiplication is below 2^-32 for the bounds that tests use).
  package mutating func below(_ bound: Int) -> Int {
    precondition(bound > 0, "a number below \(bound)")
    return Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// Uniform in the range, both ends included.
  package mutating func within(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + below(range.upperBound - range.lowerBound + 1)
  }

  /// True with the given probability; draws a number even at 0, so that switching a fault
  /// off shifts nothing else.
  package mutating func chance(_ probability: Double) -> Bool {
    Double(next() >> 11) * 0x1p-53 < probability
  }

  package mutating func element<Element>(of choices: [Element]) -> Element { choices[below(choices.count)] }
}
