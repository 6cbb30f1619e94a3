/* How soon a blacklisting that one replica has acknowledged is in force at another: from the acknowledgement's arrival
 * here to the arrival of the first rejection, the question asked again and again, one at a time. That holds the round trip
 * of the question that was rejected; the plain round trip is measured beside it, on the same token just before. */

#include "load.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static char answer[4096];
static Text answered;
static bool is_answered;

static void take_answer(const Message *message) {
    if (message->headers.length) fail("refused: %.*s", (int)message->headers.length, message->headers.bytes);
    if (message->payload.length > sizeof answer) fail("a long answer");
    memcpy(answer, message->payload.bytes, message->payload.length);
    answered = (Text){answer, message->payload.length};
    is_answered = true;
}

static void ask(const char *at, const char *operation, const char *body, int length) {
    char subject[128];
    snprintf(subject, sizeof subject, "%s%s", at, operation);
    bus_publish(subject, bus_inbox(0), NULL, body, (size_t)length);
    for (is_answered = false; !is_answered;) bus_pump(take_answer, 0);
}

void propagation(const char *other_prefix, size_t count) {
    Series spread = {0}, plain = {0};
    Pair *pairs = generate(count);
    for (size_t i = 0; i < count; i++) {
        char pair[4096], access[2048];
        int pair_length = snprintf(pair, sizeof pair, "{\"refresh_token\":\"%s\",\"access_token\":\"%s\"}",
                                   pairs[i].refresh, pairs[i].access);
        int access_length = snprintf(access, sizeof access, "{\"access_token\":\"%s\"}", pairs[i].access);
        for (int turn = 0; turn < 2; turn++) {
            double begin = seconds_now();
            ask(other_prefix, "verify_token", access, access_length);
            if (!begins(answered, "{\"valid\":true")) fail("not valid: %.*s", (int)answered.length, answered.bytes);
            /* The first time its signature is checked. */
            if (turn) series_add(&plain, seconds_now() - begin);
        }
        ask(prefix, "blacklist_tokens", pair, pair_length);
        double acknowledged = seconds_now();
        do ask(other_prefix, "verify_token", access, access_length);
        while (begins(answered, "{\"valid\":true"));
        series_add(&spread, seconds_now() - acknowledged);
        if (!contains(answered, "revoked")) fail("rejected for another reason: %.*s", (int)answered.length, answered.bytes);
        /* Not in step with anything. */
        nanosleep(&(struct timespec){.tv_nsec = (long)(random_bits() % 2000000)}, NULL);
    }
    printf("%.0f %.0f %.0f %.0f\n", series_percentile(&spread, 50), series_percentile(&spread, 99),
           series_percentile(&plain, 50), series_percentile(&plain, 99));
}
