// CApusLinux: what Swift cannot import by itself, as static-inline forwards and constants. No logic.
//
// Each `apus_prep_*` sets every member of a submission entry that matters and user_data last: liburing's own
// helpers of the 2.3 era clear user_data. Constants that liburing 2.3 (Debian 12) lacks stand under #ifndef,
// so that newer headers win.
#ifndef CAPUSLINUX_H
#define CAPUSLINUX_H

#include <errno.h>
// liburing brings a copy of this header, under the same guard. A program that also uses another module with
// the kernel's own, as swift-system is, must see one definition of each structure, or it does not compile.
#if __has_include(<linux/io_uring.h>)
#include <linux/io_uring.h>
#endif
#include <liburing.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef IORING_FEAT_NO_IOWAIT
#define IORING_FEAT_NO_IOWAIT (1U << 17)
#endif
#ifndef IORING_ENTER_NO_IOWAIT
#define IORING_ENTER_NO_IOWAIT (1U << 7)
#endif
#ifndef IORING_ASYNC_CANCEL_OP
#define IORING_ASYNC_CANCEL_OP (1U << 5)
#endif
#ifndef SOCKET_URING_OP_GETSOCKOPT
#define SOCKET_URING_OP_GETSOCKOPT 2
#endif
#ifndef SOCKET_URING_OP_SETSOCKOPT
#define SOCKET_URING_OP_SETSOCKOPT 3
#endif

// IORING_OP_FIXED_FD_INSTALL, Linux 6.8: an enumerator of newer headers, which no #ifndef sees.
#define APUS_OP_INSTALL_DESCRIPTOR 54

// ---- constants that are macros or enum shifts, which Swift does not import ----
static const unsigned APUS_SETUP_FLAGS = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                                         IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG |
                                         IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CLAMP | IORING_SETUP_CQSIZE;
static const unsigned APUS_NEEDED_FEATURES = IORING_FEAT_NODROP | IORING_FEAT_SUBMIT_STABLE |
                                             IORING_FEAT_FAST_POLL | IORING_FEAT_EXT_ARG |
                                             IORING_FEAT_CQE_SKIP | IORING_FEAT_LINKED_FILE;
static const unsigned APUS_FEAT_NO_IOWAIT = IORING_FEAT_NO_IOWAIT;
static const unsigned APUS_ENTER_GETEVENTS = IORING_ENTER_GETEVENTS;
static const unsigned APUS_ENTER_EXT_ARG = IORING_ENTER_EXT_ARG;
static const unsigned APUS_ENTER_REGISTERED_RING = IORING_ENTER_REGISTERED_RING;
static const unsigned APUS_ENTER_NO_IOWAIT = IORING_ENTER_NO_IOWAIT;
static const unsigned APUS_SQE_FIXED_FILE = IOSQE_FIXED_FILE;
static const unsigned APUS_SQE_HARDLINK = IOSQE_IO_HARDLINK;
static const unsigned APUS_SQE_LINK = IOSQE_IO_LINK;
static const unsigned APUS_SQE_SKIP_SUCCESS = IOSQE_CQE_SKIP_SUCCESS;
static const unsigned APUS_CQE_F_BUFFER = IORING_CQE_F_BUFFER;
static const unsigned APUS_CQE_F_MORE = IORING_CQE_F_MORE;
static const unsigned APUS_SQ_CQ_OVERFLOW = IORING_SQ_CQ_OVERFLOW;
static const int APUS_SO_PEERNAME = 28;

