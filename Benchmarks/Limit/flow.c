// The floor for large bodies: what it costs this machine to take in and to give out bytes by io_uring, with none of Apus's
// work. A POST's body is received and dropped, 128 KiB at most each time; any other request is answered with as many
// bytes as the digits behind its `=` say, in chunks of 256 KiB. One connection at a time, one thread, one ring.
//
//   cc -O2 -o flow flow.c -luring && ./flow 8080
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <liburing.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { receiveBytes = 128 << 10, chunkBytes = 256 << 10 };

static struct io_uring ring;
static char input[receiveBytes], chunk[chunkBytes];

// Submits what was prepared and waits for its completion.
static int await(void) {
    struct io_uring_cqe *entry;
    if (io_uring_submit_and_wait(&ring, 1) < 0 || io_uring_wait_cqe(&ring, &entry) < 0) exit(1);
    int result = entry->res;
    io_uring_cqe_seen(&ring, entry);
    return result;
}

static int receive(int fd) {
    io_uring_prep_recv(io_uring_get_sqe(&ring), fd, input, receiveBytes, 0);
    return await();
}

static int sendAll(int fd, struct iovec *parts, int count) {
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = (size_t)count};
    io_uring_prep_sendmsg(io_uring_get_sqe(&ring), fd, &message, MSG_WAITALL | MSG_NOSIGNAL);
    return await();
}

static int sendText(int fd, const char *text) {
    struct iovec part = {(void *)text, strlen(text)};
    return sendAll(fd, &part, 1);
}

static void source(int fd, size_t left) {
    char head[64];
    sendText(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    const char *before = "";
    while (left > 0) {
        size_t count = left < chunkBytes ? left : chunkBytes;
        snprintf(head, sizeof head, "%s%zx\r\n", before, count);
        struct iovec parts[] = {{head, strlen(head)}, {chunk, count}};
        if (sendAll(fd, parts, 2) <= 0) return;
        left -= count;
        before = "\r\n";
    }
    snprintf(head, sizeof head, "%s0\r\n\r\n", before);
    sendText(fd, head);
}

static void serve(int fd) {
    int count;
    while ((count = receive(fd)) > 0) {
        char *end = memmem(input, (size_t)count, "\r\n\r\n", 4);
        if (end == NULL) return;
        size_t here = (size_t)(input + count - end) - 4;
        *end = 0;
        if (strncmp(input, "POST", 4) != 0) {
            char *digits = strchr(input, '=');
            source(fd, digits ? strtoull(digits + 1, NULL, 10) : 0);
            continue;
        }
        char *length = strcasestr(input, "content-length:");
        size_t left = length ? strtoull(length + 15, NULL, 10) : 0;
        left -= here < left ? here : left;
        while (left > 0 && (count = receive(fd)) > 0) left -= (size_t)count < left ? (size_t)count : left;
        if (sendText(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") <= 0) return;
    }
}

int main(int count, char **arguments) {
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(count > 1 ? atoi(arguments[1]) : 8080),
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct io_uring_params parameters = {.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN};
    if (bind(listener, (struct sockaddr *)&name, sizeof name) < 0 || listen(listener, 64) < 0 ||
        io_uring_queue_init_params(64, &ring, &parameters) < 0) {
        perror("flow");
        return 1;
    }
    memset(chunk, 'x', sizeof chunk);
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0) continue;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        serve(fd);
        close(fd);
    }
}
