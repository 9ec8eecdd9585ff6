// The three libraries behind one call: zlib (RFC 1952), brotli (RFC 7932), zstd (RFC 8878).

#include "CApusCompression.h"

#include <brotli/decode.h>
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

// RFC 9659: a zstd window above 8 MiB need not be understood by who asks for the coding.
#define ZSTD_WINDOW_LOG 23
// A gzip wrapper, and nothing else, is accepted: zlib.h, inflateInit2.
#define GZIP_WINDOW_BITS (MAX_WBITS + 16)

struct apus_decoder {
  enum apus_coding coding;
  int ended;  // at the end of a stream: what follows begins another
  z_stream gzip;
  BrotliDecoderState *brotli;
  ZSTD_DCtx *zstd;
};

struct apus_decoder *apus_decoder_make(enum apus_coding coding) {
  struct apus_decoder *decoder = calloc(1, sizeof *decoder);
  if (!decoder) return NULL;
  decoder->coding = coding;
  int made = 0;
  switch (coding) {
    case APUS_CODING_GZIP:
      made = inflateInit2(&decoder->gzip, GZIP_WINDOW_BITS) == Z_OK;
      break;
    case APUS_CODING_BROTLI:
      decoder->brotli = BrotliDecoderCreateInstance(NULL, NULL, NULL);
      made = decoder->brotli != NULL;
      break;
    case APUS_CODING_ZSTD:
      decoder->zstd = ZSTD_createDCtx();
      made = decoder->zstd && !ZSTD_isError(ZSTD_DCtx_setParameter(decoder->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG));
      if (!made) ZSTD_freeDCtx(decoder->zstd);
      break;
  }
  if (!made) {
    free(decoder);
    return NULL;
  }
  return decoder;
}

void apus_decoder_free(struct apus_decoder *decoder) {
  switch (decoder->coding) {
    case APUS_CODING_GZIP: inflateEnd(&decoder->gzip); break;
    case APUS_CODING_BROTLI: BrotliDecoderDestroyInstance(decoder->brotli); break;
    case APUS_CODING_ZSTD: ZSTD_freeDCtx(decoder->zstd); break;
  }
  free(decoder);
}

static uInt clamped(size_t count) { return count > UINT_MAX ? UINT_MAX : (uInt)count; }

static struct apus_decoding_step gunzip(
  struct apus_decoder *decoder, const uint8_t *input, size_t input_count, uint8_t *output, size_t output_capacity) {
  z_stream *stream = &decoder->gzip;
  // RFC 1952 section 2.2: a file is a series of members.
  if (decoder->ended) inflateReset(stream);
  stream->next_in = (Bytef *)input;
  stream->avail_in = clamped(input_count);
  stream->next_out = output;
  stream->avail_out = clamped(output_capacity);
  int result = inflate(stream, Z_NO_FLUSH);
  struct apus_decoding_step step = {stream->next_in - input, stream->next_out - output, APUS_DECODING_GOES_ON};
  decoder->ended = result == Z_STREAM_END;
  switch (result) {
    case Z_STREAM_END: step.state = APUS_DECODING_ENDED; break;
    case Z_OK:
    case Z_BUF_ERROR: break;  // no progress was possible: not an error, zlib.h says
    case Z_MEM_ERROR: step.state = APUS_DECODING_NO_MEMORY; break;
    default: step.state = APUS_DECODING_MALFORMED;
  }
  return step;
}

static struct apus_decoding_step unbrotli(
  struct apus_decoder *decoder, const uint8_t *input, size_t input_count, uint8_t *output, size_t output_capacity) {
  // A brotli stream is the whole content: nothing may follow.
  if (decoder->ended) return (struct apus_decoding_step){0, 0, APUS_DECODING_MALFORMED};
  size_t input_left = input_count, output_left = output_capacity;
  BrotliDecoderResult result =
    BrotliDecoderDecompressStream(decoder->brotli, &input_left, &input, &output_left, &output, NULL);
  struct apus_decoding_step step = {input_count - input_left, output_capacity - output_left, APUS_DECODING_GOES_ON};
  decoder->ended = result == BROTLI_DECODER_RESULT_SUCCESS;
  if (decoder->ended) {
    step.state = APUS_DECODING_ENDED;
  } else if (result == BROTLI_DECODER_RESULT_ERROR) {
    BrotliDecoderErrorCode code = BrotliDecoderGetErrorCode(decoder->brotli);
    int is_memory = code <= BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES && code >= BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES;
    step.state = is_memory ? APUS_DECODING_NO_MEMORY : APUS_DECODING_MALFORMED;
  }
  return step;
}

static struct apus_decoding_step unzstd(
  struct apus_decoder *decoder, const uint8_t *input, size_t input_count, uint8_t *output, size_t output_capacity) {
  ZSTD_inBuffer in = {input, input_count, 0};
  ZSTD_outBuffer out = {output, output_capacity, 0};
  // Frames may follow each other (RFC 8878 section 3); the library begins the next by itself.
  size_t result = ZSTD_decompressStream(decoder->zstd, &out, &in);
  struct apus_decoding_step step = {in.pos, out.pos, APUS_DECODING_GOES_ON};
  if (result == 0) {
    step.state = APUS_DECODING_ENDED;
  } else if (ZSTD_isError(result)) {
    step.state = ZSTD_getErrorCode(result) == ZSTD_error_memory_allocation ? APUS_DECODING_NO_MEMORY : APUS_DECODING_MALFORMED;
  }
  return step;
}

struct apus_decoding_step apus_decoder_decode(
  struct apus_decoder *decoder, const uint8_t *input, size_t input_count, uint8_t *output, size_t output_capacity) {
  switch (decoder->coding) {
    case APUS_CODING_GZIP: return gunzip(decoder, input, input_count, output, output_capacity);
    case APUS_CODING_BROTLI: return unbrotli(decoder, input, input_count, output, output_capacity);
    case APUS_CODING_ZSTD: return unzstd(decoder, input, input_count, output, output_capacity);
  }
  return (struct apus_decoding_step){0, 0, APUS_DECODING_MALFORMED};
}
