#include "load.h"

#include <stdio.h>
#include <string.h>

/* Long enough for caches, buffers and the branch predictor; the same in every run. */
static const double warm_up_seconds = 1;

static Send *send_request;
static Receive *receive_answer;
static double *sent_at;
static size_t answers, to_send;
static Series times;

static void send_next(size_t slot) {
    if (to_send == 0) return;
    to_send--;
    sent_at[slot] = seconds_now();
    send_request(slot);
}

static void take_answer(const Message *message) {
    size_t slot = bus_number(message);
    if (message->headers.length) fail("refused: %.*s", (int)message->headers.length, message->headers.bytes);
    receive_answer(slot, message);
    series_add(&times, seconds_now() - sent_at[slot]);
    answers++;
    send_next(slot);
}

static void begin(size_t count, size_t in_flight, Send *send, Receive *receive) {
    send_request = send;
    receive_answer = receive;
    sent_at = allocate(in_flight * sizeof *sent_at);
    to_send = count;
    for (size_t slot = 0; slot < in_flight; slot++) send_next(slot);
}

static void tell(double seconds) {
    printf("%.0f %.0f %.0f\n", (double)answers / seconds, series_percentile(&times, 50), series_percentile(&times, 99));
}

void closed_loop(size_t in_flight, double seconds, Send *send, Receive *receive) {
    begin(SIZE_MAX, in_flight, send, receive);
    double now, warm = seconds_now() + warm_up_seconds;
    do bus_pump(take_answer, 0);
    while ((now = seconds_now()) < warm);
    answers = times.count = 0;
    double start = now;
    do bus_pump(take_answer, 0);
    while ((now = seconds_now()) - start < seconds);
    tell(now - start);
}

void closed_loop_of(size_t count, size_t in_flight, Send *send, Receive *receive) {
    double start = seconds_now();
    begin(count, in_flight, send, receive);
    while (answers < count) bus_pump(take_answer, 0);
    tell(seconds_now() - start);
}
