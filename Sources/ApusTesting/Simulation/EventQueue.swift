// EventQueue: what will happen, by virtual time. Events of one instant happen in the order in which they were
// added, so a run depends on its seed alone.

/// A binary heap keyed by (time, order of insertion). Not generic: debug builds would not specialise it.
struct EventQueue {
  typealias Event = SimulatedKernel.Event

  private struct Entry {
    var time: UInt64
    var order: UInt64
    var event: Event

    func precedes(_ other: Entry) -> Bool { time == other.time ? order < other.order : time < other.time }
  }

  private var heap: [Entry] = []
  private var nextOrder: UInt64 = 0

  var isEmpty: Bool { heap.isEmpty }
  var count: Int { heap.count }
  var nextTime: UInt64? { heap.first?.time }

  mutating func add(_ event: Event, at time: UInt64) {
    heap.append(Entry(time: time, order: nextOrder, event: event))
    nextOrder += 1
    var index = heap.count - 1
    while index > 0 {
      let parent = (index - 1) / 2
      guard heap[index].precedes(heap[parent]) else { break }
      heap.swapAt(index, parent)
      index = parent
    }
  }

  /// Takes out the first event if its time has come.
  mutating func pop(by now: UInt64) -> Event? {
    guard let first = heap.first, first.time <= now else { return nil }
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var index = 0
    while true {
      var least = index
      for child in [2 * index + 1, 2 * index + 2]
      where child < heap.count && heap[child].precedes(heap[least]) {
        least = child
      }
      if least == index { return first.event }
      heap.swapAt(index, least)
      index = least
    }
  }
}
