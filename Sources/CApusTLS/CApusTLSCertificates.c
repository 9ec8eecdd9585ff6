// Certificates and keys: read, asked, made.

#include "CApusTLS.h"

#include <arpa/inet.h>
#include <limits.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <string.h>

int apus_tls_count(const STACK_OF(X509) *chain) { return chain ? sk_X509_num(chain) : 0; }

X509 *apus_tls_at(const STACK_OF(X509) *chain, int index) { return sk_X509_value(chain, index); }

// MARK: reading

BIO *apus_tls_open_bytes(const uint8_t *bytes, size_t count) {
  return count > INT_MAX ? NULL : BIO_new_mem_buf(bytes, (int)count);
}

// Whether what was found at the end is anything but the end.
static int is_malformed_end(void) {
  unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  return !(ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE);
}

X509 *apus_tls_next_certificate(BIO *bytes, int *is_malformed) {
  ERR_clear_error();
  X509 *certificate = PEM_read_bio_X509(bytes, NULL, NULL, NULL);
  *is_malformed = certificate ? 0 : is_malformed_end();
  return certificate;
}

X509_CRL *apus_tls_next_crl(BIO *bytes, int *is_malformed) {
  ERR_clear_error();
  X509_CRL *list = PEM_read_bio_X509_CRL(bytes, NULL, NULL, NULL);
  *is_malformed = list ? 0 : is_malformed_end();
  return list;
}

static int refuse_password(char *buffer, int room, int is_writing, void *is_encrypted) {
  (void)buffer, (void)room, (void)is_writing;
  *(int *)is_encrypted = 1;
  return -1;
}

EVP_PKEY *apus_tls_read_key(BIO *bytes, int *is_encrypted) {
  *is_encrypted = 0;
  EVP_PKEY *key = PEM_read_bio_PrivateKey(bytes, NULL, refuse_password, is_encrypted);
  ERR_clear_error();
  return key;
}

void apus_tls_check_revocation(X509_STORE *store) {
  X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
}

void apus_tls_trust_all_of(X509_STORE *store) { X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN); }

// MARK: asking

static size_t print(const X509_NAME *name, char *text, size_t room) {
  BIO *memory = BIO_new(BIO_s_mem());
  if (!memory) return 0;
  // Control characters are escaped, letters beyond ASCII are not.
  unsigned long style = (ASN1_STRFLGS_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) | XN_FLAG_SEP_CPLUS_SPC | XN_FLAG_FN_SN;
  X509_NAME_print_ex(memory, name, 0, style);
  char *printed;
  long count = BIO_get_mem_data(memory, &printed);
  size_t copied = count < 0 ? 0 : (size_t)count < room ? (size_t)count : room;
  memcpy(text, printed, copied);
  BIO_free(memory);
  return copied;
}

size_t apus_tls_subject(const X509 *certificate, char *text, size_t room) {
  return print(X509_get_subject_name(certificate), text, room);
}

size_t apus_tls_issuer(const X509 *certificate, char *text, size_t room) {
  return print(X509_get_issuer_name(certificate), text, room);
}

static int64_t seconds(const ASN1_TIME *time) {
  ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
  int days = 0, rest = 0;
  int is_time = epoch && time && ASN1_TIME_diff(&days, &rest, epoch, time);
  ASN1_TIME_free(epoch);
  return is_time ? (int64_t)days * 86400 + rest : 0;
}

int64_t apus_tls_not_before(const X509 *certificate) { return seconds(X509_get0_notBefore(certificate)); }

int64_t apus_tls_not_after(const X509 *certificate) { return seconds(X509_get0_notAfter(certificate)); }

int apus_tls_is_issued_by(X509 *certificate, X509 *authority) {
  return X509_check_issued(authority, certificate) == X509_V_OK;
}

int apus_tls_names_issuer_address(const X509 *certificate) {
  AUTHORITY_INFO_ACCESS *access = X509_get_ext_d2i(certificate, NID_info_access, NULL, NULL);
  int is_named = 0;
  for (int index = 0; index < sk_ACCESS_DESCRIPTION_num(access); index++)
    is_named |= OBJ_obj2nid(sk_ACCESS_DESCRIPTION_value(access, index)->method) == NID_ad_ca_issuers;
  AUTHORITY_INFO_ACCESS_free(access);
  return is_named;
}

int apus_tls_is_rsa(const X509 *certificate) {
  EVP_PKEY *key = X509_get0_pubkey(certificate);
  return key && EVP_PKEY_base_id(key) == EVP_PKEY_RSA;
}

