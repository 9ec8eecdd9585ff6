// Seed: which seeds a randomised test runs, and the command line that repeats one of them.

internal import Glibc

package enum Seed {
  /// The seeds to run: `APUS_SEED=n` names a single one, `APUS_SEEDS=n` asks for the first
  /// n in place of `standard`.
  package static func list(standard count: Int) -> [UInt64] {
    if let seed = environment("APUS_SEED") { return [seed] }
    return (1...(environment("APUS_SEEDS") ?? UInt64(count))).map { $0 }
  }

  /// The command that repeats the failure of one seed.
  package static func commandLine(_ seed: UInt64, filter: String) -> String {
    "APUS_SEED=\(seed) swift test --filter '\(filter)'"
  }

  private static func environment(_ name: String) -> UInt64? {
    // Safety: the string that getenv returns is copied at once; nobody calls setenv meanwhile.
    guard let value = unsafe getenv(name) else { return nil }
    guard let number = unsafe UInt64(String(cString: value)), number > 0 else {
      preconditionFailure("\(name) is no positive number")
    }
    return number
  }
}
