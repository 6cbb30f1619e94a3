#ifndef TOKEN_SERVICE_COPENSSL_SHIM_H
#define TOKEN_SERVICE_COPENSSL_SHIM_H

/* The EVP interface of OpenSSL 3 and what it needs; nothing older, nothing lower. */
#include <openssl/evp.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/crypto.h>
#include <openssl/bn.h>

#endif
