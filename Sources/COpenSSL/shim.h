#ifndef TOKEN_SERVICE_COPENSSL_SHIM_H
#define TOKEN_SERVICE_COPENSSL_SHIM_H

/*
 * Why a shim: a system library module needs one header to hang on, and this one is the list of what the
 * service may touch: the EVP interface of OpenSSL 3 and what it needs. Nothing older (no HMAC_*, RSA_*,
 * EC_KEY_*: deprecated since 3.0, gone in builds without them), nothing lower.
 */
#define OPENSSL_API_COMPAT 30000
#define OPENSSL_NO_DEPRECATED

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

/* Swift does not import these two: they are sums of other macros. */
static const int EVP_PKEY_PUBLIC_KEY_SELECTION = EVP_PKEY_PUBLIC_KEY;
static const int EVP_PKEY_KEYPAIR_SELECTION = EVP_PKEY_KEYPAIR;

#endif
