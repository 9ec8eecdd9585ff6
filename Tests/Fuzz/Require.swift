// Require: the fuzz targets' own precondition. The standard one says nothing when optimised.

/// Ends the process with `message` unless `condition` holds; libFuzzer then keeps the input.
func require(_ condition: Bool, _ message: @autoclosure () -> String) {
  if !condition { fatalError(message()) }
}
