// Content as other programs encoded it: Python's gzip, Debian's brotli 1.0.9 and zstd 1.5.4.

enum EncodedContent {
  static let text = String(repeating: "The swift is a bird that sleeps in flight. ", count: 6)

  /// `text`, by the coding's name.
  static let texts: [String: [UInt8]] = [
    "gzip": bytes(
      "1f8b08000000000002030bc94855282ecf4c2b51c82c56485448ca2c4a5128c9482c5128ce494d2d2856c8cc5348cbc94ccf28d15308199e"
        + "4a01d84a89d502010000"),
    "br": bytes("1b0101f8056a72a4a7104850eb25f9b67a1052141a4ceb800c4947a998c2af3e64926ec5a7d18e404700"),
    "zstd": bytes(
      "28b52ffd6002008d0100b2c20911b0a903006cd602264bb8237398f0c8e422833cd353461d93d9c1535c4e54c762ec59ba70bb100100a33a"
        + "4a9501"),
  ]

  static let zeroCount = 1 << 20
  /// `zeroCount` zeros: a thousandth of it or less.
  static let zeros: [String: [UInt8]] = [
    "gzip": bytes("1f8b0800000000000203edc13101000000c2a0f54f6d085fa0") + [UInt8](repeating: 0, count: 1016)
      + bytes("3e031cea38a700001000"),
    "br": bytes("5bffff8f7f02201e0b0472ef1f00"),
    "zstd": bytes(
      "28b52ffda0000010005400001000000100fbff39c00202001000020010000200100002001000020010000200100003001000"),
  ]

  /// zstd with a window of 16 MiB, twice what may be asked of a receiver.
  static let wideZstd = bytes("28b52ffd00705400001000000100fbff39c00223030000")

  private static func bytes(_ hex: String) -> [UInt8] {
    let digits = Array(hex.utf8).map { $0 < 0x3a ? $0 - 0x30 : $0 - 0x57 }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }
}
