#ifndef TOKEN_SERVICE_CNATS_SHIM_H
#define TOKEN_SERVICE_CNATS_SHIM_H

/*
 * Why this shim exists:
 *  - one header, so that the module map names nothing of the system's layout;
 *  - newer cnats hands the closing of the socket, and the last reference to the connection, over to the event loop's
 *    adapter. Both functions are asked for as weak symbols, so that one source serves 3.4.1, which has neither, and
 *    the newer ones, which leak the socket and the connection when they are not called;
 *  - a message is freed by a function that cnats exports and does not publish, see there;
 *  - ioctl is variadic, and Swift does not import such functions;
 *  - epoll and eventfd are not part of Swift's Glibc module, and pthread_setname_np is hidden without _GNU_SOURCE.
 */
#include <nats/nats.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

extern void natsConnection_ProcessCloseEvent(natsSock *socket) __attribute__((weak));
extern void natsConnection_ProcessDetachedEvent(natsConnection *nc) __attribute__((weak));

/* The read side was removed from the loop: closes the socket where cnats leaves that to us. */
static inline void token_service_socket_removed(natsSock socket)
{
    if (natsConnection_ProcessCloseEvent != 0)
        natsConnection_ProcessCloseEvent(&socket);
}

/* The connection was detached from the loop: gives back cnats' reference where cnats leaves that to us. */
static inline void token_service_detached(natsConnection *nc)
{
    if (natsConnection_ProcessDetachedEvent != 0)
        natsConnection_ProcessDetachedEvent(nc);
}

/*
 * natsMsg_Destroy hands each message to a thread of cnats' own: a lock and often a system call a message, the other thread's
 * time, and the allocator's lock between the two. Together that is a third of the processor time of whoever follows a
 * stream. What that thread then calls is this function, which has freed a message and nothing else since cnats' first
 * release. (natsMsg_Destroy also leaves alone a message that a callback of cnats' own still holds; here all are polled.)
 * No header has it, so it is asked for as a weak symbol, and where a library hides it messages go the published way.
 */
extern void natsMsg_free(void *message) __attribute__((weak));

static inline bool token_service_frees_messages_at_once(void) { return natsMsg_free != 0; }

static inline void token_service_free_message(natsMsg *message)
{
    if (natsMsg_free != 0)
        natsMsg_free(message);
    else
        natsMsg_Destroy(message);
}

/*
 * The bytes of a message that came in: subject, reply subject, headers and data, which cnats keeps one behind the other, in
 * this order. Where that should not be so any more, the data's alone.
 */
static inline long token_service_message_bytes(const natsMsg *message)
{
    const char *data = natsMsg_GetData(message), *subject = natsMsg_GetSubject(message);
    long length = natsMsg_GetDataLength(message);
    long all = data == 0 || subject == 0 ? 0 : (long)((uintptr_t)data - (uintptr_t)subject) + length;
    return all >= length && all <= length + (64L << 20) ? all : length;
}

extern int pthread_setname_np(pthread_t thread, const char *name);

/* Bytes that can be read from the socket at once, or -1. */
static inline int token_service_bytes_readable(int fd)
{
    int count = 0;
    return ioctl(fd, FIONREAD, &count) == 0 ? count : -1;
}

#endif
