/* Loaded before the C library (LD_PRELOAD): counts the calls that change files under a folder, and lets one of them
 * fail, or kills the process before or after it.
 *
 * FAULT_FOLDER  the folder; what lies elsewhere is left alone
 * FAULT_LOG     a file outside of it: a line for each call, "NUMBER NAME PATH"
 * FAULT_AT      the number of the call to disturb, from 1
 * FAULT_KIND    an errno, "short" (half of a write), "before" or "after" (SIGKILL), "stop" before it (SIGSTOP), "once N"
 *               or "twice N" (signal N before it)
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_int n_calls;

#define REAL(name)                                                     \
    ({                                                                 \
        static __typeof__(name)* real;                                 \
        if (!real) real = (__typeof__(name)*)dlsym(RTLD_NEXT, #name);  \
        real;                                                          \
    })

enum { UNTOUCHED = 0, FAIL = 1, SHORT = 2, KILL_AFTER = 3 };

static void kill_now(void) {
    syscall(SYS_kill, getpid(), SIGKILL);
    for (;;) pause();
}

/* What is to happen to this call; errno is set where it is to fail. */
static int disturb(const char* name, const char* path) {
    const char* folder = getenv("FAULT_FOLDER");
    char whole[PATH_MAX];
    if (!folder || !path) return UNTOUCHED;
    if (path[0] != '/') {
        if (!getcwd(whole, sizeof whole / 2)) return UNTOUCHED;
        strncat(whole, "/", sizeof whole - strlen(whole) - 1);
        strncat(whole, path, sizeof whole - strlen(whole) - 1);
        path = whole;
    }
    if (strncmp(path, folder, strlen(folder)) != 0 || path[strlen(folder)] != '/') return UNTOUCHED;
    const int n = atomic_fetch_add(&n_calls, 1) + 1;
    const char* log = getenv("FAULT_LOG");
    if (log) {
        char line[PATH_MAX + 64];
        const int size = snprintf(line, sizeof line, "%d %s %s\n", n, name, path + strlen(folder) + 1);
        const int file = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
        if (file >= 0) {
            if (syscall(SYS_write, file, line, (size_t)size) < 0) abort();
            syscall(SYS_close, file);
        }
    }
    const char *at = getenv("FAULT_AT"), *kind = getenv("FAULT_KIND");
    if (!at || !kind || atoi(at) != n) return UNTOUCHED;
    if (strcmp(kind, "before") == 0) kill_now();
    if (strcmp(kind, "stop") == 0) {
        syscall(SYS_kill, getpid(), SIGSTOP);
        return UNTOUCHED;
    }
    if (strncmp(kind, "once ", 5) == 0 || strncmp(kind, "twice ", 6) == 0) {
        const int number = atoi(strchr(kind, ' '));
        raise(number);
        if (kind[0] == 't') raise(number);
        return UNTOUCHED;
    }
    if (strcmp(kind, "after") == 0) return KILL_AFTER;
    if (strcmp(kind, "short") == 0) return SHORT;
    errno = atoi(kind);
    return FAIL;
}

static int disturb_open_file(const char* name, int file) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    const ssize_t size = readlink(link, path, sizeof path - 1);
    if (size <= 0) return UNTOUCHED;
    path[size] = 0;
    return disturb(name, path);
}

#define AROUND(what, call)                  \
    const int happens = (what);             \
    if (happens == FAIL) return -1;         \
    const __typeof__(call) result = (call); \
    if (happens == KILL_AFTER) kill_now();  \
    return result

/* Reading changes nothing, and can fail for the same reasons. */
int open(const char* path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = va_arg(rest, mode_t);
    va_end(rest);
    AROUND(disturb(flags & O_CREAT ? "create" : "open", path), REAL(open)(path, flags, mode));
}
int open64(const char* path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = va_arg(rest, mode_t);
    va_end(rest);
    AROUND(disturb(flags & O_CREAT ? "create" : "open", path), REAL(open64)(path, flags, mode));
}
ssize_t pwrite(int file, const void* bytes, size_t n, off_t at) {
    const int happens = disturb_open_file("pwrite", file);
    if (happens == FAIL) return -1;
    const ssize_t result = REAL(pwrite)(file, bytes, happens == SHORT ? (n + 1) / 2 : n, at);
    if (happens == KILL_AFTER) kill_now();
    return result;
}
ssize_t pwrite64(int file, const void* bytes, size_t n, off64_t at) {
    const int happens = disturb_open_file("pwrite", file);
    if (happens == FAIL) return -1;
    const ssize_t result = REAL(pwrite64)(file, bytes, happens == SHORT ? (n + 1) / 2 : n, at);
    if (happens == KILL_AFTER) kill_now();
    return result;
}
ssize_t write(int file, const void* bytes, size_t n) {
    const int happens = disturb_open_file("write", file);
    if (happens == FAIL) return -1;
    const ssize_t result = REAL(write)(file, bytes, happens == SHORT ? (n + 1) / 2 : n);
    if (happens == KILL_AFTER) kill_now();
    return result;
}
ssize_t writev(int file, const struct iovec* parts, int n) {
    AROUND(disturb_open_file("write", file), REAL(writev)(file, parts, n));
}
int ftruncate(int file, off_t size) { AROUND(disturb_open_file("ftruncate", file), REAL(ftruncate)(file, size)); }
int ftruncate64(int file, off64_t size) { AROUND(disturb_open_file("ftruncate", file), REAL(ftruncate64)(file, size)); }
int fsync(int file) { AROUND(disturb_open_file("fsync", file), REAL(fsync)(file)); }
int rename(const char* from, const char* to) { AROUND(disturb("rename", to), REAL(rename)(from, to)); }
int unlink(const char* path) { AROUND(disturb("unlink", path), REAL(unlink)(path)); }
int remove(const char* path) { AROUND(disturb("unlink", path), REAL(remove)(path)); }
int mkdir(const char* path, mode_t mode) { AROUND(disturb("mkdir", path), REAL(mkdir)(path, mode)); }
/* The descriptor is gone whatever close() answers, as Linux has it. */
int close(int file) {
    const int happens = disturb_open_file("close", file), reason = errno;
    const int result = REAL(close)(file);
    if (happens == KILL_AFTER) kill_now();
    if (happens != FAIL) return result;
    errno = reason;
    return -1;
}
