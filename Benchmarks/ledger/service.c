/* Loads through the service. */

#define _GNU_SOURCE
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *prefix = "";

static char *copy(Text text) { return memcpy(memset(allocate(text.length + 1), 0, text.length + 1), text.bytes, text.length); }

static void request(const char *operation, size_t slot, const char *body, int length) {
    char subject[128];
    snprintf(subject, sizeof subject, "%s%s", prefix, operation);
    bus_publish(subject, bus_inbox(slot), NULL, body, (size_t)length);
}

/* MARK: first_served */

static bool is_served;

static void take_any_answer(const Message *message) {
    /* While nobody listens the server says so, and a replica that has not caught up refuses. */
    if (begins(message->payload, "{\"valid\":") && !message->headers.length) is_served = true;
}

void first_served(double started) {
    static const char body[] = "{\"access_token\":\"x\"}";
    while (!is_served) {
        request("verify_token", 0, body, (int)strlen(body));
        double next = seconds_now() + 0.001;
        while (!is_served && seconds_now() < next) bus_pump(take_any_answer, next);
        if (wall_seconds_now() - started > 120) fail("nothing is served 120 s after the start");
    }
    printf("%.6f\n", wall_seconds_now() - started);
}

/* MARK: generate */

static Pair *pairs;
static size_t pair_count;

static size_t to_ask;

static void ask_for_a_pair(void) {
    static const char body[] = "{\"id\":\"42\"}";
    if (to_ask == 0) return;
    to_ask--;
    request("generate_tokens", 0, body, (int)strlen(body));
}

static void take_pair(const Message *message) {
    if (message->headers.length) fail("no pair: %.*s", (int)message->headers.length, message->headers.bytes);
    Text access = member(message->payload, "access_token"), refresh = member(message->payload, "refresh_token");
    pairs[pair_count++] = (Pair){copy(access), copy(refresh)};
    ask_for_a_pair();
}

Pair *generate(size_t count) {
    enum { in_flight = 64 };
    pairs = allocate(count * sizeof *pairs);
    pair_count = 0;
    to_ask = count;
    for (size_t i = 0; i < in_flight; i++) ask_for_a_pair();
    while (pair_count < count) bus_pump(take_pair, 0);
    return pairs;
}

/* MARK: refresh */

/* Each slot a chain: the refresh token of an answer is the slot's next request. */
static void send_refresh(size_t slot) {
    char body[2048];
    int length = snprintf(body, sizeof body, "{\"refresh_token\":\"%s\"}", pairs[slot].refresh);
    request("refresh_tokens", slot, body, length);
}

static void take_refresh(size_t slot, const Message *message) {
    Text token = member(message->payload, "refresh_token");
    if (token.length != strlen(pairs[slot].refresh)) {
        free(pairs[slot].refresh);
        pairs[slot].refresh = copy(token);
    } else {
        memcpy(pairs[slot].refresh, token.bytes, token.length);
    }
}

void refresh(size_t in_flight, double seconds) {
    generate(in_flight);
    closed_loop(in_flight, seconds, send_refresh, take_refresh);
}

/* MARK: blacklist */

static size_t next_pair;

static void send_blacklisting(size_t slot) {
    char body[4096];
    int length = snprintf(body, sizeof body, "{\"refresh_token\":\"%s\",\"access_token\":\"%s\"}",
                          pairs[next_pair].refresh, pairs[next_pair].access);
    next_pair++;
    request("blacklist_tokens", slot, body, length);
}

static void take_blacklisting(size_t slot, const Message *message) {
    (void)slot;
    if (message->payload.length != 2) fail("not acknowledged: %.*s", (int)message->payload.length, message->payload.bytes);
}

/* Every pair once, as in life: what is blacklisted again takes the place of its own record. */
void blacklist(size_t in_flight, size_t count) {
    generate(count);
    closed_loop_of(count, in_flight, send_blacklisting, take_blacklisting);
}
