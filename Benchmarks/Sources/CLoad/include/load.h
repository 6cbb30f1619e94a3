#ifndef TOKEN_BENCH_LOAD_H
#define TOKEN_BENCH_LOAD_H

#include "secure.h"

#include <stddef.h>

/* What the load needs of C: ppoll and memmem are hidden without _GNU_SOURCE, and prctl is variadic, which Swift does not
 * import. Only the compiler's own header is included here, so that the modules which own those types stay their owners. */

/* Waits until one of so many `struct pollfd` is ready, at most so many nanoseconds. */
int load_poll(void *descriptors, size_t count, long long nanoseconds);

const void *load_find(const void *bytes, size_t length, const void *needle, size_t needle_length);

/* The kernel may let timers of this thread be late by 50 microseconds, to save power; a schedule must not be. */
void load_wake_on_time(void);

#endif
