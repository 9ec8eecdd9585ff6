// LibraryDecoder: one of the three libraries at work on one response.

import Apus
import CApusCompression

/// A decoder of the C shim. The response body that owns it is the only one to call it.
@safe final class LibraryDecoder: ContentDecoder, @unchecked Sendable {
  // Safety of the unchecked conformance: owned by one response body, which one task reads at a time.
  private let decoder: OpaquePointer
  private(set) var isWhole = false

  /// nil if there is no memory for it.
  init?(_ coding: apus_coding) {
    guard let decoder = unsafe apus_decoder_make(coding) else { return nil }
    unsafe self.decoder = decoder
  }

  // Safety: made in `init`, and nobody else has it.
  deinit { unsafe apus_decoder_free(decoder) }

  func decode(
    _ input: Span<UInt8>, into output: inout OutputSpan<UInt8>
  ) throws(ContentDecodingError) -> Int {
    var step = apus_decoding_step()
    // Safety: the library reads and writes inside both, and keeps neither; it says how much it has written.
    unsafe input.withUnsafeBufferPointer { input in
      unsafe output.withUnsafeMutableBufferPointer { output, count in
        let free = output.extracting(count...)
        step = unsafe apus_decoder_decode(
          decoder, input.baseAddress, input.count, free.baseAddress, free.count)
        count += step.made
      }
    }
    switch step.state {
    case APUS_DECODING_MALFORMED: throw .malformed
    case APUS_DECODING_NO_MEMORY: throw .noMemory
    default: isWhole = step.state == APUS_DECODING_ENDED
    }
    return step.used
  }
}
