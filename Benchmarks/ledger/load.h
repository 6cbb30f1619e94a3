/* The loads, one a command; see main.c for their words. */

#ifndef LOAD_H
#define LOAD_H

#include "bus.h"

/* A request of a slot, and its answer, which has to be looked at before the slot's next one. */
typedef void Send(size_t slot);
typedef void Receive(size_t slot, const Message *message);

/* So many requests in flight, the next one of a slot when its answer is there; after a warm-up, for so long. Prints
 * requests a second, and the median and the 99th percentile of their times in microseconds. */
void closed_loop(size_t in_flight, double seconds, Send *send, Receive *receive);
/* The same, but `count` requests in all and no warm-up. */
void closed_loop_of(size_t count, size_t in_flight, Send *send, Receive *receive);

/* stream.c: nothing but JetStream. */
void fill(size_t count);
/* One record of a revocation; its acknowledgement comes to `bus_inbox(number)`. */
void publish_revocation(size_t number);
void follow(size_t count);
void compare_and_set(size_t in_flight, double seconds);

/* service.c: through the service, whose subjects begin with `prefix` (empty, or with its dot). */
extern const char *prefix;
void first_served(double started);
void refresh(size_t in_flight, double seconds);
void blacklist(size_t in_flight, size_t count);

/* paced.c: so many a second, whatever becomes of them. */
void verify_paced(double rate, double seconds);
void blacklist_paced(double rate, double seconds);
void echo_paced(double rate, double seconds);
void publish_paced(double rate, double seconds);

/* propagation.c */
void propagation(const char *other_prefix, size_t count);

/* Pairs of tokens, as the service issues them. */
typedef struct {
    char *access, *refresh;
} Pair;
Pair *generate(size_t count);

#endif
