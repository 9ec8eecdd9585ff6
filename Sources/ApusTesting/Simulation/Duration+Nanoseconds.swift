// Virtual time is counted in nanoseconds.

extension Duration {
  package var inNanoseconds: UInt64 { UInt64(self / .nanoseconds(1)) }
}
