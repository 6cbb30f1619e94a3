// One lookup takes less than it takes to ask the system for the time, so the processor's own counter is read, with
// fences that keep the lookup between the two readings.
#ifndef CCLOCK_SHIM_H
#define CCLOCK_SHIM_H
#include <stdint.h>
#include <sys/resource.h>

static inline __attribute__((always_inline)) uint64_t clock_ticks(void) {
#if defined(__x86_64__)
    uint32_t low, high;
    __asm__ volatile("lfence\n\trdtsc\n\tlfence" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
#elif defined(__aarch64__)
    uint64_t ticks;
    __asm__ volatile("isb\n\tmrs %0, cntvct_el0\n\tisb" : "=r"(ticks) : : "memory");
    return ticks;
#else
#error "no cycle counter known here"
#endif
}

// How often the scheduler has taken the processor from this thread. (1 is RUSAGE_THREAD, which the header hides.)
static inline long times_preempted(void) {
    struct rusage usage;
    getrusage(1, &usage);
    return usage.ru_nivcsw;
}

#endif
