/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_listener.c - listener.c: takes only a socket of the right kind, and makes one that replaces
 * an older one.
 */
#include "unit.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "listener.h"
#include "text.h"

enum { HANDED_OVER = 3 };

/* Puts a socket at descriptor 3, as the service manager does, and restores that one later. */
static int take(int domain, int type, bool listens, const char *pid, const char *count,
                struct reason *reason) {
    int saved = fcntl(HANDED_OVER, F_DUPFD_CLOEXEC, 100);
    int made = socket(domain, type, 0);
    assert_true(made >= 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX}; /* the kernel picks a name */
    if (listens && domain == AF_UNIX)
        assert_int_equal(bind(made, (struct sockaddr *)&address, sizeof(sa_family_t)), 0);
    if (listens)
        assert_int_equal(listen(made, 1), 0);
    if (made != HANDED_OVER) {
        assert_int_equal(dup2(made, HANDED_OVER), HANDED_OVER);
        close(made);
    }
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", count, 1);
    int fd = listener_take(reason);
    if (fd >= 0) {
        assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
        assert_true((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    }
    close(HANDED_OVER);
    if (saved >= 0) {
        dup2(saved, HANDED_OVER);
        close(saved);
    }
    return fd;
}

static void one_listening_local_socket_is_taken(void **state) {
    (void)state;
    struct reason reason = {""};
    SCOPED_TEXT char *own = unit_text("%d", getpid());
    assert_int_equal(take(AF_UNIX, SOCK_STREAM, true, own, "1", &reason), HANDED_OVER);
}

static void anything_else_that_is_handed_over_is_refused(void **state) {
    (void)state;
    SCOPED_TEXT char *own = unit_text("%d", getpid());
    SCOPED_TEXT char *longer = unit_text("%d ", getpid());
    const struct {
        int domain, type;
        bool listens;
        const char *pid, *count, *said;
    } rows[] = {
        {AF_UNIX, SOCK_STREAM, true, "1", "1", "exactly one socket"},
        {AF_UNIX, SOCK_STREAM, true, "", "1", "exactly one socket"},
        {AF_UNIX, SOCK_STREAM, true, longer, "1", "exactly one socket"},
        {AF_UNIX, SOCK_STREAM, true, own, "2", "exactly one socket"},
        {AF_UNIX, SOCK_STREAM, true, own, "0", "exactly one socket"},
        {AF_UNIX, SOCK_STREAM, false, own, "1", "not a listening local stream socket"},
        {AF_UNIX, SOCK_DGRAM, false, own, "1", "not a listening local stream socket"},
        {AF_UNIX, SOCK_SEQPACKET, true, own, "1", "not a listening local stream socket"},
        {AF_INET, SOCK_STREAM, true, own, "1", "not a listening local stream socket"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct reason reason = {""};
        assert_int_equal(take(rows[i].domain, rows[i].type, rows[i].listens, rows[i].pid,
                              rows[i].count, &reason),
                         -EINVAL);
        assert_has(reason.text, rows[i].said);
    }
}

/* Connects to `path`; returns whether the connection arrives at `listener`. */
static bool reaches(const char *path, int listener) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    assert_true(text_copy(address.sun_path, sizeof address.sun_path, path));
    SCOPED_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        return false;
    SCOPED_FD int accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    return accepted >= 0;
}

static void a_new_socket_is_open_to_everyone_and_replaces_the_old_one(void **state) {
    (void)state;
    struct reason reason = {""};
    struct stat status;
    char *scratch = unit_scratch();
    SCOPED_TEXT char *path = unit_text("%s/run/helper.sock", scratch);
    mode_t mask = umask(027);
    SCOPED_FD int first = listener_make(path, &reason);
    assert_int_equal(umask(mask), 027); /* the caller's umask is unchanged */
    assert_true(first >= 0);
    assert_true(reaches(path, first));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0666);
    SCOPED_FD int second = listener_make(path, &reason);
    assert_true(second >= 0);
    assert_true(reaches(path, second));
    assert_int_equal(fcntl(second, F_GETFD), FD_CLOEXEC);
    SCOPED_TEXT char *beside = unit_text("%s.new", path);
    assert_int_equal(access(beside, F_OK), -1);
    unit_remove(scratch);
}

static void a_file_that_is_not_a_socket_is_left_alone(void **state) {
    (void)state;
    struct reason reason = {""};
    char *scratch = unit_scratch();
    SCOPED_TEXT char *path = unit_text("%s/file", scratch);
    unit_write(path, "x", 1);
    assert_int_equal(listener_make(path, &reason), -EEXIST);
    assert_has(reason.text, "is not a socket; remove it");
    assert_int_equal(access(path, F_OK), 0);
    SCOPED_TEXT char *link = unit_text("%s/link", scratch);
    SCOPED_TEXT char *socket = unit_text("%s/socket", scratch);
    SCOPED_FD int fd = listener_make(socket, &reason);
    assert_int_equal(symlink(socket, link), 0);
    assert_int_equal(listener_make(link, &reason), -EEXIST);
    unit_remove(scratch);
}

static void a_path_that_is_relative_or_too_long_is_refused(void **state) {
    (void)state;
    struct reason reason = {""};
    char path[110] = "/";
    memset(path + 1, 'x', 103);
    assert_int_equal(listener_make(path, &reason), -EINVAL);
    assert_has(reason.text, "103 bytes at most");
    assert_int_equal(listener_make("helper.sock", &reason), -EINVAL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_listening_local_socket_is_taken),
        cmocka_unit_test(anything_else_that_is_handed_over_is_refused),
        cmocka_unit_test(a_new_socket_is_open_to_everyone_and_replaces_the_old_one),
        cmocka_unit_test(a_file_that_is_not_a_socket_is_left_alone),
        cmocka_unit_test(a_path_that_is_relative_or_too_long_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
