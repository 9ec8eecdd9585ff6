// FileFields: a file's validators, and the field lines of its answers, rendered once.

package import ApusRing
package import ApusWire

package struct FileFields {
  /// With its quotes; `W/` in front while the file is younger than `settlingSeconds`.
  package let etag: SharedBytes
  /// Seconds since 1970; nil for a time in the future, which Last-Modified must not show (RFC 9110 8.8.2.1).
  package let lastModified: Int64?
  /// For 200 and 206: Content-Type, Last-Modified, ETag, Accept-Ranges, and the fields that were configured.
  package let complete: SharedBytes
  /// For 304: ETag, and the fields that were configured (RFC 9110 15.4.5).
  package let notModified: SharedBytes

  /// A change within this many seconds of the last may leave size and modification time as they were: clocks
  /// of file systems are coarse, and ours shows whole seconds.
  package static let settlingSeconds: Int64 = 2

  package init(
    _ metadata: FileMetadata, type: MediaType, isSettled: Bool, unixSeconds: Int64, common: SharedBytes
  ) {
    let tag = Self.render(metadata, isWeak: !isSettled)
    let modified = metadata.modifiedSeconds <= unixSeconds ? metadata.modifiedSeconds : nil
    etag = tag
    lastModified = modified
    complete = SharedBytes(capacity: 256 + type.text.utf8.count + tag.count + common.count) { output in
      output.append(ascii: "Content-Type: ")
      output.append(copying: type.text.utf8.span)
      if let modified {
        output.append(ascii: "\r\nLast-Modified: ")
        HTTPDate.write(unixSeconds: modified, into: &output)
      }
      output.append(ascii: "\r\nETag: ")
      output.append(copying: tag.span)
      output.append(ascii: "\r\nAccept-Ranges: bytes\r\n")
      output.append(copying: common.span)
    }
    notModified = SharedBytes(capacity: 16 + tag.count + common.count) { output in
      output.append(ascii: "ETag: ")
      output.append(copying: tag.span)
      output.append(ascii: "\r\n")
      output.append(copying: common.span)
    }
  }

  /// Whether a change after the file was opened moves its modification time.
  package static func isSettled(_ metadata: FileMetadata, unixSeconds: Int64) -> Bool {
    // Not the difference of the two: a file system may have a time that is as far away as a number can say.
    metadata.modifiedSeconds <= unixSeconds - settlingSeconds
  }

  /// Modification time in nanoseconds and size, both in hexadecimal (RFC 9110 8.8.3).
  private static func render(_ metadata: FileMetadata, isWeak: Bool) -> SharedBytes {
    SharedBytes(capacity: 48) { output in
      output.append(ascii: isWeak ? "W/\"" : "\"")
      let seconds = UInt64(bitPattern: metadata.modifiedSeconds)
      append(hex: seconds &* 1_000_000_000 &+ UInt64(metadata.modifiedNanoseconds), to: &output)
      output.append(ascii: "-")
      append(hex: UInt64(metadata.size), to: &output)
      output.append(ascii: "\"")
    }
  }

  private static func append(hex number: UInt64, to output: inout OutputSpan<UInt8>) {
    var shift = max(0, 60 - number.leadingZeroBitCount / 4 * 4)
    while shift >= 0 {
      let digit = UInt8(number >> UInt64(shift) & 0x0F)
      output.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
      shift -= 4
    }
  }
}
