#ifndef TOKEN_BENCH_SECURE_H
#define TOKEN_BENCH_SECURE_H

#include <stddef.h>

/* TLS over a connected socket, and the one signature that a NATS user of today logs in with; by OpenSSL. */

typedef struct load_tls load_tls;

/* What a handshake needs; members that are NULL are left at what the system has. `name` is the server's, as its certificate
 * must say it. */
typedef struct {
    const char *name, *authority, *certificate, *key;
} load_tls_options;

/* The handshake, within so many milliseconds; from then on the socket does not block. NULL: `problem` says why, of at most so
 * many characters. */
load_tls *load_tls_open(int socket, load_tls_options options, int milliseconds, char *problem, size_t problem_length);
/* Bytes; 0 when there are none now, or no room; -1 when it has ended. */
long load_tls_read(load_tls *, void *bytes, size_t room);
/* Whether there is more than the last read had room for: the socket does not tell of it. */
int load_tls_pending(load_tls *);
long load_tls_write(load_tls *, const void *bytes, size_t count);
void load_tls_close(load_tls *);

/* Ed25519 of a seed of 32 bytes: a signature of 64, and the public key of 32. 1 when it was made. */
int load_sign(const void *seed, const void *text, size_t length, void *signature, void *public_key);

#endif
