#define _GNU_SOURCE /* memmem, ppoll */
#include "bus.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    read_buffer = 1 << 20,
    write_buffer = 64 << 20,
};

static int server;
static char *incoming, *outgoing;
static size_t held, pending;
static char inbox[32];

void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("load: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

void *allocate(size_t size) {
    void *memory = malloc(size);
    if (!memory) fail("out of memory");
    return memory;
}

static double now_of(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double seconds_now(void) { return now_of(CLOCK_MONOTONIC); }
double wall_seconds_now(void) { return now_of(CLOCK_REALTIME); }

static void put(const char *bytes, size_t length) {
    if (pending + length > write_buffer) fail("the write buffer is too small");
    memcpy(outgoing + pending, bytes, length);
    pending += length;
}

static void put_text(const char *text) { put(text, strlen(text)); }

static void put_number(size_t number) {
    char digits[24];
    put(digits, (size_t)snprintf(digits, sizeof digits, " %zu", number));
}

void bus_publish(const char *subject, const char *reply, const char *headers, const char *body, size_t length) {
    size_t header_length = headers ? strlen(headers) : 0;
    put_text(header_length ? "HPUB " : "PUB ");
    put_text(subject);
    if (reply && *reply) {
        put_text(" ");
        put_text(reply);
    }
    if (header_length) put_number(header_length);
    put_number(header_length + length);
    put_text("\r\n");
    if (header_length) put(headers, header_length);
    put(body, length);
    put_text("\r\n");
}

void bus_flush(void) {
    for (size_t sent = 0; sent < pending;) {
        ssize_t count = write(server, outgoing + sent, pending - sent);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) fail("write: %s", strerror(errno));
        sent += (size_t)count;
    }
    pending = 0;
}

/* MSG subject sid [reply] size, HMSG subject sid [reply] header-size size. False when it is not all there. */
static bool parse(const char *line, const char *newline, const char *end, Message *message, const char **next) {
    Text words[6];
    size_t count = 0;
    for (const char *at = line; at < newline && count < 6;) {
        const char *word = at;
        while (at < newline && *at != ' ' && *at != '\r') at++;
        words[count++] = (Text){word, (size_t)(at - word)};
        while (at < newline && (*at == ' ' || *at == '\r')) at++;
    }
    bool has_headers = *line == 'H';
    if (count < 4u + has_headers) fail("not a message: %.*s", (int)(newline - line), line);
    size_t size = strtoul(words[count - 1].bytes, NULL, 10);
    size_t head = has_headers ? strtoul(words[count - 2].bytes, NULL, 10) : 0;
    const char *body = newline + 1;
    if ((size_t)(end - body) < size + 2) return false;
    message->subject = words[1];
    message->reply = count == 5u + has_headers ? words[3] : (Text){"", 0};
    message->headers = (Text){body, head};
    message->payload = (Text){body + head, size - head};
    *next = body + size + 2;
    return true;
}

static bool wait_for_bytes(double until) {
    struct pollfd descriptor = {.fd = server, .events = POLLIN};
    double left = until - seconds_now();
    if (left < 0) left = 0;
    struct timespec time = {.tv_sec = (time_t)left, .tv_nsec = (long)((left - (double)(time_t)left) * 1e9)};
    return ppoll(&descriptor, 1, &time, NULL) > 0;
}

void bus_pump(OnMessage *receive, double until) {
    bus_flush();
    if (until > 0 && !wait_for_bytes(until)) return;
    ssize_t count = read(server, incoming + held, read_buffer - held);
    if (count < 0 && errno == EINTR) return;
    if (count <= 0) fail("the server closed the connection");
    held += (size_t)count;

    const char *next = incoming, *end = incoming + held, *newline;
    while ((newline = memchr(next, '\n', (size_t)(end - next)))) {
        if (*next == 'M' || *next == 'H') {
            Message message;
            if (!parse(next, newline, end, &message, &next)) break;
            receive(&message);
        } else {
            if (!strncmp(next, "PING", 4)) put_text("PONG\r\n");
            if (!strncmp(next, "-ERR", 4)) fail("%.*s", (int)(newline - next), next);
            next = newline + 1;
        }
    }
    held = (size_t)(end - next);
    memmove(incoming, next, held);
}

void bus_connect(int port) {
    incoming = allocate(read_buffer);
    outgoing = allocate(write_buffer);
    /* So that a paced load wakes when it means to. */
    prctl(PR_SET_TIMERSLACK, 1);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server = socket(AF_INET, SOCK_STREAM, 0);
    if (server < 0 || connect(server, (struct sockaddr *)&address, sizeof address))
        fail("127.0.0.1:%d: %s", port, strerror(errno));
    int on = 1;
    setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    /* Of this process alone: the last replies to a run before may still be on their way. */
    snprintf(inbox, sizeof inbox, "_INBOX.load%d", (int)getpid());
    char all[40];
    snprintf(all, sizeof all, "%s.*", inbox);
    put_text("CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true,\"no_responders\":true}\r\n");
    bus_subscribe(all);
}

void bus_subscribe(const char *subject) {
    static size_t number;
    put_text("SUB ");
    put_text(subject);
    put_number(++number);
    put_text("\r\n");
}

const char *bus_inbox(size_t number) {
    static char subject[64];
    snprintf(subject, sizeof subject, "%s.%zu", inbox, number);
    return subject;
}

size_t bus_number(const Message *message) {
    size_t prefix = strlen(inbox) + 1;
    if (message->subject.length <= prefix) fail("not the inbox: %.*s", (int)message->subject.length, message->subject.bytes);
    return strtoul(message->subject.bytes + prefix, NULL, 10);
}

bool contains(Text text, const char *part) { return memmem(text.bytes, text.length, part, strlen(part)) != NULL; }

bool begins(Text text, const char *start) {
    size_t length = strlen(start);
    return text.length >= length && !memcmp(text.bytes, start, length);
}

Text member(Text json, const char *key) {
    char quoted[64];
    int length = snprintf(quoted, sizeof quoted, "\"%s\":\"", key);
    const char *value = memmem(json.bytes, json.length, quoted, (size_t)length);
    if (value) {
        value += length;
        const char *end = memchr(value, '"', (size_t)(json.bytes + json.length - value));
        if (end) return (Text){value, (size_t)(end - value)};
    }
    fail("no %s in: %.*s", key, (int)json.length, json.bytes);
}

/* xorshift64*: fast, and the same in every run but for the seed. */
uint64_t random_bits(void) {
    static uint64_t state;
    if (!state) state = (uint64_t)(wall_seconds_now() * 1e6) | 1;
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 0x2545F4914F6CDD1D;
}

Identifier identifier(int64_t milliseconds) {
    Identifier id;
    uint64_t high = random_bits(), low = random_bits();
    snprintf(id.text, sizeof id.text, "%08x-%04x-7%03x-%04x-%012llx", (unsigned)(milliseconds >> 16),
             (unsigned)(milliseconds & 0xffff), (unsigned)(high & 0xfff), (unsigned)(0x8000 | (high >> 16 & 0x3fff)),
             (unsigned long long)(low >> 16));
    return id;
}

void series_add(Series *series, double seconds) {
    if (series->count == series->room) {
        series->room = series->room ? series->room * 2 : 65536;
        series->values = realloc(series->values, series->room * sizeof *series->values);
        if (!series->values) fail("out of memory");
    }
    series->values[series->count++] = seconds * 1e6;
}

static int by_value(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

double series_percentile(Series *series, double percent) {
    if (!series->count) fail("nothing was measured");
    qsort(series->values, series->count, sizeof *series->values, by_value);
    return series->values[(size_t)((double)(series->count - 1) * percent / 100 + 0.5)];
}
