// AccessLogWriter: formats a record as a line. Each core has one, which the engine calls for each response;
// it fills a buffer and never writes to a file. Whatever a peer sends, a line stays one line and its quotes
// stay closed.

import ApusRing
import ApusWire

/// Appends lines to a core's log buffer. Allocates only the text of a new second.
package struct AccessLogWriter {
  /// The maximum bytes of one line, including its newline: the caller provides this much room.
  package static let lineByteLimit = 8192
  /// The maximum bytes of an escaped value; a longer value is cut and ends in three dots.
  static let requestByteLimit = 4096
  static let fieldByteLimit = 1024

  package let format: AccessLogFormat
  /// The text of `second`, in the layout of the format.
  private var timeText: [UInt8] = []
  private var second = Int64.min

  package init(_ format: AccessLogFormat) { self.format = format }

  /// Appends one line. Traps if `output` has less than `lineByteLimit` bytes of room.
  package mutating func append(_ record: borrowing AccessRecord, to output: inout OutputSpan<UInt8>) {
    precondition(
      output.freeCapacity >= Self.lineByteLimit,
      "a log line needs \(Self.lineByteLimit) bytes, there are \(output.freeCapacity)")
    renderTime(record.unixSeconds)
    switch format {
    case .common:
      appendCommon(record, to: &output)
      appendMark(record, to: &output)
    case .combined:
      appendCommon(record, to: &output)
      output.append(ascii: " \"")
      appendOrDash(record.referer, limit: Self.fieldByteLimit, to: &output)
      output.append(ascii: "\" \"")
      appendOrDash(record.userAgent, limit: Self.fieldByteLimit, to: &output)
      output.append(ascii: "\"")
      appendMark(record, to: &output)
    case .json: appendJSON(record, to: &output)
    }
    output.append(UInt8(ascii: "\n"))
  }

  private func appendCommon(_ record: borrowing AccessRecord, to output: inout OutputSpan<UInt8>) {
    record.peer.append(to: &output)
    output.append(ascii: " - - [")
    output.append(copying: timeText.span)
    output.append(ascii: "] \"")
    appendOrDash(record.requestLine, limit: Self.requestByteLimit, to: &output)
    output.append(ascii: "\" ")
    output.append(decimal: UInt64(record.status))
    output.append(ascii: " ")
    output.append(decimal: record.bodyBytes)
  }

  /// Appended last, where parsers of these formats expect more fields, or ignore the rest.
  private func appendMark(_ record: borrowing AccessRecord, to output: inout OutputSpan<UInt8>) {
    if record.isCut { output.append(ascii: " cut") }
  }

  private func appendOrDash(_ value: Span<UInt8>, limit: Int, to output: inout OutputSpan<UInt8>) {
    if value.isEmpty {
      output.append(ascii: "-")
    } else {
      output.append(quoted: value, limit: limit)
    }
  }

  private func appendJSON(_ record: borrowing AccessRecord, to output: inout OutputSpan<UInt8>) {
    output.append(ascii: "{\"time\":\"")
    output.append(copying: timeText.span)
    output.append(ascii: "\",\"peer\":\"")
    record.peer.append(to: &output)
    output.append(ascii: "\",\"request\":\"")
    output.append(json: record.requestLine, limit: Self.requestByteLimit)
    output.append(ascii: "\",\"status\":")
    output.append(decimal: UInt64(record.status))
    output.append(ascii: ",\"bytes\":")
    output.append(decimal: record.bodyBytes)
    output.append(ascii: record.isCut ? ",\"cut\":true" : ",\"cut\":false")
    output.append(ascii: ",\"duration_ns\":")
    output.append(decimal: record.durationNanoseconds)
    output.append(ascii: ",\"referer\":\"")
    output.append(json: record.referer, limit: Self.fieldByteLimit)
    output.append(ascii: "\",\"user_agent\":\"")
    output.append(json: record.userAgent, limit: Self.fieldByteLimit)
    if let security = record.security {
      output.append(ascii: "\",\"tls\":\"")
      output.append(copying: security.version.name.utf8.span)
      output.append(ascii: "\",\"suite\":\"")
      output.append(copying: security.suite.utf8.span)
    }
    output.append(ascii: "\"}")
  }

  /// Renders the time again if the second has changed. All times are UTC.
  private mutating func renderTime(_ unixSeconds: Int64) {
    if unixSeconds == second { return }
    second = unixSeconds
    timeText = LogTime(unixSeconds: unixSeconds).text(format)
  }
}
