// Swift has no word for "fetch this cache line, I shall ask for it soon"; the compiler behind it has one. There is
// nothing to link: the function below becomes one instruction. It may be given any address, even an unmapped one.
#ifndef CPREFETCH_SHIM_H
#define CPREFETCH_SHIM_H

static inline __attribute__((always_inline)) void prefetch_for_reading(unsigned long address) {
    __builtin_prefetch((const void *)address, 0, 3);
}

#endif
