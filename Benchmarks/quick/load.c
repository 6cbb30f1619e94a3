/* A closed loop of verify_token requests: N in flight, the next one sent when a reply is there; every reply is looked at.
 *
 *   load PORT IN_FLIGHT SECONDS TOKENS
 *
 * It first has the service issue TOKENS access tokens, then asks for them in turn: one token shows the service's cache
 * of verified tokens, more than the cache holds show a signature check each. Prints requests a second.
 *
 * One thread and a bare socket instead of a client library: load and service share the machine's cores, and what the
 * load costs is missing from the figure. A batch of replies is read, answered with as many requests, written at once,
 * which is how a busy caller behaves too. */

#define _GNU_SOURCE /* memmem */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    max_in_flight = 4096,
    max_request = 9 * 1024,
    read_buffer = 1 << 20,
    write_buffer = max_in_flight * max_request,
};

/* Long enough for caches, buffers and the branch predictor; the same in every run. */
static const double warm_up_seconds = 1;

typedef struct {
    char *bytes;
    size_t length;
} Text;

static int server;
static char *incoming, *outgoing;
static size_t held, pending;

static Text *requests; /* the verify requests, each a whole PUB with its payload */
static size_t request_count, wanted_tokens;

static void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("load: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void *allocate(size_t size) {
    void *memory = malloc(size);
    if (!memory) fail("out of memory");
    return memory;
}

static void put(const char *bytes, size_t length) {
    if (pending + length > write_buffer) fail("the write buffer is too small");
    memcpy(outgoing + pending, bytes, length);
    pending += length;
}

static void flush(void) {
    for (size_t sent = 0; sent < pending;) {
        ssize_t count = write(server, outgoing + sent, pending - sent);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) fail("write: %s", strerror(errno));
        sent += (size_t)count;
    }
    pending = 0;
}

/* What to do with a reply; it puts the next request, if there is to be one. */
typedef void Answer(const char *payload, size_t length, bool has_headers);

/* Reads once and hands on every whole message; what is left of the last one stays for the next read. */
static size_t pump(Answer *answer) {
    ssize_t count = read(server, incoming + held, read_buffer - held);
    if (count < 0 && errno == EINTR) return 0;
    if (count <= 0) fail("the server closed the connection");
    held += (size_t)count;

    size_t replies = 0;
    char *next = incoming, *end = incoming + held, *newline;
    while ((newline = memchr(next, '\n', (size_t)(end - next)))) {
        bool has_headers = *next == 'H';
        if (has_headers || !strncmp(next, "MSG ", 4)) {
            char *size = newline;
            while (size[-1] != ' ') size--;
            size_t length = strtoul(size, NULL, 10);
            if ((size_t)(end - newline) < length + 3) break;
            answer(newline + 1, length, has_headers);
            replies++;
            next = newline + 1 + length + 2;
        } else {
            if (!strncmp(next, "PING", 4)) put("PONG\r\n", 6);
            if (!strncmp(next, "-ERR", 4)) fail("%.*s", (int)(newline - next), next);
            next = newline + 1;
        }
    }
    held = (size_t)(end - next);
    memmove(incoming, next, held);
    flush();
    return replies;
}

/* Of this process alone: the last replies to a run before may still be on their way. */
static char inbox[32];
static size_t asked_for;

static void ask_for_a_token(void) {
    static const char id[] = "{\"id\":\"42\"}";
    char request[128];
    put(request, (size_t)snprintf(request, sizeof request, "PUB generate_tokens %s %zu\r\n%s\r\n", inbox, strlen(id), id));
    asked_for++;
}

static void keep_token(const char *payload, size_t length, bool has_headers) {
    static const char key[] = "\"access_token\":\"";
    const char *token = has_headers ? NULL : memmem(payload, length, key, strlen(key));
    const char *end = token ? memchr(token + strlen(key), '"', length - (size_t)(token + strlen(key) - payload)) : NULL;
    if (!end) fail("not a pair of tokens: %.*s", (int)length, payload);
    token += strlen(key);

    char request[max_request];
    int size = snprintf(request, sizeof request, "PUB verify_token %s %zu\r\n{\"access_token\":\"%.*s\"}\r\n", inbox,
                        strlen("{\"access_token\":\"\"}") + (size_t)(end - token), (int)(end - token), token);
    if (size >= (int)sizeof request) fail("the token is too long");
    requests[request_count].bytes = memcpy(allocate((size_t)size), request, (size_t)size);
    requests[request_count++].length = (size_t)size;

    if (asked_for < wanted_tokens) ask_for_a_token();
}

static void send_next_request(void) {
    static size_t turn;
    put(requests[turn].bytes, requests[turn].length);
    turn = turn + 1 == request_count ? 0 : turn + 1;
}

static void check_verdict(const char *payload, size_t length, bool has_headers) {
    static const char valid[] = "{\"valid\":true";
    if (has_headers || length < strlen(valid) || memcmp(payload, valid, strlen(valid)))
        fail("not valid: %.*s", (int)length, payload);
    send_next_request();
}

static void connect_to(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server = socket(AF_INET, SOCK_STREAM, 0);
    if (server < 0 || connect(server, (struct sockaddr *)&address, sizeof address))
        fail("127.0.0.1:%d: %s", port, strerror(errno));
    int on = 1;
    setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    snprintf(inbox, sizeof inbox, "_INBOX.load.%d", (int)getpid());
    char hello[128];
    put(hello, (size_t)snprintf(hello, sizeof hello,
                                "CONNECT {\"verbose\":false,\"headers\":true,\"no_responders\":true}\r\nSUB %s 1\r\n", inbox));
    flush();
}

int main(int count, char **arguments) {
    if (count != 5) fail("usage: load PORT IN_FLIGHT SECONDS TOKENS");
    size_t in_flight = strtoul(arguments[2], NULL, 10);
    double seconds = strtod(arguments[3], NULL);
    wanted_tokens = strtoul(arguments[4], NULL, 10);
    if (in_flight < 1 || in_flight > max_in_flight || wanted_tokens < 1 || seconds <= 0) fail("out of range");

    incoming = allocate(read_buffer);
    outgoing = allocate(write_buffer);
    requests = allocate(wanted_tokens * sizeof *requests);
    connect_to((int)strtol(arguments[1], NULL, 10));

    while (asked_for < wanted_tokens && asked_for < 256) ask_for_a_token();
    flush();
    while (request_count < wanted_tokens) pump(keep_token);

    for (size_t i = 0; i < in_flight; i++) send_next_request();
    flush();
    double warm = seconds_now() + warm_up_seconds, now;
    do pump(check_verdict);
    while ((now = seconds_now()) < warm);

    double begin = now;
    size_t replies = 0;
    do replies += pump(check_verdict);
    while ((now = seconds_now()) - begin < seconds);
    printf("%.0f\n", (double)replies / (now - begin));
    return 0;
}
