/* Counts a process's heap allocations by who makes them: cnats, or anybody else. For LD_PRELOAD, in front of glibc's malloc.
 *
 * The counts are in the file that ALLOCATIONS names, two 64-bit numbers, to be read while the process runs: cnats' own
 * (it makes a message of each that comes in), and all others'. Who it was is told by the address that the call returns to. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static struct counts {
    _Atomic uint64_t cnats, others;
} *counts;
static uintptr_t cnats_start, cnats_end;

static int find_cnats(struct dl_phdr_info *library, size_t size, void *unused) {
    (void)size, (void)unused;
    if (!strstr(library->dlpi_name, "libnats")) return 0;
    for (int i = 0; i < library->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &library->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || !(part->p_flags & PF_X)) continue;
        cnats_start = library->dlpi_addr + part->p_vaddr;
        cnats_end = cnats_start + part->p_memsz;
    }
    return 1;
}

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("ALLOCATIONS");
    int file = path ? open(path, O_RDWR | O_CREAT, 0600) : -1;
    if (file < 0 || ftruncate(file, sizeof *counts)) _exit(70);
    void *shared = mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    dl_iterate_phdr(find_cnats, NULL);
    /* Without cnats every allocation would look like ours; with a wrong address none. */
    if (shared == MAP_FAILED || !cnats_start) _exit(70);
    counts = shared;
}

static void count(void *caller) {
    if (!counts) return;
    uintptr_t address = (uintptr_t)caller;
    _Atomic uint64_t *number = address >= cnats_start && address < cnats_end ? &counts->cnats : &counts->others;
    atomic_fetch_add_explicit(number, 1, memory_order_relaxed);
}

void *malloc(size_t size) {
    count(__builtin_return_address(0));
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    count(__builtin_return_address(0));
    return __libc_calloc(number, size);
}

void *realloc(void *memory, size_t size) {
    count(__builtin_return_address(0));
    return __libc_realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    count(__builtin_return_address(0));
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
    count(__builtin_return_address(0));
    *memory = __libc_memalign(alignment, size);
    return *memory ? 0 : ENOMEM;
}
