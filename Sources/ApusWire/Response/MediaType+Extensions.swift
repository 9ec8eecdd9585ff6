// From a file name's extension to its media type.

extension MediaType {
  /// The type for an extension without its dot, in any case; nil if it is not known.
  package init?(fileExtension: Span<UInt8>) {
    if fileExtension.equalsIgnoringCase("html") { self = .html } else { return nil }
  }

  /// The type for a file by its name or path; `octetStream` if it is not known.
  package static func forFile(named name: Span<UInt8>) -> MediaType {
    var dot = name.count - 1
    while dot >= 0, name[dot] != ASCII.dot, name[dot] != ASCII.slash { dot -= 1 }
    guard dot >= 0, name[dot] == ASCII.dot else { return .octetStream }
    return MediaType(fileExtension: name.extracting((dot + 1)..<name.count)) ?? .octetStream
  }
}