// ---- submission entries ----
static inline void apus_prep(struct io_uring_sqe *sqe, unsigned char opcode, int fd, const void *address,
                             unsigned length, unsigned char flags, unsigned long long user_data) {
    memset(sqe, 0, sizeof(*sqe));
    sqe->opcode = opcode;
    sqe->flags = flags;
    sqe->fd = fd;
    sqe->addr = (unsigned long)address;
    sqe->len = length;
    sqe->user_data = user_data;
}
static inline void apus_prep_accept(struct io_uring_sqe *sqe, int listener, int direct, int multishot,
                                    unsigned long long user_data) {
    apus_prep(sqe, IORING_OP_ACCEPT, listener, NULL, 0, 0, user_data);
    if (multishot) sqe->ioprio = IORING_ACCEPT_MULTISHOT;
    if (direct) sqe->file_index = IORING_FILE_INDEX_ALLOC;
    else sqe->accept_flags = SOCK_CLOEXEC;
}
static inline void apus_prep_receive_multishot(struct io_uring_sqe *sqe, int fd, unsigned short group,
                                               unsigned char flags, unsigned total,
                                               unsigned long long user_data) {
    apus_prep(sqe, IORING_OP_RECV, fd, NULL, 0, flags | IOSQE_BUFFER_SELECT, user_data);
    // `optlen`, which liburing 2.3 does not name: bytes after which it ends by itself; 0 for never.
    sqe->file_index = total;
    sqe->ioprio = IORING_RECV_MULTISHOT | IORING_RECVSEND_POLL_FIRST;
    sqe->buf_group = group;
}
static inline void apus_prep_receive_selected(struct io_uring_sqe *sqe, int fd, unsigned short group,
                                              unsigned char flags, unsigned long long user_data) {
    apus_prep(sqe, IORING_OP_RECV, fd, NULL, 0, flags | IOSQE_BUFFER_SELECT, user_data);
    sqe->buf_group = group;
}
static inline void apus_prep_receive(struct io_uring_sqe *sqe, int fd, void *base, unsigned length,
                                     unsigned char flags, unsigned long long user_data) {
    apus_prep(sqe, IORING_OP_RECV, fd, base, length, flags, user_data);
}
static inline void apus_prep_send(struct io_uring_sqe *sqe, int fd, const void *base, unsigned length,
                                  unsigned char flags, unsigned long long user_data) {
    apus_prep(sqe, IORING_OP_SEND, fd, base, length, flags, user_data);
    sqe->msg_flags = MSG_WAITALL | MSG_NOSIGNAL;
}
// A send that takes no more than there is room for at once.
static inline void apus_prep_send_at_once(struct io_uring_sqe *sqe, int fd, const void *base, unsigned length,
                                          unsigned char flags, unsigned long long user_data) {
    apus_prep(sqe, IORING_OP_SEND, fd, base, length, flags, user_data);
    sqe->msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL;
}
// Completes once the socket takes bytes again, or never will (poll(2), POLLOUT).
static inline void apus_prep_poll_room(struct io_uring_sqe *sqe, int fd, unsigned char flags,
                                       unsigned long long user_data) {
    apus_prep(sqe, IORING_OP_POLL_ADD, fd, NULL, 0, flags, user_data);
    sqe->poll32_events = POLLOUT;
}
// Answers an ordinary descriptor, closed on exec, for an entry of the ring's file table.
static inline void apus_prep_install_descriptor(struct io_uring_sqe *sqe, int fd, unsigned char flags,
                                                unsigned long long user_data) {
    apus_prep(sqe, APUS_OP_INSTALL_DESCRIPTOR, fd, NULL, 0, flags, user_data);
}
static inline void apus_prep_sendmsg(struct io_uring_sqe *sqe, int fd, const struct msghdr *message,
                                     unsigned char flags, unsigned long long user_data) {
    apus_prep(sqe, IORING_OP_SENDMSG, fd, message, 1, flags, user_data);
    sqe->msg_flags = MSG_WAITALL | MSG_NOSIGNAL;
}
// Into the slot of the ring's file table, or (slot < 0) an ordinary descriptor.
static inline void apus_prep_socket(struct io_uring_sqe *sqe, int domain, int slot, unsigned char flags,
                                    unsigned long long user_data) {
    apus_prep(sqe, IORING_OP_SOCKET, domain, NULL, 0, flags, user_data);
    sqe->off = SOCK_STREAM;
    if (slot >= 0) sqe->file_index = (unsigned)slot + 1;
}
static inline void apus_prep_connect(struct io_uring_sqe *sqe, int fd, const void *address, unsigned length,
                                     unsigned char flags, unsigned long long user_data) {
    apus_prep(sqe, IORING_OP_CONNECT, fd, address, 0, flags, user_data);
    sqe->off = length;
}
static inline void apus_prep_shutdown_write(struct io_uring_sqe *sqe, int fd, unsigned char flags,
                                            unsigned long long user_data) {
    apus_prep(sqe, IORING_OP_SHUTDOWN, fd, NULL, SHUT_WR, flags, user_data);
}
static inline void apus_prep_cancel_token(struct io_uring_sqe *sqe, unsigned long long token, unsigned char flags,
                                          unsigned long long user_data) {
    apus_prep(sqe, IORING_OP_ASYNC_CANCEL, -1, NULL, 0, flags, user_data);
    sqe->addr = token;
}
static inline void apus_prep_close(struct io_uring_sqe *sqe, int fd, int direct, unsigned char flags,
                                   unsigned long long user_data) {
    apus_prep(sqe, IORING_OP_CLOSE, direct ? 0 : fd, NULL, 0, flags, user_data);
    if (direct) sqe->file_index = (unsigned)fd + 1;
}
static inline void apus_prep_read(struct io_uring_sqe *sqe, int fd, void *base, unsigned length,
                                  unsigned long long offset, unsigned long long user_data) {
    apus_prep(sqe, IORING_OP_READ, fd, base, length, 0, user_data);
    sqe->off = offset;
}
static inline void apus_prep_append(struct io_uring_sqe *sqe, int fd, const void *base, unsigned length,
                                    unsigned long long user_data) {
    apus_prep(sqe, IORING_OP_WRITE, fd, base, length, 0, user_data);
    sqe->off = (unsigned long long)-1;
}
// A socket option by URING_CMD (Linux 6.7). In liburing 2.3's layout `level` and `optname` share `addr`,
// `optlen` shares `file_index`, `optval` shares `addr3`, and `cmd_op` shares `off`.
static inline void apus_prep_socket_option(struct io_uring_sqe *sqe, int fd, unsigned command, int level, int name,
                                           void *value, unsigned length, unsigned char flags,
                                           unsigned long long user_data) {
    apus_prep(sqe, IORING_OP_URING_CMD, fd, NULL, 0, flags, user_data);
    sqe->off = command;
    sqe->addr = (unsigned long long)(unsigned)level | (unsigned long long)(unsigned)name << 32;
    sqe->file_index = length;
    memcpy((char *)sqe + 48, &value, sizeof(value));
}

