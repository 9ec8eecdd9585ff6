// One way to undo three content codings, so that Swift sees neither zlib's, brotli's nor zstd's structures.
// Only ApusCompression uses it.

#ifndef CAPUS_COMPRESSION_H
#define CAPUS_COMPRESSION_H

#include <stddef.h>
#include <stdint.h>

enum apus_coding { APUS_CODING_GZIP, APUS_CODING_BROTLI, APUS_CODING_ZSTD };

enum apus_decoding {
  APUS_DECODING_GOES_ON,    // more input, or more room, is wanted
  APUS_DECODING_ENDED,      // at the end of a stream; another may follow where the coding allows it
  APUS_DECODING_MALFORMED,  // the input is not of the coding
  APUS_DECODING_NO_MEMORY,
};

// What one call did: bytes read of the input, bytes written of the output.
struct apus_decoding_step {
  size_t used;
  size_t made;
  enum apus_decoding state;
};

struct apus_decoder;

// A decoder, or NULL if there is no memory for one: gzip takes 40 KiB, brotli up to 16 MiB,
// zstd up to 8 MiB and a bit.
struct apus_decoder *apus_decoder_make(enum apus_coding coding);

void apus_decoder_free(struct apus_decoder *decoder);

// Reads of `input` and writes to `output` as much as both allow. It never waits and
// allocates within the bound above.
struct apus_decoding_step apus_decoder_decode(
  struct apus_decoder *decoder, const uint8_t *input, size_t input_count, uint8_t *output, size_t output_capacity);

#endif
