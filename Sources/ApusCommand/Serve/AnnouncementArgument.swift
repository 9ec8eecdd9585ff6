// AnnouncementArgument: what `Keep-Alive: timeout=` says to clients, by flag or by default.

import ArgumentParser

/// `--announce-keepalive`: whole seconds, or nothing.
package enum AnnouncementArgument: Equatable, Sendable {
  case off
  case seconds(UInt16)

  static func parse(_ text: String) throws -> AnnouncementArgument {
    if text == "off" { return .off }
    guard let time = DurationArgument(argument: text), time.duration.components.attoseconds == 0,
      let seconds = UInt16(exactly: time.duration.components.seconds), seconds > 0
    else {
      throw ValidationError("the time to announce is in whole seconds, such as 70s or 2m, or it is off")
    }
    return .seconds(seconds)
  }

  /// Seconds to announce where nobody has said: below the time-out by a tenth of it, but by 1 s at least
  /// and 5 s at most. A client that believes it gives a connection up before the server does, even if its
  /// clock is coarse and its request is on the way for a while. nil for a time-out below 2 s: no whole
  /// second leaves that margin.
  package static func standard(below keepAlive: Duration) -> UInt16? {
    let margin = min(max(keepAlive / 10, .seconds(1)), .seconds(5))
    let seconds = (keepAlive - margin).components.seconds
    return seconds >= 1 ? UInt16(clamping: seconds) : nil
  }
}
