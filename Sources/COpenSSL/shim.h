#ifndef COPENSSL_SHIM_H
#define COPENSSL_SHIM_H
// Only what Swift can't import: macros and variadic functions get a function of their own.
#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

static inline int shim_print_name(BIO *bio, const X509_NAME *name) { return X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253); }
static inline EVP_PKEY *shim_make_p256(void) { return EVP_EC_gen("P-256"); }
static inline long shim_bio_bytes(BIO *bio, const unsigned char **bytes) { return BIO_get_mem_data(bio, (char **)bytes); }
static inline int shim_hmac_sha256_init(EVP_MAC_CTX *context, const unsigned char *key, size_t length) {
    char digest[] = "SHA256";
    OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
    return EVP_MAC_init(context, key, length, parameters);
}
static inline int shim_set_iv_tag(EVP_CIPHER_CTX *context, int length, void *tag) {
    return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, length, tag);
}
static inline int shim_get_tag(EVP_CIPHER_CTX *context, int length, void *tag) {
    return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, length, tag);
}
static inline int shim_bn_mod(BIGNUM *rest, const BIGNUM *number, const BIGNUM *modulus, BN_CTX *context) {
    return BN_mod(rest, number, modulus, context);
}
static inline void shim_general_names_free(GENERAL_NAMES *names) { GENERAL_NAMES_free(names); }
static inline int shim_general_name_count(const GENERAL_NAMES *names) { return sk_GENERAL_NAME_num(names); }
static inline GENERAL_NAME *shim_general_name(const GENERAL_NAMES *names, int index) { return sk_GENERAL_NAME_value(names, index); }
static inline int shim_general_name_text(const GENERAL_NAME *name, const unsigned char **bytes) {
    // dNSName, uniformResourceIdentifier: IA5String; iPAddress: OCTET STRING
    const ASN1_STRING *text = name->type == GEN_IPADD ? name->d.iPAddress : name->d.ia5;
    *bytes = ASN1_STRING_get0_data(text);
    return ASN1_STRING_length(text);
}
static inline int shim_general_name_type(const GENERAL_NAME *name) { return name->type; }
static inline X509_STORE_CTX *shim_store_context(X509_STORE *store, X509 *leaf, STACK_OF(X509) *more) {
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    if (context && X509_STORE_CTX_init(context, store, leaf, more) != 1) { X509_STORE_CTX_free(context); context = NULL; }
    return context;
}
static inline STACK_OF(X509) *shim_certificates_new(void) { return sk_X509_new_null(); }
static inline int shim_certificates_push(STACK_OF(X509) *all, X509 *one) {
    if (X509_up_ref(one) != 1) return 0;
    if (sk_X509_push(all, one) > 0) return 1;
    X509_free(one);
    return 0;
}
static inline void shim_certificates_free(STACK_OF(X509) *all) { sk_X509_pop_free(all, X509_free); }

// What answers a token's question for its PIN: the bytes, and a note that it asked. Several threads may sign at a time.
typedef struct {
    char *pin; // NULL: there is none
    int length;
    int asked;
} shim_pin;
static inline int shim_give_pin(char *buffer, int size, int for_writing, void *user) {
    shim_pin *pin = user;
    (void)for_writing;
    if (!pin) return -1;
    __atomic_store_n(&pin->asked, 1, __ATOMIC_RELAXED);
    if (!pin->pin || pin->length > size) return -1;
    for (int i = 0; i < pin->length; i++) buffer[i] = pin->pin[i];
    return pin->length;
}
static inline int shim_pin_asked(const shim_pin *pin) { return __atomic_load_n(&pin->asked, __ATOMIC_RELAXED); }
// Without a method of its own OpenSSL would ask on the terminal.
static inline UI_METHOD *shim_pin_method(void) { return UI_UTIL_wrap_read_pem_callback(shim_give_pin, 0); }

// Engines are deprecated since OpenSSL 3.0 and gone in 4.0, in favour of providers. But Debian 12 has the PKCS#11 engine
// (libengine-pkcs11-openssl) and no PKCS#11 provider, so the engine is the way to a token there. These functions are the only
// ones that see it; where OpenSSL has no engines any more, none is found.
#if !defined(OPENSSL_NO_ENGINE) && __has_include(<openssl/engine.h>)
#include <openssl/engine.h>
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
static inline ENGINE *shim_engine_open(const char *id) {
    OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG | OPENSSL_INIT_ENGINE_DYNAMIC, NULL);
    ENGINE *engine = ENGINE_by_id(id);
    int ready = engine && ENGINE_init(engine) == 1;
    ENGINE_free(engine); // being ready counts as a reference of its own
    return ready ? engine : NULL;
}
static inline int shim_engine_text(ENGINE *engine, const char *command, const char *value) {
    return ENGINE_ctrl_cmd_string(engine, command, value, 0);
}
static inline int shim_engine_pointer(ENGINE *engine, const char *command, void *value) {
    return ENGINE_ctrl_cmd(engine, command, 0, value, NULL, 0);
}
static inline EVP_PKEY *shim_engine_key(ENGINE *engine, const char *name, UI_METHOD *method, void *user) {
    return ENGINE_load_private_key(engine, name, method, user);
}
#pragma GCC diagnostic pop
#else
static inline ENGINE *shim_engine_open(const char *id) { (void)id; return NULL; }
static inline int shim_engine_text(ENGINE *engine, const char *command, const char *value) {
    (void)engine, (void)command, (void)value;
    return 0;
}
static inline int shim_engine_pointer(ENGINE *engine, const char *command, void *value) {
    (void)engine, (void)command, (void)value;
    return 0;
}
static inline EVP_PKEY *shim_engine_key(ENGINE *engine, const char *name, UI_METHOD *method, void *user) {
    (void)engine, (void)name, (void)method, (void)user;
    return NULL;
}
#endif
#endif
