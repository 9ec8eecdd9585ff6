// KernelProfile: what older kernels make the server do, on whatever kernel the tests run.

import Testing

/// A way in which connections become slots.
enum KernelProfile: CaseIterable {
  /// Whatever this kernel is good at.
  case running
  /// Before Linux 6.13.
  case ordinaryDescriptors
  /// Linux 6.3 to 6.7, where multishot accept answers wrong descriptors.
  case singleAccepts

  @TaskLocal static var current = KernelProfile.running
}

/// Runs each test of a suite once per profile.
struct EveryKernel: SuiteTrait, TestTrait, TestScoping {
  var isRecursive: Bool { true }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    for profile in KernelProfile.allCases {
      try await KernelProfile.$current.withValue(profile) { try await function() }
    }
  }
}

extension Trait where Self == EveryKernel {
  static var everyKernel: EveryKernel { EveryKernel() }
}
