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
#include <openssl/rand.h>
#include <openssl/store.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

static inline EVP_PKEY *shim_make_p256(void) { return EVP_EC_gen("P-256"); }
static inline long shim_bio_bytes(BIO *bio, const unsigned char **bytes) { return BIO_get_mem_data(bio, (char **)bytes); }
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
#endif
