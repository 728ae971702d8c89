/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pam_host.c - an application that logs people in by PAM, again and again, from a process that is
 * as unusual as the test wishes, and reports what the logins did to the process. pam_host.py runs
 * it.
 *
 * Prints "run USER PHASE=CODE ..." for each run, then a line NAME=VALUE for each thing it watched.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <malloc.h>
#include <pthread.h>
#include <security/pam_appl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "process_state.h"

enum { BLOCK_SIZE = 5000, PATIENCE_MS = 5000, SMALL_STACK_SIZE = 65536 };

enum condition {
    CHILD = 1,
    THREADS,
    CLOSED,
    BLOCKED,
    IGNORE,
    REAP,
    MUTE,
    NO_CONVERSATION,
    SILENT,
    ANSWER,
    FAIL,
    RENAME,
    GREEDY,
    SIGNALLED,
    SMALL_STACK,
    CONDITIONS,
};

/* Global, because signal handlers, threads and conversations get no argument for it. */
static bool conditions[CONDITIONS];
static atomic_int handler_runs, own_ends, strangers, messages, conversations, longest;
static pam_handle_t *talking;
static char last_message[PAM_MAX_MSG_SIZE];
static FILE *out;
static pid_t own_child, own_self;
static atomic_int *copies_interrupted; /* in memory shared with copies of this process */
static bool child_lives;

static void pause_us(long microseconds) {
    nanosleep(&(struct timespec){.tv_nsec = microseconds * 1000}, NULL);
}

static void note_end(pid_t pid, int status) {
    if (pid == own_child && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM)
        own_ends++;
    else
        strangers++;
}

static void reap_all(int signal) {
    int saved = errno, status = 0;
    pid_t pid;
    (void)signal;
    handler_runs++;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        note_end(pid, status);
    errno = saved;
}

static void *thread_wait(void *unused) {
    int status = 0;
    pid_t pid;
    while ((pid = waitpid(-1, &status, 0)) > 0)
        note_end(pid, status);
    return unused;
}

/* Reaps every child that it can, and records none. */
static void *thread_wait_for_all(void *unused) {
    for (;; pause_us(10))
        waitpid(-1, NULL, __WALL);
    return unused;
}

static void note_copy(int signal) {
    (void)signal;
    if (syscall(SYS_getpid) != own_self)
        (*copies_interrupted)++;
}

static void *thread_signal_all(void *unused) {
    for (;; pause_us(10))
        kill(0, SIGUSR1);
    return unused;
}

static void *thread_spin(void *unused) {
    for (;; pause_us(100))
        for (volatile unsigned turns = 0; turns < 20000; turns++)
            ;
    return unused;
}

/* Blocks of this size come from the arena, under its lock; there is only one arena. */
static void *thread_allocate(void *unused) {
    for (;; pause_us(50))
        for (int i = 0; i < 100; i++) {
            void *volatile block = malloc(BLOCK_SIZE);
            free(block);
        }
    return unused;
}

static void start_thread(void *(*run)(void *)) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, run, NULL) != 0)
        exit(2);
}

static void start_threads(void) {
    void *(*const threads[])(void *) = {thread_wait, thread_spin, thread_allocate, thread_allocate};
    mallopt(M_ARENA_MAX, 1);
    for (size_t i = 0; i < sizeof threads / sizeof threads[0]; i++)
        start_thread(threads[i]);
}

static void be_signalled(void) {
    struct sigaction action = {.sa_handler = note_copy, .sa_flags = SA_RESTART};
    own_self = getpid();
    copies_interrupted = mmap(NULL, sizeof *copies_interrupted, PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (copies_interrupted == MAP_FAILED || getpgrp() != own_self)
        exit(2);
    sigaction(SIGUSR1, &action, NULL);
    start_thread(thread_signal_all);
}

static void start_child(void) {
    own_child = fork();
    if (own_child < 0)
        exit(2);
    while (own_child == 0)
        pause();
    child_lives = true;
}

/* Ends the child, and waits until the handler or thread that reaps children has seen it. */
static void end_child(void) {
    bool elsewhere = (conditions[REAP] || conditions[THREADS]) && !conditions[IGNORE];
    int status = 0;
    if (!child_lives)
        return;
    child_lives = false;
    kill(own_child, SIGTERM);
    if (!elsewhere && waitpid(own_child, &status, 0) == own_child)
        note_end(own_child, status);
    for (int i = 0; elsewhere && own_ends == 0 && i < PATIENCE_MS; i++)
        pause_us(1000);
}

/* __WALL also finds children that send no signal. Our own child is no stranger while it lives. */
static void look_for_children(void) {
    siginfo_t info = {0};
    int r = waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL);
    if (r == 0 && (!child_lives || info.si_pid > 0))
        strangers++;
}

static int converse(int count, const struct pam_message **shown, struct pam_response **ret,
                    void *context) {
    (void)context;
    messages += count;
    conversations++;
    for (int i = 0; i < count; i++) {
        int length = (int)strlen(shown[i]->msg);
        longest = length > longest ? length : longest;
        snprintf(last_message, sizeof last_message, "%s", shown[i]->msg);
    }
    if (conditions[RENAME]) {
        pam_set_item(talking, PAM_USER, "bob");
        pam_set_item(talking, PAM_RHOST, "elsewhere");
        pam_set_item(talking, PAM_SERVICE, "elsewhere");
    }
    if (conditions[FAIL])
        return PAM_CONV_ERR;
    *ret = conditions[MUTE] ? NULL : calloc((size_t)count, sizeof **ret);
    for (int i = 0; *ret && conditions[ANSWER] && i < count; i++)
        if (shown[i]->msg_style == PAM_PROMPT_ECHO_ON)
            (*ret)[i].resp = strdup("a typed secret");
    return PAM_SUCCESS;
}

