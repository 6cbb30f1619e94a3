/* Open loops: a request goes out at its time, whether those before are answered or not, and its time is counted from when
 * it was to go out. So a service that stalls is charged for everything that came meanwhile. */

#include "load.h"

#include <stdio.h>
#include <string.h>

/* Above it nothing more is sent, and what was to go out waits: the rate is then more than can be done. */
static size_t max_in_flight;

static double begin, interval, counted_from;
static size_t sent, answered;
static Series times;
static Pair *pairs;
static bool (*is_good)(Text payload);

static double due(size_t number) { return begin + (double)number * interval; }

static void take_answer(const Message *message) {
    if (message->headers.length) fail("refused: %.*s", (int)message->headers.length, message->headers.bytes);
    if (!is_good(message->payload)) fail("not so: %.*s", (int)message->payload.length, message->payload.bytes);
    double scheduled = due(bus_number(message));
    answered++;
    if (scheduled >= counted_from) series_add(&times, seconds_now() - scheduled);
}

static void pace(double rate, size_t count, double warm_up, void send(size_t number)) {
    interval = 1 / rate;
    begin = seconds_now() + 0.01;
    counted_from = begin + warm_up;
    while (answered < count) {
        double now = seconds_now();
        while (sent < count && due(sent) <= now && sent - answered < max_in_flight) send(sent++);
        bool may_send = sent < count && sent - answered < max_in_flight;
        bus_pump(take_answer, may_send ? due(sent) : 0);
    }
    double took = seconds_now() - begin;
    printf("%.0f %.0f %.0f\n", (double)count / took, series_percentile(&times, 50), series_percentile(&times, 99));
}

static void publish(const char *operation, size_t number, const char *body, int length) {
    char subject[128];
    snprintf(subject, sizeof subject, "%s%s", prefix, operation);
    bus_publish(subject, bus_inbox(number), NULL, body, (size_t)length);
}

/* MARK: verify */

/* Few enough for the service's cache of verified tokens. */
enum { token_count = 1000 };

static bool is_valid(Text payload) { return begins(payload, "{\"valid\":true"); }

static void send_verify(size_t number) {
    char body[2048];
    int length = snprintf(body, sizeof body, "{\"access_token\":\"%s\"}", pairs[number % token_count].access);
    publish("verify_token", number, body, length);
}

void verify_paced(double rate, double seconds) {
    static const double warm_up = 0.5;
    pairs = generate(token_count);
    is_good = is_valid;
    max_in_flight = 4096;
    pace(rate, (size_t)(rate * (seconds + warm_up)), warm_up, send_verify);
}

/* Asks an echo with requests of the same size: no service is there that would have issued tokens. */
void echo_paced(double rate, double seconds) {
    static const double warm_up = 0.5;
    static char token[] =
        "eyJhbGciOiJFZERTQSIsImtpZCI6ImFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWEiLCJ0eXAiOiJhdCtqd3QifQ."
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    static Pair made_up[token_count];
    for (size_t i = 0; i < token_count; i++) made_up[i].access = token;
    pairs = made_up;
    is_good = is_valid;
    max_in_flight = 4096;
    pace(rate, (size_t)(rate * (seconds + warm_up)), warm_up, send_verify);
}

/* MARK: JetStream by itself */

static bool is_stored(Text payload) { return contains(payload, "\"seq\":"); }

/* Says `ready` and begins. */
void publish_paced(double rate, double seconds) {
    is_good = is_stored;
    max_in_flight = 512;
    puts("ready");
    fflush(stdout);
    pace(rate, (size_t)(rate * seconds), 0, publish_revocation);
}

/* MARK: blacklist */

static bool is_done(Text payload) { return payload.length == 2; }

static void send_blacklisting(size_t number) {
    char body[4096];
    int length = snprintf(body, sizeof body, "{\"refresh_token\":\"%s\",\"access_token\":\"%s\"}", pairs[number].refresh,
                          pairs[number].access);
    publish("blacklist_tokens", number, body, length);
}

/* Says `ready` when it has the pairs and begins. */
void blacklist_paced(double rate, double seconds) {
    size_t count = (size_t)(rate * seconds);
    pairs = generate(count);
    is_good = is_done;
    /* What a slow disk can do in well less than the time after which the service gives up. */
    max_in_flight = 256;
    puts("ready");
    fflush(stdout);
    pace(rate, count, 0, send_blacklisting);
}
