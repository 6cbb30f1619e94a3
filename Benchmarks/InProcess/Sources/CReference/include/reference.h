#ifndef REFERENCE_H
#define REFERENCE_H

#include <stddef.h>
#include <stdint.h>

/* What the service's operations are compared with: OpenSSL's own rates, contexts reused as far as its interface allows,
 * and the least that a known token could cost in C. Each runs its loop in C, so that nothing of Swift's is in it. */

/* Takes a copy of the tokens that all loops work on in turn: `count` of them, each `length` bytes, side by side.
 * Exits when OpenSSL cannot be set up. */
void reference_set_up(const void *tokens, size_t length, size_t count);

/* How many of `count` operations succeeded. */
size_t reference_ed25519_sign(size_t count);
size_t reference_ed25519_verify(size_t count);
size_t reference_hmac_sha256(size_t count);
/* Hash the token's end, find it in a table, compare all of it, look at two flags, copy 180 bytes of reply. */
size_t reference_known_token(size_t count);

/* Processor time of this thread, in nanoseconds. */
uint64_t reference_processor_time(void);
/* The same of the whole process, all its threads together. */
uint64_t reference_process_time(void);

/* Calls of malloc, calloc, realloc and the aligned ones so far, of the whole process, whoever made them. */
uint64_t reference_allocations(void);

#endif
