// What ApusTLS asks of libssl and libcrypto (OpenSSL 3.0 or later): macros as functions, callbacks that stay
// in C, and the one BIO of a context. Where BoringSSL has the same function as OpenSSL, that one is used.

#ifndef CAPUS_TLS_H
#define CAPUS_TLS_H

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stddef.h>
#include <stdint.h>

// Once, before the first thread: libcrypto's handler at exit would free what other threads still use.
int apus_tls_start(void);

// MARK: calls

// Where the BIO reads and writes during one call. A context has one, whichever connection is in hand, so a
// connection has no memory for it, and no byte is copied once more.
struct apus_tls_channel {
  const uint8_t *input;
  size_t input_count;
  uint8_t *output;
  size_t output_room;
  size_t output_count;
  int is_starved;  // a read found nothing
  int is_full;     // a write found no room
};

// A BIO over `channel`, which outlives it.
BIO *apus_tls_make_bio(struct apus_tls_channel *channel);
// Gives `ssl` a reference of its own to the BIO.
void apus_tls_attach(SSL *ssl, BIO *bio);

enum apus_tls_state {
  APUS_TLS_READY,    // done, or there is more to do at once
  APUS_TLS_STARVED,  // more input is wanted
  APUS_TLS_FULL,     // more room is wanted
  APUS_TLS_ENDED,    // the peer has said close_notify
  APUS_TLS_FLOODED,  // more records without content than were allowed
  APUS_TLS_FAILED,   // the thread's error queue says why
};

struct apus_tls_step {
  enum apus_tls_state state;
  size_t made;           // bytes of plaintext that were read or written
  unsigned bare_records; // that carried no plaintext: tickets, KeyUpdate, warnings
};

// Each empties the error queue first: one connection's error would end another's.
struct apus_tls_step apus_tls_handshake(SSL *ssl, struct apus_tls_channel *channel);
struct apus_tls_step apus_tls_read(
  SSL *ssl, struct apus_tls_channel *channel, uint8_t *plaintext, size_t room, unsigned bare_record_limit);
struct apus_tls_step apus_tls_write(
  SSL *ssl, struct apus_tls_channel *channel, const uint8_t *plaintext, size_t count);
void apus_tls_close(SSL *ssl);
// Frees a session as if it had been closed in good order, or its ticket would not be used again.
void apus_tls_free(SSL *ssl);

// MARK: contexts

// NULL if this library cannot do what is asked for.
SSL_CTX *apus_tls_make_context(int minimum_version, int maximum_version);
// Returns 1 if the key fits the certificate. `chain` are the authorities behind it, in order.
int apus_tls_use_certificate(SSL_CTX *context, X509 *certificate, EVP_PKEY *key);
int apus_tls_add_authority(SSL_CTX *context, X509 *authority);
// Takes a reference of its own.
void apus_tls_use_store(SSL_CTX *context, X509_STORE *store);

struct apus_tls_ticket_key {
  uint8_t name[16];
  uint8_t cipher[32];
  uint8_t mac[32];
};

// What the contexts of one server ask their owner. The session is what `apus_tls_set_owner` named.
struct apus_tls_server {
  void *owner;
  // The context for a name; NULL for the one in use.
  SSL_CTX *(*choose)(void *owner, const char *name);
  // 0: no such key; 1: the current one; 2: an older one, so the client gets another ticket.
  int (*ticket_key)(void *owner, struct apus_tls_ticket_key *key, int is_new);
  // A certificate was refused; the store says which and why.
  void (*refused)(void *session, X509_STORE_CTX *store);
  // ALPN's list, in the server's order (RFC 7301); none: the extension is left without an answer.
  unsigned protocol_bytes;
  uint8_t protocols[64];
};

// `server` outlives the context.
void apus_tls_serve(SSL_CTX *context, struct apus_tls_server *server, int64_t ticket_seconds);
void apus_tls_ask_client(
  SSL_CTX *context, struct apus_tls_server *server, int is_required, const uint8_t *session_context, unsigned count);
