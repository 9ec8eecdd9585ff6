// Eventually: what is certain to come, waited for by looking.

import ApusRing

/// Looks until `condition` holds; false if it has not for longer than the busiest machine needs.
package func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
  let end = ContinuousClock.now + .seconds(120)
  while try !condition() {
    if ContinuousClock.now > end { return false }
    Pause.briefly()
  }
  return true
}
