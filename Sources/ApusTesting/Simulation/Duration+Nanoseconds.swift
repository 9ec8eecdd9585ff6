extension Duration {
  /// Virtual time is counted in these.
  package var inNanoseconds: UInt64 { UInt64(self / .nanoseconds(1)) }
}