// Names an authority that clients' certificates may come from.
int apus_tls_name_client_authority(SSL_CTX *context, X509 *authority);

struct apus_tls_client {
  // Keeps the reference if it returns 1.
  int (*remember)(void *session, SSL_SESSION *resumption);
  void (*refused)(void *session, X509_STORE_CTX *store);
};

void apus_tls_ask(SSL_CTX *context, struct apus_tls_client *client, int verifies);

// MARK: sessions

void apus_tls_set_owner(SSL *ssl, void *owner);
// The name that the certificate is to have, and that is asked for unless it is an address. 0: not a name.
int apus_tls_expect(SSL *ssl, const char *name, int verifies);
int apus_tls_offer(SSL *ssl, const uint8_t *protocols, unsigned count);
// The suite's number in IANA's list; 0 before there is one.
uint16_t apus_tls_suite(const SSL *ssl);
// A reference for the caller; NULL if there is none.
X509 *apus_tls_peer_certificate(const SSL *ssl);
// The first reason of libssl's in the error queue (SSL_R_...), which is emptied; 0 if there is none.
int apus_tls_take_reason(void);
// In the library's words; NULL if it has none.
const char *apus_tls_reason_text(int reason);

// MARK: certificates

int apus_tls_count(const STACK_OF(X509) *chain);
X509 *apus_tls_at(const STACK_OF(X509) *chain, int index);

BIO *apus_tls_open_bytes(const uint8_t *bytes, size_t count);
// The next certificate in PEM; NULL at the end, or if `is_malformed`.
X509 *apus_tls_next_certificate(BIO *bytes, int *is_malformed);
X509_CRL *apus_tls_next_crl(BIO *bytes, int *is_malformed);
// The first private key in PEM; NULL if there is none that can be read. Nobody is asked for a password.
EVP_PKEY *apus_tls_read_key(BIO *bytes, int *is_encrypted);
// 1: the certificates that follow are also searched for revocation, each authority by a list of its own.
void apus_tls_check_revocation(X509_STORE *store);
// Any certificate of the store is trusted, not only those that vouch for themselves.
void apus_tls_trust_all_of(X509_STORE *store);

// Writes up to `room` bytes of `C=US, O=Example, CN=name` and returns how many there are.
size_t apus_tls_subject(const X509 *certificate, char *text, size_t room);
size_t apus_tls_issuer(const X509 *certificate, char *text, size_t room);
int64_t apus_tls_not_before(const X509 *certificate);
int64_t apus_tls_not_after(const X509 *certificate);
int apus_tls_is_issued_by(X509 *certificate, X509 *authority);
// Whether it says where its issuer's certificate is (RFC 5280 section 4.2.2.1), as public authorities do.
int apus_tls_names_issuer_address(const X509 *certificate);
int apus_tls_is_rsa(const X509 *certificate);
int apus_tls_fingerprint(const X509 *certificate, uint8_t digest[32]);
int apus_tls_sha256(const uint8_t *bytes, size_t count, uint8_t digest[32]);

enum apus_tls_name_kind { APUS_TLS_DNS, APUS_TLS_ADDRESS, APUS_TLS_OTHER_NAME };

struct apus_tls_name {
  enum apus_tls_name_kind kind;
  const uint8_t *text;
  size_t count;
};

// Calls `found` for each subject alternative name that has a text or is an address.
void apus_tls_each_name(
  const X509 *certificate, void *owner, void (*found)(void *owner, struct apus_tls_name name));

// What a certificate is to say. Times are seconds since 1970.
struct apus_tls_order {
  const char *common_name;
  const char *names;  // as in `DNS:localhost,IP:127.0.0.1`; NULL for none
  int64_t not_before;
  int64_t not_after;
  int is_authority;
  X509 *issuer;  // NULL: itself
  EVP_PKEY *issuer_key;
};

// ECDSA on P-256.
EVP_PKEY *apus_tls_make_key(void);
X509 *apus_tls_issue(const struct apus_tls_order *order, EVP_PKEY *key);

#endif
