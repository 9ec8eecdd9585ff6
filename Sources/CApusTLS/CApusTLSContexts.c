// Contexts and sessions: what is allowed, and the callbacks.

#include "CApusTLS.h"

#include <openssl/core_names.h>
#include <openssl/hmac.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <string.h>

#define SUITES_OF_TLS12                                                                                             \
  "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"                        \
  "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
#define SUITES_OF_TLS13 "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
#define GROUPS "X25519:P-256:P-384"

SSL_CTX *apus_tls_make_context(int minimum_version, int maximum_version) {
  SSL_CTX *context = SSL_CTX_new(TLS_method());
  if (!context) return NULL;
  SSL_CTX_set_options(
    context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE
               | SSL_OP_PRIORITIZE_CHACHA);
  // Without SSL_MODE_AUTO_RETRY a read comes back after each record without content, so these can be counted.
  SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_mode(
    context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  // 112 bits: RSA from 2048 on, no SHA-1.
  SSL_CTX_set_security_level(context, 2);
  // The hybrid with ML-KEM comes first where the library knows it (OpenSSL 3.5). Version 3.0 refuses a list
  // with an unknown name.
  int is_good = SSL_CTX_set_min_proto_version(context, minimum_version)
    && SSL_CTX_set_max_proto_version(context, maximum_version) && SSL_CTX_set_cipher_list(context, SUITES_OF_TLS12)
    && SSL_CTX_set_ciphersuites(context, SUITES_OF_TLS13)
    && (SSL_CTX_set1_groups_list(context, "X25519MLKEM768:" GROUPS) || SSL_CTX_set1_groups_list(context, GROUPS));
  ERR_clear_error();
  if (is_good) return context;
  SSL_CTX_free(context);
  return NULL;
}

int apus_tls_use_certificate(SSL_CTX *context, X509 *certificate, EVP_PKEY *key) {
  return SSL_CTX_use_certificate(context, certificate) == 1 && SSL_CTX_use_PrivateKey(context, key) == 1
    && SSL_CTX_check_private_key(context) == 1;
}

int apus_tls_add_authority(SSL_CTX *context, X509 *authority) {
  return (int)SSL_CTX_add1_chain_cert(context, authority);
}

void apus_tls_use_store(SSL_CTX *context, X509_STORE *store) {
  X509_STORE_up_ref(store);
  SSL_CTX_set_cert_store(context, store);
}

// MARK: servers

static int choose_protocol(
  SSL *ssl, const unsigned char **chosen, unsigned char *count, const unsigned char *offered, unsigned offered_count,
  void *hooks) {
  (void)ssl;
  const struct apus_tls_server *server = hooks;
  int result = SSL_select_next_proto(
    (unsigned char **)chosen, count, server->protocols, server->protocol_bytes, offered, offered_count);
  // RFC 7301 section 3.2: no overlap ends the handshake.
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static int choose_context(SSL *ssl, int *alert, void *hooks) {
  (void)alert;
  struct apus_tls_server *server = hooks;
  const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (!name) return SSL_TLSEXT_ERR_NOACK;
  SSL_CTX *context = server->choose(server->owner, name);
  if (context) SSL_set_SSL_CTX(ssl, context);
  return SSL_TLSEXT_ERR_OK;
}

static int set_mac_key(EVP_MAC_CTX *mac, struct apus_tls_ticket_key *key) {
  OSSL_PARAM parameters[] = {
    OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key->mac, sizeof key->mac),
    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, "SHA256", 0),
    OSSL_PARAM_construct_end(),
  };
  return EVP_MAC_CTX_set_params(mac, parameters);
}

static int use_ticket_key(
  SSL *ssl, unsigned char name[16], unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int is_new) {
  struct apus_tls_server *server = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), 0);
  struct apus_tls_ticket_key key;
  if (!is_new) memcpy(key.name, name, sizeof key.name);
  int found = server->ticket_key(server->owner, &key, is_new);
  int result = found;
  if (found && is_new) {
    memcpy(name, key.name, sizeof key.name);
    if (RAND_bytes(iv, EVP_MAX_IV_LENGTH) != 1
        || !EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, key.cipher, iv) || !set_mac_key(mac, &key))
      result = -1;
  } else if (found) {
    // A ticket of 1.3 is used once, so whoever shows one gets another, which only 2 asks for.
    if (SSL_version(ssl) >= TLS1_3_VERSION) result = 2;
    if (!set_mac_key(mac, &key) || !EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, key.cipher, iv)) result = -1;
  }
  OPENSSL_cleanse(&key, sizeof key);
  return result;
}

