#include <ck_hs.h>
#include <stdbool.h>
#include <stdlib.h>

#include "others.h"

static const uint64_t secret = 0x9e3779b97f4a7c15;

static unsigned long hash_of(const void *key, unsigned long seed) {
    (void)seed;
    return (unsigned long)(((unsigned __int128)((const others_id *)key)->low * secret) >> 32);
}

static bool same(const void *a, const void *b) {
    const others_id *x = a, *y = b;
    return x->low == y->low && x->high == y->high;
}

static void *allocate(size_t size) { return malloc(size); }
static void release(void *block, size_t size, bool deferred) {
    (void)size;
    (void)deferred;
    free(block);
}
static struct ck_malloc allocator = {.malloc = allocate, .free = release};

void *ck_table_make(void) {
    ck_hs_t *table = malloc(sizeof *table);
    if (!table || !ck_hs_init(table, CK_HS_MODE_SPMC | CK_HS_MODE_OBJECT, hash_of, same, &allocator, 1024, 1)) abort();
    return table;
}

void ck_table_insert_all(void *table, const others_id *ids, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!ck_hs_put(table, hash_of(&ids[i], 0), &ids[i])) abort();
}

size_t ck_table_count(void *table, const others_id *ids, size_t count) {
    size_t found = 0;
    for (size_t i = 0; i < count; i++) found += ck_hs_get(table, hash_of(&ids[i], 0), &ids[i]) != NULL;
    return found;
}

void ck_table_free(void *table) {
    ck_hs_destroy(table);
    free(table);
}
