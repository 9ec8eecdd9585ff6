// A client straight on the library, which does what a good client would not.

import ApusEngine
import CApusTLS

final class RawPeer {
  let ssl: OpaquePointer
  private let input = BIO_new(BIO_s_mem())!
  private let output = BIO_new(BIO_s_mem())!
  let server: End

  init(
    _ server: End, versions: ClosedRange<Int32> = TLS1_2_VERSION...TLS1_3_VERSION,
    suites: String = "DEFAULT@SECLEVEL=0"
  ) {
    self.server = server
    let context = SSL_CTX_new(TLS_client_method())
    SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(versions.lowerBound), nil)
    SSL_CTX_ctrl(context, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(versions.upperBound), nil)
    SSL_CTX_set_cipher_list(context, suites)
    ssl = SSL_new(context)
    SSL_CTX_free(context)
    SSL_set_bio(ssl, input, output)
    SSL_set_connect_state(ssl)
  }

  deinit { SSL_free(ssl) }

  /// Runs `body`, and lets both talk until nothing moves.
  func talk(_ body: () -> Void = {}) {
    body()
    while true {
      SSL_do_handshake(ssl)
      var byte: UInt8 = 0
      SSL_read(ssl, &byte, 1)
      let bytes = taken()
      if bytes.isEmpty && server.outbox.isEmpty { break }
      server.inbox += bytes
      server.run()
      BIO_write(input, server.outbox, Int32(server.outbox.count))
      server.outbox = []
    }
    ERR_clear_error()
  }

  private func taken() -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 256 << 10)
    let count = BIO_read(output, &bytes, Int32(bytes.count))
    return count > 0 ? Array(bytes[..<Int(count)]) : []
  }
}
