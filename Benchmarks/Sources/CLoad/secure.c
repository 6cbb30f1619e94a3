#include "secure.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct load_tls {
    SSL_CTX *context;
    SSL *session;
};

static void explain(char *problem, size_t length, const char *what) {
    unsigned long error = ERR_get_error();
    const char *reason = error ? ERR_reason_error_string(error) : NULL;
    snprintf(problem, length, "%s%s%s", what, reason ? ": " : "", reason ? reason : "");
    ERR_clear_error();
}

static long long now_milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000ll + now.tv_nsec / 1000000;
}

static const char *prepare(load_tls *tls, const load_tls_options *options) {
    tls->context = SSL_CTX_new(TLS_client_method());
    if (!tls->context) return "no TLS";
    SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION);
    SSL_CTX_set_verify(tls->context, SSL_VERIFY_PEER, NULL);
    /* What is written again after a full socket begins with the same bytes, but they may have moved and grown. */
    SSL_CTX_set_mode(tls->context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    int trusted = options->authority ? SSL_CTX_load_verify_file(tls->context, options->authority)
                                     : SSL_CTX_set_default_verify_paths(tls->context);
    if (trusted != 1) return "the authority's certificates cannot be read";
    if (options->certificate && SSL_CTX_use_certificate_chain_file(tls->context, options->certificate) != 1)
        return "the client certificate cannot be read";
    if (options->key && (SSL_CTX_use_PrivateKey_file(tls->context, options->key, SSL_FILETYPE_PEM) != 1 ||
                         SSL_CTX_check_private_key(tls->context) != 1))
        return "the client certificate's key cannot be read, or is another's";
    tls->session = SSL_new(tls->context);
    if (!tls->session) return "no TLS";
    X509_VERIFY_PARAM *wanted = SSL_get0_param(tls->session);
    if (X509_VERIFY_PARAM_set1_ip_asc(wanted, options->name) == 1) return NULL;
    if (SSL_set1_host(tls->session, options->name) != 1 || SSL_set_tlsext_host_name(tls->session, options->name) != 1)
        return "not a host's name";
    return NULL;
}

/* NULL when the handshake is done. */
static const char *shake_hands(SSL *session, int socket, int milliseconds) {
    long long deadline = now_milliseconds() + milliseconds;
    for (;;) {
        int result = SSL_connect(session);
        if (result == 1) return NULL;
        int wanted = SSL_get_error(session, result);
        if (wanted != SSL_ERROR_WANT_READ && wanted != SSL_ERROR_WANT_WRITE) {
            long verified = SSL_get_verify_result(session);
            return verified == X509_V_OK ? "the handshake failed" : X509_verify_cert_error_string(verified);
        }
        long long left = deadline - now_milliseconds();
        if (left <= 0) return "no handshake in time";
        struct pollfd ready = {.fd = socket, .events = wanted == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT};
        poll(&ready, 1, (int)left);
    }
}

load_tls *load_tls_open(int socket, load_tls_options options, int milliseconds, char *problem, size_t problem_length) {
    ERR_clear_error();
    load_tls *tls = calloc(1, sizeof *tls);
    const char *failure = tls ? prepare(tls, &options) : "out of memory";
    if (!failure) {
        int flags = fcntl(socket, F_GETFL);
        if (flags < 0 || fcntl(socket, F_SETFL, flags | O_NONBLOCK) || SSL_set_fd(tls->session, socket) != 1)
            failure = "the socket cannot be used";
        else
            failure = shake_hands(tls->session, socket, milliseconds);
    }
    if (!failure) return tls;
    explain(problem, problem_length, failure);
    if (tls) load_tls_close(tls);
    return NULL;
}

/* After a transfer that moved nothing. */
static long nothing(load_tls *tls, int result) {
    int wanted = SSL_get_error(tls->session, result);
    ERR_clear_error();
    return wanted == SSL_ERROR_WANT_READ || wanted == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

long load_tls_read(load_tls *tls, void *bytes, size_t room) {
    size_t total = 0;
    while (total < room) {
        size_t count = 0;
        int result = SSL_read_ex(tls->session, (char *)bytes + total, room - total, &count);
        if (result != 1) {
            if (total) break;
            return nothing(tls, result);
        }
        total += count;
    }
    return (long)total;
}

int load_tls_pending(load_tls *tls) { return SSL_pending(tls->session) > 0; }

long load_tls_write(load_tls *tls, const void *bytes, size_t count) {
    size_t total = 0;
    while (total < count) {
        size_t written = 0;
        int result = SSL_write_ex(tls->session, (const char *)bytes + total, count - total, &written);
        if (result != 1) {
            if (total) break;
            return nothing(tls, result);
        }
        total += written;
    }
    return (long)total;
}

void load_tls_close(load_tls *tls) {
    SSL_free(tls->session);
    SSL_CTX_free(tls->context);
    free(tls);
}

int load_sign(const void *seed, const void *text, size_t length, void *signature, void *public_key) {
    size_t signature_length = 64, public_length = 32;
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, 32);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int made = key && context && EVP_PKEY_get_raw_public_key(key, public_key, &public_length) == 1 &&
               EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1 &&
               EVP_DigestSign(context, signature, &signature_length, text, length) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return made;
}
