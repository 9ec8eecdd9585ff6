// Queue: first in, first out, for the jobs and exchanges of a core, relays, chunks of a body, and offloaded
// work. In an array, taking the first element moves all others. Here the place of a taken element stays,
// empty, until half of all places are empty: each element taken pays for moving at most one.

/// First in, first out. Cost: no allocation, once it has held as many elements.
///
/// A taken element is released at once. The queue has places for twice as many elements as wait, or for
/// `fewestEmpty` more; removing empty places keeps the memory for reuse.
package struct Queue<Element> {
  /// The places before `position` are empty, those from it on are not.
  private var places: [Element?] = []
  private var position = 0

  /// So few empty places are not removed, even if nothing waits: removing them costs some 100 instructions.
  package static var fewestEmpty: Int { 8 }

  package init() {}

  package var isEmpty: Bool { position == places.count }
  package var count: Int { places.count - position }
  /// The waiting elements and the empty places.
  package var placeCount: Int { places.count }

  /// The next element to be taken.
  package var first: Element? { isEmpty ? nil : places[position] }

  /// The last element that was appended, if it still waits.
  package var last: Element? { isEmpty ? nil : places[places.count - 1] }

  package mutating func append(_ element: Element) { places.append(element) }

  /// Replaces the last element. Traps if nothing waits.
  package mutating func replaceLast(with element: Element) {
    precondition(!isEmpty, "nothing waits")
    places[places.count - 1] = element
  }

  package mutating func popFirst() -> Element? {
    guard position < places.count else { return nil }
    let element = places[position].take()
    position += 1
    if position >= Self.fewestEmpty, 2 * position >= places.count { forgetEmpty() }
    return element
  }

  private mutating func forgetEmpty() {
    places.removeFirst(position)
    position = 0
  }

  package mutating func removeAll() {
    places.removeAll(keepingCapacity: true)
    position = 0
  }
}

extension Queue: Sendable where Element: Sendable {}
