/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_lock.c - lock.c: waits for a lock, but not past the deadline.
 */
#include "unit.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "clock.h"
#include "lock.h"

enum { LONG_MS = 60000 };

/* Another process that holds the lock of `path` until `release` is closed. */
struct holder {
    pid_t pid;
    int release;
};

static int make_file(void **state) {
    char *directory = unit_scratch();
    *state = directory;
    SCOPED_TEXT char *path = unit_text("%s/lock", directory);
    unit_write(path, "", 0);
    return 0;
}

static int remove_file(void **state) {
    unit_remove(*state);
    return 0;
}

static int open_lock(const char *directory) {
    SCOPED_TEXT char *path = unit_text("%s/lock", directory);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

/* Runs in the child: returns whether the kernel lists `pid` as waiting ("->") for a lock. */
static bool is_waiting(pid_t pid) {
    char line[256], who[32];
    bool waiting = false;
    snprintf(who, sizeof who, " %d ", pid);
    FILE *locks = fopen("/proc/locks", "re");
    while (locks && fgets(line, sizeof line, locks))
        waiting |= strstr(line, "->") && strstr(line, who);
    if (locks)
        fclose(locks);
    return waiting;
}

/* Runs in the child, and exits without the final checks of the sanitizers and cmocka. */
__attribute__((noreturn)) static void hold(const char *directory, int held, int release,
                                           bool disturb) {
    char byte = 0;
    pid_t parent = getppid();
    if (flock(open_lock(directory), LOCK_EX) < 0 || write(held, "h", 1) != 1)
        _exit(1);
    while (disturb && !is_waiting(parent))
        sched_yield();
    if (disturb)
        kill(parent, SIGALRM);
    else
        (void)!read(release, &byte, 1);
    _exit(0);
}

/* Starts a process that holds the lock. With `disturb`, as soon as this process waits for the lock,
 * the holder sends it a stray SIGALRM and ends by itself. */
static struct holder start_holder(const char *directory, bool disturb) {
    int held[2], release[2];
    char byte = 0;
    assert_int_equal(pipe2(held, O_CLOEXEC), 0);
    assert_int_equal(pipe2(release, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(release[1]);
        hold(directory, held[1], release[0], disturb);
    }
    close(held[1]);
    close(release[0]);
    assert_int_equal(read(held[0], &byte, 1), 1);
    close(held[0]);
    return (struct holder){.pid = pid, .release = release[1]};
}

static void end_holder(struct holder *holder) {
    int status = 0;
    close(holder->release);
    assert_int_equal(waitpid(holder->pid, &status, 0), holder->pid);
    assert_int_equal(status, 0);
}

static void a_free_lock_is_taken_even_after_the_deadline(void **state) {
    SCOPED_FD int fd = open_lock(*state);
    SCOPED_FD int other = open_lock(*state);
    assert_int_equal(lock_wait(fd, clock_boot_ms() - 1), 0);
    assert_int_equal(flock(other, LOCK_SH | LOCK_NB), -1);
    assert_int_equal(errno, EWOULDBLOCK);
}

static void a_held_lock_after_the_deadline_is_not_waited_for(void **state) {
    struct holder holder = start_holder(*state, false);
    SCOPED_FD int fd = open_lock(*state);
    assert_int_equal(lock_wait(fd, clock_boot_ms()), -ETIMEDOUT);
    assert_int_equal(lock_wait(fd, clock_boot_ms() - LONG_MS), -ETIMEDOUT);
    end_holder(&holder);
}

static void waiting_ends_at_the_deadline(void **state) {
    struct holder holder = start_holder(*state, false);
    SCOPED_FD int fd = open_lock(*state);
    for (int64_t wait = 1; wait <= 125; wait *= 5) {
        int64_t until = clock_boot_ms() + wait;
        assert_int_equal(lock_wait(fd, until), -ETIMEDOUT);
        assert_true(clock_boot_ms() >= until);
        assert_true(clock_boot_ms() < until + LONG_MS / 2);
    }
    end_holder(&holder);
}

static void a_waiting_process_gets_the_lock_when_its_holder_ends(void **state) {
    struct holder holder = start_holder(*state, true);
    SCOPED_FD int fd = open_lock(*state);
    int64_t until = clock_boot_ms() + LONG_MS;
    assert_int_equal(lock_wait(fd, until), 0);
    assert_true(clock_boot_ms() < until);
    SCOPED_FD int other = open_lock(*state);
    assert_int_equal(flock(other, LOCK_SH | LOCK_NB), -1);
    end_holder(&holder);
}

static void count_alarm(int number) {
    (void)number;
}

static void the_timer_and_the_signal_are_restored(void **state) {
    struct sigaction before = {.sa_handler = count_alarm}, after;
    struct itimerval timer;
    sigaction(SIGALRM, &before, NULL);
    struct holder holder = start_holder(*state, false);
    SCOPED_FD int fd = open_lock(*state);
    assert_int_equal(lock_wait(fd, clock_boot_ms() + 5), -ETIMEDOUT);
    sigaction(SIGALRM, NULL, &after);
    assert_ptr_equal(after.sa_handler, count_alarm);
    assert_int_equal(getitimer(ITIMER_REAL, &timer), 0);
    assert_int_equal(timer.it_value.tv_sec, 0);
    assert_int_equal(timer.it_value.tv_usec, 0);
    end_holder(&holder);
    signal(SIGALRM, SIG_DFL);
}

static void an_invalid_descriptor_is_an_error(void **state) {
    (void)state;
    assert_int_equal(lock_wait(-1, clock_boot_ms() + LONG_MS), -EBADF);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_free_lock_is_taken_even_after_the_deadline),
        cmocka_unit_test(a_held_lock_after_the_deadline_is_not_waited_for),
        cmocka_unit_test(waiting_ends_at_the_deadline),
        cmocka_unit_test(a_waiting_process_gets_the_lock_when_its_holder_ends),
        cmocka_unit_test(the_timer_and_the_signal_are_restored),
        cmocka_unit_test(an_invalid_descriptor_is_an_error),
    };
    alarm(120); /* a lock that is never released must fail the test, not hang it */
    signal(SIGALRM, SIG_DFL);
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
