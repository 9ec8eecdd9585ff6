// TransferCodings: the members of all Transfer-Encoding lines of a head, judged as
// one list (RFC 9112 6.1, 7).

/// Whether a message's transfer codings come down to exactly one `chunked`.
struct TransferCodings {
  private var count = 0
  private var chunkedCount = 0
  private var endsInChunked = false
  private var isMalformed = false

  /// Takes in the value of one line.
  ///
  /// Unlike other lists, this one may have no empty member: RFC 9110 5.6.1 lets a recipient ignore those, and
  /// parsers that did so in different ways are how requests have been smuggled.
  mutating func note(_ value: Span<UInt8>) {
    var start = 0
    while true {
      var end = start
      while end < value.count, value[end] != ASCII.comma { end += 1 }
      noteMember(value.extracting(start..<end).trimmingBlanks())
      if end == value.count { return }
      start = end + 1
    }
  }

  private mutating func noteMember(_ name: Span<UInt8>) {
    count += 1
    var isToken = !name.isEmpty
    for index in name.indices where !name[index].isIn(ByteClass.token) { isToken = false }
    // `identity` meant "none" until RFC 7230 removed it: whoever still sends it may frame
    // the body in another way.
    if !isToken || name.equalsIgnoringCase("identity") { isMalformed = true }
    endsInChunked = name.equalsIgnoringCase("chunked")
    if endsInChunked { chunkedCount += 1 }
  }

  /// RFC 9112 6.1 and 6.3: anything but exactly `chunked` is refused, and so is a Content-Length beside it,
  /// which is how messages are smuggled and responses split. HTTP/1.0 knows no codings.
  @inline(never)
  func fault(besideLength: Bool, isOld: Bool) -> WireError? {
    if besideLength { return .lengthWithTransferEncoding }
    return isOld ? .transferEncodingInHTTP10 : fault
  }

  /// nil if the codings are just `chunked`. A single unknown coding, or some before a final `chunked`, is a
  /// request that is right in itself; everything else has no certain end.
  private var fault: WireError? {
    if isMalformed || chunkedCount > 1 { return .invalidTransferEncoding }
    if endsInChunked { return count == 1 ? nil : .unsupportedTransferCoding }
    return count == 1 ? .unsupportedTransferCoding : .invalidTransferEncoding
  }
}
