// The floor: the blacklist's filter and table in plain C for one thread. No partitions, no segments, no atomics, nothing
// reclaimed, nothing counted: what is left when everything is taken away that makes it a shared, growing, expiring thing.
#ifndef FLOOR_H
#define FLOOR_H
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint64_t high, low;
} floor_id;

typedef struct floor_set floor_set;

floor_set *floor_make(uint64_t secret);
void floor_free(floor_set *set);
void floor_insert_all(floor_set *set, const floor_id *ids, size_t count);
// How many of the ids are held.
size_t floor_count(const floor_set *set, const floor_id *ids, size_t count);
size_t floor_bytes(const floor_set *set);
size_t floor_contains(const floor_set *set, const floor_id *id);

#endif
