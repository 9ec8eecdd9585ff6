// The floor: how cheap HTTP-shaped traffic can be on this machine, with the io_uring features that Apus
// uses and none of its work. It parses nothing: it counts blank lines in what it receives and sends as
// many copies of one constant answer. `scripts/bench` builds and runs it; nothing else depends on it.
//
// A thread and a ring per core (one unless told), one system call per turn. A SO_REUSEPORT listener whose multishot accept yields
// direct descriptors; provided receive buffers; at most one send in flight per connection. The first
// receive of a connection is a single shot, because its request is already there (TCP_DEFER_ACCEPT) and
// because a connection that closes after one answer then has nothing armed that would need a CANCEL:
// that was 28% cheaper. Every later receive is one multishot.
//
//   cc -O2 -o limit limit.c -luring && ./limit --port 8080 --core 0
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <liburing.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// Constants that liburing 2.3 (Debian 12) does not have yet.
#ifndef IORING_FEAT_NO_IOWAIT
#define IORING_FEAT_NO_IOWAIT (1U << 17)
#endif
#ifndef IORING_ENTER_NO_IOWAIT
#define IORING_ENTER_NO_IOWAIT (1U << 7)
#endif

enum { sqEntries = 1024, cqEntries = 8192, bufferCount = 512, bufferBytes = 4096, bufferGroup = 0,
       backlog = 4096, copiesBytes = 65536, noSlot = 0xffffffff };
enum operation { opAccept = 1, opReceive, opSend, opCancel, opClose };

// A connection lives in the slot whose number is its direct descriptor.
struct connection {
    uint64_t owed;        // bytes of the answer stream still to be sent ...
    uint32_t position;    // ... from this offset of the answer on
    uint32_t generation;  // tells a completion of the slot's previous owner from one of ours
    uint8_t matched;      // how many bytes of a blank line the input so far ends with
    bool open, receiving, sending, dirty, closing;
};

static struct {
    const char *host;
    int port, core, cores;
    size_t bodyBytes;
    bool close;
    long stall;  // milliseconds at the start of each second in which nothing is done
} options = {.host = "127.0.0.1", .port = 8080, .core = -1, .cores = 1, .bodyBytes = 13};

// A thread's own.
static _Thread_local struct io_uring ring;
static _Thread_local unsigned enterFlags;
static _Thread_local struct io_uring_buf_ring *bufferRing;
static _Thread_local char *buffers;
static _Thread_local struct connection *connections;
static _Thread_local uint32_t slotCount;
static _Thread_local uint32_t *dirtySlots;  // connections that owe an answer and have no send in flight
static _Thread_local unsigned dirtyCount;

// Written once, before the threads start.
static char *answers;  // whole copies of the answer, one after the other
static size_t answerBytes, answersBytes;

static void fail(const char *what, int error) {
    fprintf(stderr, "limit: %s: %s\n", what, strerror(error));
    exit(1);
}

// MARK: - The ring

// Our own submit, because liburing 2.3's takes no enter flags and NO_IOWAIT keeps an idle server from
// being shown as busy with I/O. The SQ's index array is the identity: only the tail has to be published.
static void submitAndWait(unsigned completions) {
    struct io_uring_sq *sq = &ring.sq;
    __atomic_store_n(sq->ktail, sq->sqe_tail, __ATOMIC_RELEASE);
    sq->sqe_head = sq->sqe_tail;
    unsigned count = sq->sqe_tail - __atomic_load_n(sq->khead, __ATOMIC_ACQUIRE);
    long result = syscall(__NR_io_uring_enter, ring.enter_ring_fd, count, completions, enterFlags, NULL, 0);
    if (result < 0 && errno != EINTR && errno != EAGAIN && errno != EBUSY) fail("io_uring_enter", errno);
}

static uint64_t token(enum operation operation, uint32_t slot) {
    uint64_t generation = slot == noSlot ? 0 : connections[slot].generation & 0xffffff;
    return (uint64_t)operation << 56 | generation << 32 | slot;
}

