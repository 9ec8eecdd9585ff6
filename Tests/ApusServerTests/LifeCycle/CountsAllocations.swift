import ApusHeapProbe
import Testing

/// Allocations are counted, as they are unless a sanitizer owns the heap.
private let isCounting: Bool = {
  let before = apus_heap_allocations()
  let block = UnsafeMutablePointer<UInt8>.allocate(capacity: 100)
  block.deallocate()
  return apus_heap_allocations() > before
}()

extension Trait where Self == ConditionTrait {
  /// For tests that say how often the heap may be asked.
  static var countsAllocations: ConditionTrait {
    .enabled(if: isCounting, "a sanitizer owns the heap, and nothing is counted")
  }
}
