// The tables that one would take if one did not write one: Concurrency Kit's hash set and oneTBB's concurrent hash map,
// each as its manual says, with the blacklist's hash. Each loop runs inside, so that no call is counted.
#ifndef OTHERS_H
#define OTHERS_H
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    uint64_t high, low;
} others_id;

// ck_hs keeps pointers to the ids, which must stay where they are.
void *ck_table_make(void);
void ck_table_insert_all(void *table, const others_id *ids, size_t count);
size_t ck_table_count(void *table, const others_id *ids, size_t count);
void ck_table_free(void *table);

void *tbb_table_make(void);
void tbb_table_insert_all(void *table, const others_id *ids, size_t count);
size_t tbb_table_count(void *table, const others_id *ids, size_t count);
void tbb_table_free(void *table);

#ifdef __cplusplus
}
#endif
#endif