static struct io_uring_sqe *entry(enum operation operation, uint32_t slot) {
    struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
    if (!sqe) {
        submitAndWait(0);
        sqe = io_uring_get_sqe(&ring);
        if (!sqe) fail("submission queue", EBUSY);
    }
    memset(sqe, 0, sizeof *sqe);
    sqe->user_data = token(operation, slot);
    return sqe;
}

static void *pages(size_t bytes) {
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) fail("mmap", errno);
    return memory;
}

static void setUpRing(void) {
    struct io_uring_params params = {
        .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_COOP_TASKRUN
               | IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CLAMP
               | IORING_SETUP_CQSIZE,
        .cq_entries = cqEntries,
    };
    int result = io_uring_queue_init_params(sqEntries, &ring, &params);
    if (result < 0) fail("io_uring_setup", -result);
    for (unsigned i = 0; i < params.sq_entries; i++) ring.sq.array[i] = i;
    result = io_uring_register_ring_fd(&ring);
    if (result < 0) fail("register the ring's descriptor", -result);
    enterFlags = IORING_ENTER_GETEVENTS | IORING_ENTER_REGISTERED_RING;
    if (params.features & IORING_FEAT_NO_IOWAIT) enterFlags |= IORING_ENTER_NO_IOWAIT;
}

static void setUpSlots(void) {
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    slotCount = files.rlim_max < 65536 ? files.rlim_max : 65536;
    int result = io_uring_register_files_sparse(&ring, slotCount);
    if (result < 0) fail("register direct descriptors", -result);
    connections = pages(slotCount * sizeof *connections);
    dirtySlots = pages(slotCount * sizeof *dirtySlots);
}

static void giveBuffer(unsigned id, int offset) {
    io_uring_buf_ring_add(bufferRing, buffers + (size_t)id * bufferBytes, bufferBytes, id,
                          io_uring_buf_ring_mask(bufferCount), offset);
}

static void setUpBuffers(void) {
    bufferRing = pages(bufferCount * sizeof(struct io_uring_buf));
    buffers = pages((size_t)bufferCount * bufferBytes);
    struct io_uring_buf_reg registration = {
        .ring_addr = (uintptr_t)bufferRing, .ring_entries = bufferCount, .bgid = bufferGroup};
    int result = io_uring_register_buf_ring(&ring, &registration, 0);
    if (result < 0) fail("register the buffer ring", -result);
    for (unsigned id = 0; id < bufferCount; id++) giveBuffer(id, id);
    io_uring_buf_ring_advance(bufferRing, bufferCount);
}

static void setUpAnswers(void) {
    char head[256];
    size_t headBytes = snprintf(head, sizeof head,
        "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: text/plain\r\n"
        "Content-Length: %zu\r\n%s\r\n",
        options.bodyBytes, options.close ? "Connection: close\r\n" : "");
    answerBytes = headBytes + options.bodyBytes;
    answersBytes = answerBytes * (answerBytes < copiesBytes ? copiesBytes / answerBytes : 1);
    answers = pages(answersBytes);
    for (char *answer = answers; answer < answers + answersBytes; answer += answerBytes) {
        memcpy(answer, head, headBytes);
        for (size_t i = 0; i < options.bodyBytes; i++) answer[headBytes + i] = "Hello, World!"[i % 13];
    }
}

// MARK: - Operations

static void queueAccept(int listener) {
    struct io_uring_sqe *sqe = entry(opAccept, noSlot);
    sqe->opcode = IORING_OP_ACCEPT;
    sqe->fd = listener;
    sqe->ioprio = IORING_ACCEPT_MULTISHOT;
    sqe->file_index = IORING_FILE_INDEX_ALLOC;
}

// POLL_FIRST spares a multishot the receive that would find nothing. A single shot expects data.
static void queueReceive(uint32_t slot, bool multishot) {
    struct io_uring_sqe *sqe = entry(opReceive, slot);
    sqe->opcode = IORING_OP_RECV;
    sqe->fd = slot;
    sqe->ioprio = multishot ? IORING_RECV_MULTISHOT | IORING_RECVSEND_POLL_FIRST : 0;
    sqe->len = multishot ? 0 : bufferBytes;
    sqe->flags = IOSQE_FIXED_FILE | IOSQE_BUFFER_SELECT;
    sqe->buf_group = bufferGroup;
    connections[slot].receiving = true;
}

