// CApusFiles: the file calls that Swift cannot import: variadic, newer than the C library, or behind
// _GNU_SOURCE. Forwards without logic; each answers a negated errno in place of -1. Defined in CApusFiles.c.
#ifndef CAPUSFILES_H
#define CAPUSFILES_H

#include <linux/openat2.h>

static const unsigned long long APUS_RESOLVE_BENEATH = RESOLVE_BENEATH;
static const unsigned long long APUS_RESOLVE_NO_MAGICLINKS = RESOLVE_NO_MAGICLINKS;
static const unsigned long long APUS_RESOLVE_NO_SYMLINKS = RESOLVE_NO_SYMLINKS;

/// A handle on a directory that can be resolved from, and nothing else (O_PATH). A
/// relative path begins at `from`.
int apus_open_directory(int from, const char *path);
/// open(2) for appending, made with mode 0644 if it is not there; ENXIO for a FIFO that nobody reads.
int apus_open_append(const char *path);
/// Whether a descriptor is closed, or one that can neither be read nor written (O_PATH).
int apus_is_out_of_reach(int fd);
/// dup3(2): `replaced` means what `fd` does from now on, and is closed on exec.
int apus_replace_descriptor(int fd, int replaced);
/// openat2(2) for reading, with RESOLVE_* flags. A FIFO without a writer opens at once; a
/// terminal never becomes ours.
int apus_open_beneath(int directory, const char *path, unsigned long long resolve);
/// preadv2(2) with RWF_NOWAIT: only what is in the page cache. -EAGAIN: not there.
/// -EOPNOTSUPP: cannot be told.
long apus_read_cached(int fd, void *base, unsigned long length, unsigned long long offset);
/// pread(2).
long apus_read(int fd, void *base, unsigned long length, unsigned long long offset);
/// sendfile(2): bytes of the file that the socket took, 0 at the file's end. -EAGAIN: it has no
/// room, and is O_NONBLOCK.
long apus_send_file(int socket, int file, unsigned long long offset, unsigned long length);
/// O_NONBLOCK for the open socket, whoever else has it (fcntl(2)).
int apus_never_block(int socket);
/// How many pages of the range are in the page cache: cachestat(2), Linux 6.5.
long long apus_cached_pages(int fd, unsigned long long offset, unsigned long long length);
/// mincore(2): one byte for each page, its lowest bit set if the page is in memory.
int apus_mincore(void *base, unsigned long length, unsigned char *pages);
/// 1 if the file lies on overlayfs (fstatfs(2)), else 0.
int apus_is_overlay(int fd);
/// 1 if this process, with its effective user, may write to the file (faccessat2(2), Linux 5.8), else 0.
int apus_may_write(int fd);

#endif
