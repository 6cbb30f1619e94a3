#define _GNU_SOURCE
#include "load.h"

#include <poll.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

int load_poll(void *descriptors, size_t count, long long nanoseconds) {
    struct timespec timeout = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    return ppoll(descriptors, count, &timeout, NULL);
}

const void *load_find(const void *bytes, size_t length, const void *needle, size_t needle_length) {
    return memmem(bytes, length, needle, needle_length);
}

void load_wake_on_time(void) {
    prctl(PR_SET_TIMERSLACK, 1ul, 0, 0, 0);
}
