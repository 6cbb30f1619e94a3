/* One connection to nats-server over a bare socket, for loads that must cost little: they share the machine's cores
 * with what they measure. One thread. Whatever is not as expected ends the process with a line that says so. */

#ifndef BUS_H
#define BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    const char *bytes;
    size_t length;
} Text;

/* Valid until the callback returns. What a message lacks is empty. */
typedef struct {
    Text subject, reply, headers, payload;
} Message;

typedef void OnMessage(const Message *message);

void fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
void *allocate(size_t size);

/* Monotonic. */
double seconds_now(void);
/* Since the epoch. */
double wall_seconds_now(void);

/* Connects to a server on this machine and subscribes to an inbox of this process's own. */
void bus_connect(int port);
/* A subject below the inbox; valid until the next call. */
const char *bus_inbox(size_t number);
/* The number of the inbox's subject that a message came to. */
size_t bus_number(const Message *message);
void bus_subscribe(const char *subject);

/* Into a buffer, which `bus_flush` and `bus_pump` send. `reply` and `headers` may be empty or NULL. */
void bus_publish(const char *subject, const char *reply, const char *headers, const char *body, size_t length);
void bus_flush(void);
/* Sends what is buffered, waits for something to read (at most until then; 0: for ever), reads once, hands on every whole
 * message. */
void bus_pump(OnMessage *receive, double until);

/* The string that a JSON object has under a key; ends the process when it has none. */
Text member(Text json, const char *key);
bool contains(Text text, const char *part);
bool begins(Text text, const char *start);

/* A UUIDv7 of that time, random but for it. 36 characters and a zero. */
typedef struct {
    char text[37];
} Identifier;
Identifier identifier(int64_t milliseconds);
uint64_t random_bits(void);

/* Times of single requests, in microseconds. */
typedef struct {
    double *values;
    size_t count, room;
} Series;
void series_add(Series *series, double seconds);
/* Sorts it. */
double series_percentile(Series *series, double percent);

#endif