int apus_tls_fingerprint(const X509 *certificate, uint8_t digest[32]) {
  return X509_digest(certificate, EVP_sha256(), digest, NULL);
}

int apus_tls_sha256(const uint8_t *bytes, size_t count, uint8_t digest[32]) {
  return EVP_Digest(bytes, count, digest, NULL, EVP_sha256(), NULL);
}

static struct apus_tls_name name_of_address(const ASN1_OCTET_STRING *address, char text[INET6_ADDRSTRLEN]) {
  int count = ASN1_STRING_length(address);
  int family = count == 4 ? AF_INET : count == 16 ? AF_INET6 : AF_UNSPEC;
  if (!inet_ntop(family, ASN1_STRING_get0_data(address), text, INET6_ADDRSTRLEN)) text[0] = 0;
  return (struct apus_tls_name){APUS_TLS_ADDRESS, (const uint8_t *)text, strlen(text)};
}

static struct apus_tls_name name_of_text(enum apus_tls_name_kind kind, const ASN1_IA5STRING *text) {
  return (struct apus_tls_name){kind, ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text)};
}

void apus_tls_each_name(
  const X509 *certificate, void *owner, void (*found)(void *owner, struct apus_tls_name name)) {
  GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
  for (int index = 0; index < sk_GENERAL_NAME_num(names); index++) {
    const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, index);
    char address[INET6_ADDRSTRLEN];
    switch (name->type) {
      case GEN_DNS: found(owner, name_of_text(APUS_TLS_DNS, name->d.dNSName)); break;
      case GEN_IPADD: found(owner, name_of_address(name->d.iPAddress, address)); break;
      case GEN_EMAIL: found(owner, name_of_text(APUS_TLS_OTHER_NAME, name->d.rfc822Name)); break;
      case GEN_URI: found(owner, name_of_text(APUS_TLS_OTHER_NAME, name->d.uniformResourceIdentifier)); break;
      default: break;
    }
  }
  GENERAL_NAMES_free(names);
}

// MARK: making

EVP_PKEY *apus_tls_make_key(void) {
  EVP_PKEY *key = NULL;
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, NULL);
  if (context && EVP_PKEY_keygen_init(context) == 1
      && EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1) == 1)
    EVP_PKEY_keygen(context, &key);
  EVP_PKEY_CTX_free(context);
  return key;
}

static int set_serial(X509 *certificate) {
  uint64_t number;
  // RFC 5280 section 4.1.2.2: positive, and not to be guessed.
  return RAND_bytes((uint8_t *)&number, sizeof number) == 1
    && ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), number >> 1 | 1);
}

static int add_extension(X509 *certificate, X509 *issuer, int kind, const char *value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
  X509_EXTENSION *extension = X509V3_EXT_nconf_nid(NULL, &context, kind, value);
  int is_added = extension && X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
  return is_added;
}

static int add_extensions(X509 *certificate, X509 *issuer, const struct apus_tls_order *order) {
  const char *use = order->is_authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature";
  return add_extension(
           certificate, issuer, NID_basic_constraints, order->is_authority ? "critical,CA:TRUE" : "critical,CA:FALSE")
    && add_extension(certificate, issuer, NID_key_usage, use)
    && add_extension(certificate, issuer, NID_subject_key_identifier, "hash")
    && add_extension(certificate, issuer, NID_authority_key_identifier, "keyid")
    && (order->is_authority || add_extension(certificate, issuer, NID_ext_key_usage, "serverAuth,clientAuth"))
    && (!order->names || add_extension(certificate, issuer, NID_subject_alt_name, order->names));
}

static int fill(X509 *certificate, const struct apus_tls_order *order, EVP_PKEY *key) {
  X509 *issuer = order->issuer ? order->issuer : certificate;
  X509_NAME *name = X509_get_subject_name(certificate);
  return X509_set_version(certificate, 2) && set_serial(certificate) && X509_set_pubkey(certificate, key)
    && X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const uint8_t *)order->common_name, -1, -1, 0)
    && X509_set_issuer_name(certificate, X509_get_subject_name(issuer))
    && ASN1_TIME_set(X509_getm_notBefore(certificate), order->not_before)
    && ASN1_TIME_set(X509_getm_notAfter(certificate), order->not_after) && add_extensions(certificate, issuer, order)
    && X509_sign(certificate, order->issuer ? order->issuer_key : key, EVP_sha256());
}

X509 *apus_tls_issue(const struct apus_tls_order *order, EVP_PKEY *key) {
  X509 *certificate = X509_new();
  if (certificate && fill(certificate, order, key)) return certificate;
  X509_free(certificate);
  return NULL;
}