// A close leaves an armed receive alive, so that is cancelled first, in one chain; by its token, since a
// cancel by descriptor walks every armed operation of the ring (299 us with 10,000, against 2.4 us). The
// successes stay silent: only the receive's -ECANCELED shows. Never called with a send in flight.
static void queueClose(uint32_t slot) {
    struct connection *connection = &connections[slot];
    if (connection->receiving) {
        // The end of a submission would cut the chain.
        if (io_uring_sq_space_left(&ring) < 2) submitAndWait(0);
        struct io_uring_sqe *cancel = entry(opCancel, slot);
        cancel->opcode = IORING_OP_ASYNC_CANCEL;
        cancel->fd = -1;
        cancel->addr = token(opReceive, slot);
        cancel->flags = IOSQE_IO_HARDLINK | IOSQE_CQE_SKIP_SUCCESS;
    }
    struct io_uring_sqe *sqe = entry(opClose, slot);
    sqe->opcode = IORING_OP_CLOSE;
    sqe->file_index = slot + 1;
    sqe->flags = IOSQE_CQE_SKIP_SUCCESS;
    connection->open = false;
    connection->generation++;
}

// A small answer is sent as many times as it is owed, straight from the copies.
static void queueSend(uint32_t slot) {
    struct connection *connection = &connections[slot];
    size_t length = answersBytes - connection->position;
    struct io_uring_sqe *sqe = entry(opSend, slot);
    sqe->opcode = IORING_OP_SEND;
    sqe->fd = slot;
    sqe->addr = (uintptr_t)(answers + connection->position);
    sqe->len = length < connection->owed ? length : connection->owed;
    sqe->msg_flags = MSG_WAITALL | MSG_NOSIGNAL;
    sqe->flags = IOSQE_FIXED_FILE;
    connection->sending = true;
}

static void markDirty(uint32_t slot) {
    if (connections[slot].dirty || connections[slot].sending) return;
    connections[slot].dirty = true;
    dirtySlots[dirtyCount++] = slot;
}

// MARK: - Completions

static void didAccept(int result, unsigned flags, int listener) {
    if (result >= 0) {
        uint32_t generation = connections[result].generation;
        connections[result] = (struct connection){.generation = generation, .open = true};
        queueReceive(result, false);
    }
    if (!(flags & IORING_CQE_F_MORE)) queueAccept(listener);
}

// Counts "\r\n\r\n". A blank line may straddle two receives: `matched` carries the state over.
static unsigned countHeads(struct connection *connection, const char *at, int length) {
    const char *end = at + length;
    unsigned count = 0, matched = connection->matched;
    for (; at < end; at++) {
        if (matched == 0 && !(at = memchr(at, '\r', end - at))) break;
        matched = *at == (matched & 1 ? '\n' : '\r') ? matched + 1 : *at == '\r';
        if (matched == 4) count++, matched = 0;
    }
    connection->matched = matched;
    return count;
}

static void didReceive(uint32_t slot, int result, bool more, const char *bytes) {
    struct connection *connection = &connections[slot];
    if (!more) connection->receiving = false;
    if (result <= 0 && result != -ENOBUFS) {
        connection->closing = true;
        if (!connection->sending && !connection->dirty) queueClose(slot);
        return;
    }
    unsigned heads = result > 0 ? countHeads(connection, bytes, result) : 0;
    if (heads && !connection->closing) {
        connection->owed += heads * answerBytes;
        connection->closing = options.close;
        markDirty(slot);
    }
    if (!more && !connection->closing) queueReceive(slot, true);
}

static void didSend(uint32_t slot, int result) {
    struct connection *connection = &connections[slot];
    connection->sending = false;
    if (result < 0) {
        queueClose(slot);
        return;
    }
    connection->owed -= result;
    connection->position = (connection->position + result) % answerBytes;
    if (connection->owed) markDirty(slot);
    else if (connection->closing) queueClose(slot);
}

