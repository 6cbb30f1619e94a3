/* The ceiling: answers every request on a subject with the same bytes, on a loop of the same shape as the service's.
 *
 *   echo-responder URL SUBJECT QUEUE REPLY
 *
 * REPLY is the reply's text, or @FILE for a file's contents. Prints "serving" when the server has taken the subscription.
 *
 * What a loop must do anyway is all that it does: wait in epoll, read the socket once into cnats' parser, take every
 * message, publish each reply into cnats' buffer, write once, and free the messages as the service frees them: each at
 * once where cnats lets that be done (Sources/CNATS/shim.h), elsewhere together when all is written, for there each wakes a
 * thread of cnats'. A service on this loop can come close to it and cannot be faster, so figures are quoted as a share of
 * its.
 *
 * One server, no reconnecting, no drain: it ends with its connection. */

#include <errno.h>
#include <nats/nats.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

enum {
    read_buffer = 128 * 1024, /* as the service's */
    most_reply = 64 * 1024,
};

static int epoll, socket_of_session = -1;
static atomic_bool write_wanted, is_lost;

static void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("echo-responder: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

static void must(const char *what, natsStatus status) {
    if (status != NATS_OK) fail("%s: %s", what, natsStatus_GetText(status));
}

/* cnats calls these on any thread, holding the connection's lock: they set a flag, and epoll, and nothing else. */
static natsStatus attach(void **data, void *loop, natsConnection *connection, natsSock socket) {
    (void)connection;
    *data = loop;
    socket_of_session = socket;
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event) ? NATS_ERR : NATS_OK;
}

static natsStatus want_read(void *data, bool add) {
    (void)data;
    if (!add) {
        epoll_ctl(epoll, EPOLL_CTL_DEL, socket_of_session, NULL);
        atomic_store(&is_lost, true);
    }
    return NATS_OK;
}

static natsStatus want_write(void *data, bool add) {
    (void)data;
    atomic_store(&write_wanted, add);
    return NATS_OK;
}

static natsStatus detach(void *data) {
    (void)data;
    return NATS_OK;
}

/* After a partial write, and only then, the rest waits for epoll. */
static void write_once(natsConnection *connection) {
    static bool registered;
    if (atomic_load(&write_wanted)) natsConnection_ProcessWriteEvent(connection);
    bool rest = atomic_load(&write_wanted);
    if (rest == registered) return;
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | (rest ? EPOLLOUT : 0u)};
    epoll_ctl(epoll, EPOLL_CTL_MOD, socket_of_session, &event);
    registered = rest;
}

/* More than one read brings: the shortest message takes 14 bytes. */
enum { most_spent = read_buffer / 8 };
static natsMsg *spent[most_spent];
static size_t spent_count;

extern void natsMsg_free(void *message) __attribute__((weak));

static void done_with(natsMsg *message) {
    if (natsMsg_free) natsMsg_free(message);
    else spent[spent_count++] = message;
}

static void free_spent(void) {
    for (size_t i = 0; i < spent_count; i++) natsMsg_Destroy(spent[i]);
    spent_count = 0;
}

static void answer_all(natsConnection *connection, natsSubscription *subscription, const char *reply, int length) {
    uint64_t queued = 0;
    if (natsSubscription_QueuedMsgs(subscription, &queued) != NATS_OK) return;
    while (queued > 0) {
        natsMsg *message = NULL;
        natsStatus status = natsSubscription_NextMsg(&message, subscription, 0);
        if (status == NATS_SLOW_CONSUMER) continue;
        if (status != NATS_OK && status != NATS_NO_RESPONDERS) return;
        queued--;
        if (status != NATS_OK) continue;
        const char *to = natsMsg_GetReply(message);
        if (to && *to) natsConnection_Publish(connection, to, reply, length);
        if (spent_count == most_spent) free_spent();
        done_with(message);
    }
}

static int read_reply(char *reply, const char *argument) {
    if (argument[0] != '@') return snprintf(reply, most_reply, "%s", argument);
    FILE *file = fopen(argument + 1, "rb");
    if (!file) fail("%s: %s", argument + 1, strerror(errno));
    size_t length = fread(reply, 1, most_reply, file);
    fclose(file);
    return (int)length;
}

int main(int count, char **arguments) {
    if (count != 5) fail("usage: echo-responder URL SUBJECT QUEUE REPLY|@FILE");
    static char reply[most_reply];
    int length = read_reply(reply, arguments[4]);
    if ((epoll = epoll_create1(EPOLL_CLOEXEC)) < 0) fail("epoll_create1: %s", strerror(errno));

    natsOptions *options = NULL;
    must("options", natsOptions_Create(&options));
    must("url", natsOptions_SetURL(options, arguments[1]));
    must("reconnect", natsOptions_SetAllowReconnect(options, false));
    must("ping", natsOptions_SetPingInterval(options, 0));
    must("loop", natsOptions_SetEventLoop(options, &epoll, attach, want_read, want_write, detach));
    must("send asap", natsOptions_SetSendAsap(options, true));
    must("buffer", natsOptions_SetIOBufSize(options, read_buffer));
    must("pending", natsOptions_SetMaxPendingMsgs(options, 1000000));

    natsConnection *connection = NULL;
    natsSubscription *subscription = NULL, *own = NULL;
    must("connect", natsConnection_Connect(&connection, options));
    must("subscribe", natsConnection_QueueSubscribeSync(&subscription, connection, arguments[2], arguments[3]));

    /* A message to itself comes back once the server has taken the subscription before it. */
    must("subscribe", natsConnection_SubscribeSync(&own, connection, "_INBOX.echo-responder.own"));
    must("publish", natsConnection_PublishString(connection, "_INBOX.echo-responder.own", ""));
    write_once(connection);

    while (!atomic_load(&is_lost)) {
        struct epoll_event event = {0};
        if (epoll_wait(epoll, &event, 1, -1) < 0 && errno != EINTR) fail("epoll_wait: %s", strerror(errno));
        if (event.events & ~(uint32_t)EPOLLOUT) natsConnection_ProcessReadEvent(connection);
        answer_all(connection, subscription, reply, length);
        write_once(connection);
        free_spent();
        uint64_t back = 0;
        if (own && natsSubscription_QueuedMsgs(own, &back) == NATS_OK && back > 0) {
            natsSubscription_Destroy(own);
            own = NULL;
            puts("serving");
            fflush(stdout);
        }
    }
    return 0;
}
