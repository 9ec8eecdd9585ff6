// The BIO of a core and the calls that go through it.

#include "CApusTLS.h"

#include <limits.h>
#include <string.h>

// MARK: the BIO

static int read_input(BIO *bio, char *bytes, int count) {
  struct apus_tls_channel *channel = BIO_get_data(bio);
  BIO_clear_retry_flags(bio);
  if (count <= 0) return 0;
  if (channel->input_count == 0) {
    channel->is_starved = 1;
    BIO_set_retry_read(bio);
    return -1;
  }
  size_t taken = (size_t)count < channel->input_count ? (size_t)count : channel->input_count;
  memcpy(bytes, channel->input, taken);
  channel->input += taken;
  channel->input_count -= taken;
  return (int)taken;
}

static int write_output(BIO *bio, const char *bytes, int count) {
  struct apus_tls_channel *channel = BIO_get_data(bio);
  BIO_clear_retry_flags(bio);
  if (count <= 0) return 0;
  size_t room = channel->output_room - channel->output_count;
  if (room == 0) {
    channel->is_full = 1;
    BIO_set_retry_write(bio);
    return -1;
  }
  size_t taken = (size_t)count < room ? (size_t)count : room;
  memcpy(channel->output + channel->output_count, bytes, taken);
  channel->output_count += taken;
  return (int)taken;
}

static long control(BIO *bio, int command, long number, void *pointer) {
  (void)bio, (void)number, (void)pointer;
  // There is nothing to flush: what was written has been handed over.
  return command == BIO_CTRL_FLUSH;
}

static int create(BIO *bio) {
  BIO_set_init(bio, 1);
  return 1;
}

// Made once: the library has numbers for some hundred kinds.
static BIO_METHOD *method;

int apus_tls_start(void) {
  if (OPENSSL_init_ssl(OPENSSL_INIT_NO_ATEXIT, NULL) != 1) return 0;
  method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "apus");
  return method && BIO_meth_set_read(method, read_input) && BIO_meth_set_write(method, write_output)
    && BIO_meth_set_ctrl(method, control) && BIO_meth_set_create(method, create);
}

BIO *apus_tls_make_bio(struct apus_tls_channel *channel) {
  BIO *bio = BIO_new(method);
  if (bio) BIO_set_data(bio, channel);
  return bio;
}

void apus_tls_attach(SSL *ssl, BIO *bio) {
  // One reference for both directions: SSL_set_bio takes one where they are the same.
  BIO_up_ref(bio);
  SSL_set_bio(ssl, bio, bio);
}

// MARK: calls

static enum apus_tls_state state_after(const SSL *ssl, int result, const struct apus_tls_channel *channel) {
  switch (SSL_get_error(ssl, result)) {
    case SSL_ERROR_NONE: return APUS_TLS_READY;
    case SSL_ERROR_WANT_READ: return channel->is_starved ? APUS_TLS_STARVED : APUS_TLS_READY;
    case SSL_ERROR_WANT_WRITE: return APUS_TLS_FULL;
    case SSL_ERROR_ZERO_RETURN: return APUS_TLS_ENDED;
    default: return APUS_TLS_FAILED;
  }
}

static void begin(struct apus_tls_channel *channel) {
  ERR_clear_error();
  channel->is_starved = 0;
  channel->is_full = 0;
}

struct apus_tls_step apus_tls_handshake(SSL *ssl, struct apus_tls_channel *channel) {
  begin(channel);
  int result = SSL_do_handshake(ssl);
  return (struct apus_tls_step){state_after(ssl, result, channel), 0, 0};
}

struct apus_tls_step apus_tls_read(
  SSL *ssl, struct apus_tls_channel *channel, uint8_t *plaintext, size_t room, unsigned bare_record_limit) {
  struct apus_tls_step step = {APUS_TLS_READY, 0, 0};
  while (step.made < room) {
    begin(channel);
    size_t wanted = room - step.made;
    int result = SSL_read(ssl, plaintext + step.made, wanted > INT_MAX ? INT_MAX : (int)wanted);
    if (result > 0) {
      step.made += (size_t)result;
      if (channel->input_count > 0 || SSL_pending(ssl) > 0) continue;
      // OpenSSL reads no further than a record's end, so it holds nothing more.
      step.state = APUS_TLS_STARVED;
      return step;
    }
    step.state = state_after(ssl, result, channel);
    if (step.state != APUS_TLS_READY) return step;
    step.bare_records++;
    if (step.bare_records > bare_record_limit) {
      step.state = APUS_TLS_FLOODED;
      return step;
    }
  }
  return step;
}

struct apus_tls_step apus_tls_write(
  SSL *ssl, struct apus_tls_channel *channel, const uint8_t *plaintext, size_t count) {
  begin(channel);
  int result = SSL_write(ssl, plaintext, count > INT_MAX ? INT_MAX : (int)count);
  if (result > 0) return (struct apus_tls_step){APUS_TLS_READY, (size_t)result, 0};
  return (struct apus_tls_step){state_after(ssl, result, channel), 0, 0};
}

void apus_tls_close(SSL *ssl) {
  ERR_clear_error();
  SSL_shutdown(ssl);
  ERR_clear_error();
}

void apus_tls_free(SSL *ssl) {
  SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_free(ssl);
}
