// From a file's name to its media type.

extension MediaType {
  /// The type for an extension without its dot, in any case; nil if it is not known. Allocates nothing,
  /// except that the first look-up of all builds the table.
  package init?(fileExtension: Span<UInt8>) {
    guard let key = MediaTypeTable.key(fileExtension), let type = MediaTypeTable.types[key] else {
      return nil
    }
    self = type
  }

  /// The type for a file by its name or path; `octetStream` if it is not known, or if the name has no
  /// extension. A name that starts with its only dot has none.
  package static func forFile(named name: Span<UInt8>) -> MediaType {
    var dot = name.count - 1
    while dot > 0, name[dot] != ASCII.dot, name[dot] != ASCII.slash { dot -= 1 }
    guard dot > 0, name[dot] == ASCII.dot, name[dot - 1] != ASCII.slash else { return .octetStream }
    return MediaType(fileExtension: name.extracting((dot + 1)..<name.count)) ?? .octetStream
  }
}