static void stall(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    long end = options.stall * 1000000;
    if (now.tv_nsec >= end) return;
    now.tv_nsec = end;
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &now, NULL);
}

static void turn(int listener) {
    if (options.stall) stall();
    unsigned head = *ring.cq.khead, tail = __atomic_load_n(ring.cq.ktail, __ATOMIC_ACQUIRE), given = 0;
    for (; head != tail; head++) {
        struct io_uring_cqe *cqe = &ring.cq.cqes[head & *ring.cq.kring_mask];
        enum operation operation = cqe->user_data >> 56;
        uint32_t slot = (uint32_t)cqe->user_data, generation = cqe->user_data >> 32 & 0xffffff;
        bool current = slot != noSlot && connections[slot].open
                    && generation == (connections[slot].generation & 0xffffff);
        unsigned id = cqe->flags >> IORING_CQE_BUFFER_SHIFT;
        if (operation == opAccept) didAccept(cqe->res, cqe->flags, listener);
        else if (operation == opSend && current) didSend(slot, cqe->res);
        else if (operation == opReceive && current)
            didReceive(slot, cqe->res, cqe->flags & IORING_CQE_F_MORE, buffers + (size_t)id * bufferBytes);
        if (cqe->flags & IORING_CQE_F_BUFFER) giveBuffer(id, given++);
    }
    __atomic_store_n(ring.cq.khead, head, __ATOMIC_RELEASE);
    if (given) io_uring_buf_ring_advance(bufferRing, given);
    for (unsigned i = 0; i < dirtyCount; i++) {
        connections[dirtySlots[i]].dirty = false;
        if (connections[dirtySlots[i]].open) queueSend(dirtySlots[i]);
    }
    dirtyCount = 0;
    submitAndWait(1);
}

// MARK: - Start

// Accepted sockets inherit TCP_NODELAY from the listener.
static int listenOn(const char *host, int port) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1, seconds = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(listener, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof seconds);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1) fail("--host", EINVAL);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0) fail("bind", errno);
    if (listen(listener, backlog) < 0) fail("listen", errno);
    return listener;
}

static void pin(int core) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(core, &cores);
    if (sched_setaffinity(0, sizeof cores, &cores) < 0) fail("--core", errno);
}

static void readOptions(int argc, char **argv) {
    static const struct option table[] = {{"host", 1, 0, 'h'}, {"port", 1, 0, 'p'}, {"core", 1, 0, 'C'},
                                          {"cores", 1, 0, 'n'}, {"bytes", 1, 0, 'b'},
                                          {"close", 0, 0, 'c'}, {"stall", 1, 0, 's'}, {0}};
    for (int flag; (flag = getopt_long(argc, argv, "", table, NULL)) != -1;) {
        if (flag == 'h') options.host = optarg;
        else if (flag == 'p') options.port = atoi(optarg);
        else if (flag == 'C') options.core = atoi(optarg);
        else if (flag == 'n') options.cores = atoi(optarg);
        else if (flag == 'b') options.bodyBytes = strtoull(optarg, NULL, 10);
        else if (flag == 'c') options.close = true;
        else if (flag == 's') options.stall = atol(optarg);
        else {
            fprintf(stderr, "usage: limit [--host H] [--port P] [--core FIRST] [--cores COUNT] [--bytes BODY] "
                            "[--close] [--stall MS]\n");
            exit(64);
        }
    }
}

// Serves on the core after `options.core` that `index` says, or wherever the kernel puts it.
static _Noreturn void *serve(void *index) {
    if (options.core >= 0) pin(options.core + (int)(intptr_t)index);
    setUpRing();
    setUpSlots();
    setUpBuffers();
    int listener = listenOn(options.host, options.port);
    queueAccept(listener);
    fprintf(stderr, "limit: listening on %s:%d\n", options.host, options.port);
    for (;;) turn(listener);
}

int main(int argc, char **argv) {
    readOptions(argc, argv);
    setUpAnswers();
    for (int index = 1; index < options.cores; index++) {
        pthread_t thread;
        int error = pthread_create(&thread, NULL, serve, (void *)(intptr_t)index);
        if (error) fail("pthread_create", error);
    }
    serve(NULL);
}
