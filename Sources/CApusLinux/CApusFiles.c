// Forwards to file calls that need _GNU_SOURCE or have no wrapper in Debian 12's C library.
#define _GNU_SOURCE
#include "CApusFiles.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef SYS_cachestat
#define SYS_cachestat 451  // the same on every architecture since the numbers were unified, alpha excepted
#endif
#ifndef SYS_faccessat2
#define SYS_faccessat2 439
#endif

int apus_open_directory(int from, const char *path) {
    int fd = openat(from, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int apus_open_append(const char *path) {
    // A FIFO that nobody reads would hold up whoever opens it without end; with
    // O_NONBLOCK it is ENXIO (fifo(7)).
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY | O_CLOEXEC | O_NONBLOCK, 0644);
    if (fd < 0) return -errno;
    int result = fcntl(fd, F_SETFL, O_APPEND);
    if (result == 0) return fd;
    result = -errno;
    close(fd);
    return result;
}

int apus_is_out_of_reach(int fd) {
    int flags = fcntl(fd, F_GETFL);
    return flags < 0 || (flags & O_PATH) != 0;
}

int apus_replace_descriptor(int fd, int replaced) {
    return dup3(fd, replaced, O_CLOEXEC) < 0 ? -errno : 0;
}

int apus_open_beneath(int directory, const char *path, unsigned long long resolve) {
    struct open_how how = {.flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, .resolve = resolve};
    long fd = syscall(SYS_openat2, directory, path, &how, sizeof(how));
    return fd < 0 ? -errno : (int)fd;
}

long apus_read_cached(int fd, void *base, unsigned long length, unsigned long long offset) {
    struct iovec piece = {.iov_base = base, .iov_len = length};
    ssize_t count = preadv2(fd, &piece, 1, (off_t)offset, RWF_NOWAIT);
    return count < 0 ? -errno : count;
}

long apus_read(int fd, void *base, unsigned long length, unsigned long long offset) {
    ssize_t count = pread(fd, base, length, (off_t)offset);
    return count < 0 ? -errno : count;
}

long apus_send_file(int socket, int file, unsigned long long offset, unsigned long length) {
    off_t position = (off_t)offset;
    ssize_t count = sendfile(socket, file, &position, length);
    return count < 0 ? -errno : count;
}

int apus_never_block(int socket) { return fcntl(socket, F_SETFL, O_RDWR | O_NONBLOCK) < 0 ? -errno : 0; }

long long apus_cached_pages(int fd, unsigned long long offset, unsigned long long length) {
    // struct cachestat_range and struct cachestat of linux/mman.h, which older headers lack.
    struct { unsigned long long offset, length; } range = {offset, length};
    struct { unsigned long long cached, dirty, writeback, evicted, recently_evicted; } state = {0};
    return syscall(SYS_cachestat, fd, &range, &state, 0) < 0 ? -errno : (long long)state.cached;
}

int apus_mincore(void *base, unsigned long length, unsigned char *pages) {
    return mincore(base, length, pages) < 0 ? -errno : 0;
}

int apus_is_overlay(int fd) {
    struct statfs status;
    return fstatfs(fd, &status) == 0 && status.f_type == OVERLAYFS_SUPER_MAGIC;
}

int apus_may_write(int fd) { return syscall(SYS_faccessat2, fd, "", W_OK, AT_EMPTY_PATH | AT_EACCESS) == 0; }