static int run_phase(pam_handle_t *pamh, const char *phase) {
    int flags = conditions[SILENT] ? PAM_SILENT : 0;
    talking = pamh;
    return strcmp(phase, "auth") == 0      ? pam_authenticate(pamh, flags)
           : strcmp(phase, "account") == 0 ? pam_acct_mgmt(pamh, flags)
           : strcmp(phase, "setcred") == 0 ? pam_setcred(pamh, PAM_ESTABLISH_CRED)
           : strcmp(phase, "refresh") == 0 ? pam_setcred(pamh, PAM_REFRESH_CRED)
           : strcmp(phase, "delete") == 0  ? pam_setcred(pamh, PAM_DELETE_CRED)
           : strcmp(phase, "open") == 0    ? pam_open_session(pamh, 0)
           : strcmp(phase, "close") == 0   ? pam_close_session(pamh, 0)
                                           : -1;
}

static void run(const char *service, const char *user, const char *phases) {
    struct pam_conv conversation = {.conv = conditions[NO_CONVERSATION] ? NULL : converse};
    pam_handle_t *pamh = NULL;
    char words[256], *rest = words, *phase;
    int code = pam_start(service, user, &conversation, &pamh);
    snprintf(words, sizeof words, "%s", phases);
    fprintf(out, "run %s start=%d", user, code);
    while (pamh && (phase = strsep(&rest, ",")))
        fprintf(out, " %s=%d", phase, code = run_phase(pamh, phase));
    pam_end(pamh, code);
    fprintf(out, "\n");
    look_for_children();
}

struct runs {
    const char *service, *phases;
    char **users;
    int people, count;
    struct process_state before, after;
};

static void *run_all(void *context) {
    struct runs *runs = context;
    process_state_take(&runs->before);
    for (int i = 0; i < runs->count; i++) {
        if (i == runs->count / 2)
            end_child(); /* compare before the later runs, which must not change the process either
                          */
        run(runs->service, runs->users[i % runs->people], runs->phases);
    }
    process_state_take(&runs->after);
    return NULL;
}

/* Runs in a thread with a small stack, as in a server with many threads. */
static void run_all_in_thread(struct runs *runs) {
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    if (pthread_attr_setstacksize(&attributes, SMALL_STACK_SIZE) != 0 ||
        pthread_create(&thread, &attributes, run_all, runs) != 0 || pthread_join(thread, NULL) != 0)
        exit(2);
    pthread_attr_destroy(&attributes);
}

/* Opens the log first: otherwise the first run would open it, perhaps as descriptor 0. */
static void become_odd(void) {
    sigset_t all;
    struct sigaction action = {.sa_handler = conditions[IGNORE] ? SIG_IGN : reap_all};
    openlog(NULL, LOG_NDELAY, LOG_AUTHPRIV);
    if (conditions[CHILD])
        start_child();
    if (conditions[IGNORE] || conditions[REAP])
        sigaction(SIGCHLD, &action, NULL);
    if (conditions[THREADS])
        start_threads();
    if (conditions[GREEDY])
        start_thread(thread_wait_for_all);
    if (conditions[SIGNALLED])
        be_signalled();
    for (int fd = STDIN_FILENO; conditions[CLOSED] && fd <= STDERR_FILENO; fd++)
        close(fd);
    sigfillset(&all);
    if (conditions[BLOCKED])
        pthread_sigmask(SIG_SETMASK, &all, NULL);
}

int main(int argc, char **argv) {
    static const struct option names[] = {
        {"count", 1, NULL, 'n'},
        {"phases", 1, NULL, 'p'},
        {"child", 0, NULL, CHILD},
        {"threads", 0, NULL, THREADS},
        {"closed", 0, NULL, CLOSED},
        {"blocked", 0, NULL, BLOCKED},
        {"ignore", 0, NULL, IGNORE},
        {"reap", 0, NULL, REAP},
        {"mute", 0, NULL, MUTE},
        {"no-conversation", 0, NULL, NO_CONVERSATION},
        {"silent", 0, NULL, SILENT},
        {"answer", 0, NULL, ANSWER},
        {"fail", 0, NULL, FAIL},
        {"rename", 0, NULL, RENAME},
        {"greedy", 0, NULL, GREEDY},
        {"signalled", 0, NULL, SIGNALLED},
        {"small-stack", 0, NULL, SMALL_STACK},
        {NULL, 0, NULL, 0},
    };
    static struct runs runs = {.phases = "account", .count = 1};
    int option;
    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1)
        if (option == 'n')
            runs.count = atoi(optarg);
        else if (option == 'p')
            runs.phases = optarg;
        else if (option < CONDITIONS)
            conditions[option] = true;
        else
            return 2;
    out = fdopen(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1), "w");
    runs.service = argv[optind];
    runs.users = argv + optind + 1;
    runs.people = argc - optind - 1;
    if (!out || runs.people < 1)
        return 2;
    become_odd();
    if (conditions[SMALL_STACK])
        run_all_in_thread(&runs);
    else
        run_all(&runs);
    fprintf(out, "handler_runs=%d\nown_ends=%d\nstrangers=%d\n", handler_runs, own_ends, strangers);
    fprintf(out, "copies_interrupted=%d\n", copies_interrupted ? *copies_interrupted : 0);
    fprintf(out, "messages=%d\nconversations=%d\nlongest=%d\nlast_message=%s\n", messages,
            conversations, longest, last_message);
    process_state_print_changed(&runs.before, &runs.after, out);
    return fclose(out) == 0 ? 0 : 2;
}
