// Queue: what waits for its turn, the oldest first: jobs and exchanges of a core, relays, pieces of a
// body, work to offload. With an array alone, to take the first moves all that wait behind it. Here
// the place of what was taken stays, empty, until half of all places are: each element taken pays for
// the move of one at most.

/// First in, first out. Cost: no allocation, once it has held as many.
///
/// An element that was taken is let go of at once. There are places for twice as many as wait, or for
/// `fewestEmpty` more; they are kept for as many again.
package struct Queue<Element> {
  /// Those before `position` are empty, those from it on are not.
  private var places: [Element?] = []
  private var position = 0

  /// So few empty places are left alone, also where nothing waits: to forget them
  /// costs some 100 instructions.
  package static var fewestEmpty: Int { 8 }

  package init() {}

  package var isEmpty: Bool { position == places.count }
  package var count: Int { places.count - position }
  /// Those that wait, and those that are empty.
  package var placeCount: Int { places.count }

  /// The next to be taken.
  package var first: Element? { isEmpty ? nil : places[position] }

  /// The last that was appended, if it waits still.
  package var last: Element? { isEmpty ? nil : places[places.count - 1] }

  package mutating func append(_ element: Element) { places.append(element) }

  /// Puts another in the place of the last. Traps if nothing waits.
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