// ---- the two queues ----
// The queue's index array is the identity, once for all: then only the tail has to be published.
static inline void apus_identify_entries(struct io_uring *ring) {
    for (unsigned i = 0; i < ring->sq.ring_entries; i++) ring->sq.array[i] = i;
}
// Publishes the filled entries to the kernel; answers how many wait.
static inline unsigned apus_flush(struct io_uring *ring) {
    struct io_uring_sq *sq = &ring->sq;
    sq->sqe_head = sq->sqe_tail;
    io_uring_smp_store_release(sq->ktail, sq->sqe_tail);
    return sq->sqe_tail - io_uring_smp_load_acquire(sq->khead);
}
// On x86-64 in place: through liburing it is code of another library, cold once a turn, and one more return
// that the processor does not foresee behind a system call; together 2% of a small request's user time.
static inline int apus_enter(struct io_uring *ring, unsigned to_submit, unsigned wait, unsigned flags,
                             struct io_uring_getevents_arg *argument) {
    size_t size = argument ? sizeof(*argument) : _NSIG / 8;
#if defined(__x86_64__) && defined(__LP64__)
    register long r10 __asm__("r10") = flags;
    register void *r8 __asm__("r8") = argument;
    register long r9 __asm__("r9") = (long)size;
    long result = __NR_io_uring_enter;
    __asm__ volatile("syscall"
                     : "+a"(result)
                     : "D"((long)ring->enter_ring_fd), "S"((long)to_submit), "d"((long)wait), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return (int)result;
#else
    return io_uring_enter2(ring->enter_ring_fd, to_submit, wait, flags, (sigset_t *)argument, size);
#endif
}
static inline struct io_uring_cqe *apus_peek(struct io_uring *ring) {
    struct io_uring_cq *cq = &ring->cq;
    unsigned head = *cq->khead;
    if (head == io_uring_smp_load_acquire(cq->ktail)) return NULL;
    return &cq->cqes[head & cq->ring_mask];
}
static inline void apus_seen(struct io_uring *ring) { io_uring_cq_advance(ring, 1); }
static inline unsigned apus_sq_flags(struct io_uring *ring) { return IO_URING_READ_ONCE(*ring->sq.kflags); }
static inline unsigned apus_sq_space(struct io_uring *ring) { return io_uring_sq_space_left(ring); }

// ---- cancelling from the ring's own thread, until what is found has been told to end
// (io_uring_register(2)) ----
/// Cancels all that is in flight; answers how much was found, or a negated errno.
static inline int apus_cancel_all(struct io_uring *ring) {
    struct io_uring_sync_cancel_reg request = {.fd = -1, .flags = IORING_ASYNC_CANCEL_ANY};
    return io_uring_register_sync_cancel(ring, &request);
}
/// Cancels one receive; 0, or a negated errno if there is none, and before Linux 6.6.
static inline int apus_cancel_one_receive(struct io_uring *ring) {
    struct io_uring_sync_cancel_reg request = {.fd = -1, .flags = IORING_ASYNC_CANCEL_OP};
    // The operation stands behind the time-out, in what liburing 2.3 knows as padding.
    ((unsigned char *)(&request.timeout + 1))[0] = IORING_OP_RECV;
    return io_uring_register_sync_cancel(ring, &request);
}

// ---- provided buffers: the calls that liburing 2.3 has no helper for ----
static inline void apus_buffer_add(struct io_uring_buf_ring *buffers, void *base, unsigned length, unsigned short id,
                                   int mask, int offset) {
    io_uring_buf_ring_add(buffers, base, length, id, mask, offset);
}
static inline void apus_buffer_publish(struct io_uring_buf_ring *buffers, int count) {
    io_uring_buf_ring_advance(buffers, count);
}

// ---- Linux calls behind _GNU_SOURCE, which Swift's Glibc module is not built with:
// forwards in CApusLinux.c ----
/// Pins the calling thread; 0 or -1 with errno (sched_setaffinity(2)).
int apus_pin_thread(int cpu);
/// Fills `cpus` with the numbers of the processors that this process may use; answers how
/// many, at most `capacity`.
int apus_affinity(int *cpus, int capacity);
int apus_eventfd(void);
void apus_name_thread(const char *name);
/// Timers of the calling thread fire on time, not up to 50 us later (prctl(2), PR_SET_TIMERSLACK).
void apus_tighten_timers(void);
/// What the calling thread was given last; NULL on a thread that was given nothing.
void *apus_thread_core(void);
void apus_set_thread_core(void *core);
/// Blocks that the calling thread keeps; NULL at first.
void *apus_thread_spare(void);
void apus_set_thread_spare(void *block);
void *apus_thread_notes(void);
void apus_set_thread_notes(void *block);
/// Tells LeakSanitizer that mapped memory holds references, or no longer does; nothing
/// in a program without it.
void apus_register_root(const void *address, size_t bytes);
void apus_unregister_root(const void *address, size_t bytes);

#include "CApusArguments.h"
#include "CApusFiles.h"
#include "CApusSignals.h"

#endif
