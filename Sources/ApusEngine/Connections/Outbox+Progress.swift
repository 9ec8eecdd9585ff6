// What the kernel has taken of an outbox, and what is left behind it.

import ApusRing

extension Outbox {
  /// Takes `sent` bytes off what was in flight, the head's first.
  @inline(__always)
  mutating func advance(by sent: Int) {
    precondition(sent <= flight.total, "\(sent) bytes sent of \(flight.total)")
    let ofHead = min(sent, flight.headBytes)
    sendStart += ofHead
    let ofBody = sent - ofHead
    if pieceStart < pieceEnd, flight.bodyBytes > 0 {
      pieceStart += ofBody
    } else {
      sourceRange = sourceRange.lowerBound + ofBody..<sourceRange.upperBound
    }
    sentBytes += UInt64(sent)
    flight = Flight()
  }

  /// Takes back a piece that was claimed and not filled.
  mutating func forgetPiece(_ pool: inout BlockPool) {
    sourceRange = sourceRange.lowerBound - pieceEnd..<sourceRange.upperBound
    pieceStart = 0
    pieceEnd = 0
    pool.release(piece)
    piece = .none
  }
}