void apus_tls_serve(SSL_CTX *context, struct apus_tls_server *server, int64_t ticket_seconds) {
  SSL_CTX_set_ex_data(context, 0, server);
  SSL_CTX_set_timeout(context, (long)ticket_seconds);
  // Two are the default, for browsers that open several connections at once. One saves up to a tenth of a
  // handshake.
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, use_ticket_key);
  SSL_CTX_set_tlsext_servername_callback(context, choose_context);
  SSL_CTX_set_tlsext_servername_arg(context, server);
  if (server->protocol_bytes) SSL_CTX_set_alpn_select_cb(context, choose_protocol, server);
}

static void *session_of(X509_STORE_CTX *store) {
  SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
  return SSL_get_ex_data(ssl, 0);
}

static int verify_client(X509_STORE_CTX *store, void *hooks) {
  int is_good = X509_verify_cert(store);
  if (is_good <= 0) ((struct apus_tls_server *)hooks)->refused(session_of(store), store);
  return is_good;
}

void apus_tls_ask_client(
  SSL_CTX *context, struct apus_tls_server *server, int is_required, const uint8_t *session_context, unsigned count) {
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (is_required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), NULL);
  SSL_CTX_set_cert_verify_callback(context, verify_client, server);
  SSL_CTX_set_session_id_context(context, session_context, count);
}

int apus_tls_name_client_authority(SSL_CTX *context, X509 *authority) {
  return SSL_CTX_add_client_CA(context, authority);
}

// MARK: clients

static int verify_server(X509_STORE_CTX *store, void *hooks) {
  int is_good = X509_verify_cert(store);
  if (is_good <= 0) ((struct apus_tls_client *)hooks)->refused(session_of(store), store);
  return is_good;
}

static int remember(SSL *ssl, SSL_SESSION *resumption) {
  struct apus_tls_client *client = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), 0);
  return client->remember(SSL_get_ex_data(ssl, 0), resumption);
}

void apus_tls_ask(SSL_CTX *context, struct apus_tls_client *client, int verifies) {
  SSL_CTX_set_ex_data(context, 0, client);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, remember);
  SSL_CTX_set_verify(context, verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
  if (verifies) SSL_CTX_set_cert_verify_callback(context, verify_server, client);
}

// MARK: sessions

void apus_tls_set_owner(SSL *ssl, void *owner) { SSL_set_ex_data(ssl, 0, owner); }

int apus_tls_expect(SSL *ssl, const char *name, int verifies) {
  X509_VERIFY_PARAM *expected = SSL_get0_param(ssl);
  // RFC 9525: the common name is no name of a host, and `f*.example` covers nothing.
  X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  ASN1_OCTET_STRING *address = a2i_IPADDRESS(name);
  ERR_clear_error();
  if (address) {
    int is_good = !verifies
      || X509_VERIFY_PARAM_set1_ip(expected, ASN1_STRING_get0_data(address), (size_t)ASN1_STRING_length(address));
    ASN1_OCTET_STRING_free(address);
    return is_good;
  }
  if (verifies && !X509_VERIFY_PARAM_set1_host(expected, name, 0)) return 0;
  return (int)SSL_set_tlsext_host_name(ssl, name);
}

int apus_tls_offer(SSL *ssl, const uint8_t *protocols, unsigned count) {
  return SSL_set_alpn_protos(ssl, protocols, count) == 0;
}

uint16_t apus_tls_suite(const SSL *ssl) {
  const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);
  return cipher ? SSL_CIPHER_get_protocol_id(cipher) : 0;
}

X509 *apus_tls_peer_certificate(const SSL *ssl) { return SSL_get_peer_certificate(ssl); }

int apus_tls_take_reason(void) {
  int reason = 0;
  for (unsigned long error; (error = ERR_get_error());)
    if (!reason && ERR_GET_LIB(error) == ERR_LIB_SSL) reason = ERR_GET_REASON(error);
  return reason;
}

const char *apus_tls_reason_text(int reason) { return ERR_reason_error_string(ERR_PACK(ERR_LIB_SSL, 0, reason)); }
