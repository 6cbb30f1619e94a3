/* What JetStream does by itself, without the service: the sides that it is compared with. */

#define _GNU_SOURCE
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char api[] = "$JS.API.";

/* MARK: fill */

static size_t acknowledged;

static void take_acknowledgement(const Message *message) {
    if (!contains(message->payload, "\"seq\":"))
        fail("not stored: %.*s", (int)message->payload.length, message->payload.bytes);
    acknowledged++;
}

/* Families as old as up to 30 days, whose records have as long to live, and access tokens of the last minute: every other
 * one, as a blacklisting of a pair writes them; they live for an hour, because ten million take some time to fill. In the order of their revocation, which is not that of their age. */
void publish_revocation(size_t number) {
    /* Of this process, so that no record is taken for one that another has written. */
    static uint64_t run;
    if (!run) run = random_bits() >> 12;
    static const int64_t family_life = 30LL * 24 * 3600 * 1000, access_life = 3600 * 1000;
    int64_t now = (int64_t)(wall_seconds_now() * 1000);
    bool is_family = number % 2 == 0;
    int64_t age = (int64_t)(random_bits() % (uint64_t)(is_family ? family_life - 3600 * 1000 : 60 * 1000));
    char subject[64], headers[64], body[96];
    snprintf(subject, sizeof subject, "ledger.revoked.%s", identifier(now - age).text);
    snprintf(headers, sizeof headers, "NATS/1.0\r\nNats-Msg-Id: %013llx-%zu\r\n\r\n", (unsigned long long)run, number);
    int length = snprintf(body, sizeof body, "{\"kind\":\"%s\",\"exp\":%lld,\"reason\":\"blacklisted\"}",
                          is_family ? "family" : "access_token",
                          (long long)(now - age + (is_family ? family_life : access_life)));
    bus_publish(subject, bus_inbox(number), headers, body, (size_t)length);
}

void fill(size_t count) {
    enum { window = 8192 };
    /* What a replica writes into a stream that it begins: without it one that starts waits for what is missing. */
    static const char epoch[] = "{\"state\":\"whole\",\"name\":\"benchmark\",\"redeemed_since\":0}";
    bus_publish("ledger.epoch", bus_inbox(0), NULL, epoch, sizeof epoch - 1);
    while (acknowledged < 1) bus_pump(take_acknowledgement, 0);
    acknowledged = 0;
    for (size_t sent = 0; acknowledged < count;) {
        for (; sent < count && sent - acknowledged < window; sent++) publish_revocation(sent);
        bus_pump(take_acknowledgement, 0);
    }
}

/* MARK: follow */

static size_t delivered;
static char feed[64];

/* A record, or what has to be answered for more to be sent. */
static void take_delivery(const Message *message) {
    if (begins(message->headers, "NATS/1.0 100")) {
        static const char stalled[] = "Nats-Consumer-Stalled: ";
        char subject[256];
        const char *at = memmem(message->headers.bytes, message->headers.length, stalled, strlen(stalled));
        Text reply = message->reply;
        if (at) {
            at += strlen(stalled);
            reply = (Text){at, (size_t)((const char *)memchr(at, '\r', 256) - at)};
        }
        if (reply.length && reply.length < sizeof subject) {
            memcpy(subject, reply.bytes, reply.length);
            subject[reply.length] = 0;
            bus_publish(subject, NULL, NULL, "", 0);
        }
    } else if (begins(message->subject, "ledger.revoked.")) {
        delivered++;
    } else if (contains(message->payload, "\"error\"")) {
        fail("%.*s", (int)message->payload.length, message->payload.bytes);
    }
}

void follow(size_t count) {
    double begin = seconds_now();
    snprintf(feed, sizeof feed, "_INBOX.feed%016llx", (unsigned long long)random_bits());
    bus_subscribe(feed);
    char subject[128], body[512];
    snprintf(subject, sizeof subject, "%sCONSUMER.CREATE.TOKEN_LEDGER.idle-consumer-%s.ledger.revoked.>", api, feed + 7);
    int length = snprintf(
        body, sizeof body,
        "{\"stream_name\":\"TOKEN_LEDGER\",\"config\":{\"name\":\"idle-consumer-%s\",\"deliver_subject\":\"%s\","
        "\"deliver_policy\":\"all\",\"filter_subject\":\"ledger.revoked.>\",\"ack_policy\":\"none\",\"flow_control\":true,"
        "\"idle_heartbeat\":1000000000,\"inactive_threshold\":30000000000,\"mem_storage\":true,\"num_replicas\":1}}",
        feed + 7, feed);
    bus_publish(subject, bus_inbox(0), NULL, body, (size_t)length);
    double first = 0;
    while (delivered < count) {
        bus_pump(take_delivery, 0);
        if (delivered && !first) first = seconds_now();
    }
    double last = seconds_now();
    printf("%.6f %.6f\n", last - begin, last - first);

    snprintf(subject, sizeof subject, "%sCONSUMER.DELETE.TOKEN_LEDGER.idle-consumer-%s", api, feed + 7);
    bus_publish(subject, bus_inbox(0), NULL, "", 0);
    bus_pump(take_delivery, 0);
}

/* MARK: compare-and-set */

static Identifier *families;
static uint64_t *revisions;

static void publish_redemption(size_t slot) {
    int64_t now = (int64_t)(wall_seconds_now() * 1000);
    const char *family = families[slot].text;
    Identifier access = identifier(now), refresh = identifier(now);
    char subject[64], headers[256], body[512];
    snprintf(subject, sizeof subject, "ledger.redeemed.%s", family);
    snprintf(headers, sizeof headers,
             "NATS/1.0\r\nNats-Msg-Id: %s\r\nNats-Expected-Last-Subject-Sequence: %llu\r\n"
             "Nats-Expected-Last-Subject-Sequence-Subject: ledger.*.%s\r\n\r\n",
             refresh.text, (unsigned long long)revisions[slot], family);
    int length = snprintf(
        body, sizeof body,
        "{\"gen\":7,\"jti\":\"%s\",\"at\":%lld,\"exp\":%lld,\"next\":{\"access_jti\":\"%s\",\"refresh_jti\":\"%s\","
        "\"access_exp\":%lld,\"refresh_exp\":%lld}}",
        family, (long long)now, (long long)now + 2592000000, access.text, refresh.text, (long long)now / 1000 + 900,
        (long long)now / 1000 + 604800);
    bus_publish(subject, bus_inbox(slot), headers, body, (size_t)length);
}

static void take_revision(size_t slot, const Message *message) {
    static const char key[] = "\"seq\":";
    const char *value = memmem(message->payload.bytes, message->payload.length, key, strlen(key));
    if (!value) fail("not stored: %.*s", (int)message->payload.length, message->payload.bytes);
    revisions[slot] = strtoul(value + strlen(key), NULL, 10);
}

void compare_and_set(size_t in_flight, double seconds) {
    families = allocate(in_flight * sizeof *families);
    revisions = allocate(in_flight * sizeof *revisions);
    for (size_t slot = 0; slot < in_flight; slot++) {
        families[slot] = identifier((int64_t)(wall_seconds_now() * 1000));
        revisions[slot] = 0;
    }
    closed_loop(in_flight, seconds, publish_redemption, take_revision);
}
