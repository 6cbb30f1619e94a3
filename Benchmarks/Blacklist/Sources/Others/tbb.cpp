#include <tbb/concurrent_hash_map.h>

#include "others.h"

namespace {
struct Compare {
    static constexpr uint64_t secret = 0x9e3779b97f4a7c15;
    size_t hash(const others_id &id) const { return (size_t)(((unsigned __int128)id.low * secret) >> 32); }
    bool equal(const others_id &a, const others_id &b) const { return a.low == b.low && a.high == b.high; }
};
using Table = tbb::concurrent_hash_map<others_id, char, Compare>;
}  // namespace

extern "C" void *tbb_table_make(void) { return new Table(); }

extern "C" void tbb_table_insert_all(void *table, const others_id *ids, size_t count) {
    for (size_t i = 0; i < count; i++) static_cast<Table *>(table)->insert({ids[i], 0});
}

extern "C" size_t tbb_table_count(void *table, const others_id *ids, size_t count) {
    size_t found = 0;
    for (size_t i = 0; i < count; i++) found += static_cast<Table *>(table)->count(ids[i]);
    return found;
}

extern "C" void tbb_table_free(void *table) { delete static_cast<Table *>(table); }
