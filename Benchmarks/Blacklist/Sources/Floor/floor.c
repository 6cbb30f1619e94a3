#define _GNU_SOURCE
#include "floor.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct floor_set {
    uint64_t secret;
    uint64_t shift;
    uint64_t mask;
    size_t count, limit, bytes;
    char *filter;
    floor_id *slots;
};

static void make_block(floor_set *set, unsigned slot_bits) {
    size_t slots = (size_t)1 << slot_bits;
    set->shift = 64 - slot_bits;
    set->mask = slots - 1;
    set->limit = slots / 5 * 4;
    set->count = 0;
    set->bytes = slots * 18;
    // Filled in at once, as the blacklist's own blocks are.
    set->filter = mmap(0, set->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (set->filter == MAP_FAILED) abort();
    set->slots = (floor_id *)(set->filter + slots * 2);
}

floor_set *floor_make(uint64_t secret) {
    floor_set *set = calloc(1, sizeof *set);
    if (!set) abort();
    set->secret = secret;
    make_block(set, 11);
    return set;
}

void floor_free(floor_set *set) {
    munmap(set->filter, set->bytes);
    free(set);
}

size_t floor_bytes(const floor_set *set) { return set->bytes; }

static inline uint64_t mask_of(uint64_t pattern) {
    return (uint64_t)1 << (pattern & 63) | (uint64_t)1 << (pattern >> 6 & 63);
}

static inline int may_contain(const char *line, uint64_t pattern) {
    size_t start = pattern >> 33 & 0x38;
    uint64_t first = ~*(const uint64_t *)(line + start) & mask_of(pattern);
    uint64_t second = ~*(const uint64_t *)(line + (start ^ 8)) & mask_of(pattern >> 12);
    uint64_t third = ~*(const uint64_t *)(line + (start ^ 16)) & mask_of(pattern >> 24);
    return (first | second | third) == 0;
}

static inline int contains(const floor_set *set, const floor_id *id) {
    unsigned __int128 product = (unsigned __int128)id->low * set->secret;
    uint64_t slot = ((uint64_t)product << 20) >> set->shift;
    if (!may_contain(set->filter + (slot << 1 & ~(uint64_t)63), (uint64_t)(product >> 64))) return 0;
    for (;; slot = (slot + 1) & set->mask) {
        if (set->slots[slot].low == id->low && set->slots[slot].high == id->high) return 1;
        if (set->slots[slot].low == 0) return 0;
    }
}

size_t floor_contains(const floor_set *set, const floor_id *id) { return contains(set, id); }

size_t floor_count(const floor_set *set, const floor_id *ids, size_t count) {
    size_t found = 0;
    for (size_t i = 0; i < count; i++) found += contains(set, &ids[i]);
    return found;
}

static inline void insert(floor_set *set, const floor_id *id) {
    unsigned __int128 product = (unsigned __int128)id->low * set->secret;
    uint64_t slot = ((uint64_t)product << 20) >> set->shift;
    char *line = set->filter + (slot << 1 & ~(uint64_t)63);
    for (; set->slots[slot].low; slot = (slot + 1) & set->mask)
        if (set->slots[slot].low == id->low && set->slots[slot].high == id->high) return;
    uint64_t pattern = product >> 64;
    size_t start = pattern >> 33 & 0x38;
    *(uint64_t *)(line + start) |= mask_of(pattern);
    *(uint64_t *)(line + (start ^ 8)) |= mask_of(pattern >> 12);
    *(uint64_t *)(line + (start ^ 16)) |= mask_of(pattern >> 24);
    set->slots[slot] = *id;
    set->count++;
}

void floor_insert_all(floor_set *set, const floor_id *ids, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (set->count == set->limit) {
            floor_set old = *set;
            make_block(set, 64 - (unsigned)old.shift + 1);
            for (uint64_t slot = 0; slot <= old.mask; slot++)
                if (old.slots[slot].low) insert(set, &old.slots[slot]);
            munmap(old.filter, old.bytes);
        }
        insert(set, &ids[i]);
    }
}
