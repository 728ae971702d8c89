/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_reply.c - frames of a hostile helper: the caller always gets a verdict, and every text is
 * printable and complete. The first byte chooses the operation.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "ask.h"
#include "fuzz.h"
#include "spawn.h"

enum { REPLY_MAX = 2 * PROTOCOL_FRAME_MAX };

static const uint8_t *sent;
static size_t sent_size;
static int helper = -1;

/* Replaces that of client/spawn.c: the fuzzer is the helper. */
int spawn_helper(const char *config) {
    int pair[2];
    (void)config;
    PROMISE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    PROMISE(write(pair[1], sent, sent_size) == (ssize_t)sent_size);
    PROMISE(shutdown(pair[1], SHUT_WR) == 0);
    helper = pair[1];
    return pair[0];
}

int spawn_find_user(uid_t *ret_uid, gid_t *ret_gid) {
    *ret_uid = getuid();
    *ret_gid = getgid();
    return 0;
}

/* Only root spawns a helper; the fuzzer need not run as root. */
uid_t geteuid(void) {
    return 0;
}

static void take_entry(const struct ask_entry *entry, void *context) {
    (void)context;
    PROMISE(FUZZ_PRINTABLE(entry->account) && FUZZ_PRINTABLE(entry->provider) &&
            FUZZ_PRINTABLE(entry->subject));
    PROMISE(entry->last_verdict < VERDICT_COUNT && entry->state < ACCOUNT_STATE_COUNT);
}

static void take_wait(const char *provider, void *context) {
    (void)context;
    PROMISE(fuzz_is_printable(provider, PROTOCOL_NAME_MAX + 1));
}

static bool take_prompt(const struct ask_prompt *prompt, void *context) {
    const struct ask_request *request = context;
    PROMISE(FUZZ_PRINTABLE(prompt->address) && FUZZ_PRINTABLE(prompt->address_with_code) &&
            FUZZ_PRINTABLE(prompt->code));
    PROMISE(prompt->seconds <= PROTOCOL_PROMPT_MAX);
    PROMISE(request->operation == OPERATION_ENROLL || request->operation == OPERATION_BROWSER);
    return true;
}

static void take_finding(const struct ask_finding *finding, void *context) {
    (void)context;
    PROMISE(finding->level < LEVEL_COUNT && FUZZ_PRINTABLE(finding->what) &&
            FUZZ_PRINTABLE(finding->why) && FUZZ_PRINTABLE(finding->fix));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct ask_reply reply;
    struct ask_request request = {
        .user = "alice",
        .service = "sshd",
        .offline_grace = PROTOCOL_UNSET,
        .reuse_within = PROTOCOL_UNSET,
        .deadline = PROTOCOL_UNSET,
        .on_entry = take_entry,
        .on_wait = take_wait,
        .on_prompt = take_prompt,
        .on_finding = take_finding,
        .context = &request,
    };
    if (size == 0 || size > REPLY_MAX)
        return -1;
    request.operation = OPERATION_VERIFY + data[0] % (unsigned)(OPERATION_COUNT - OPERATION_VERIFY);
    sent = data + 1;
    sent_size = size - 1;
    ask_helper(&request, &reply);
    close(helper);
    PROMISE(reply.verdict > VERDICT_NONE && reply.verdict < VERDICT_COUNT);
    PROMISE(reply.source < SOURCE_COUNT && reply.token_size <= PROTOCOL_TOKEN_MAX);
    PROMISE((reply.token != NULL) == (reply.token_size > 0));
    PROMISE(FUZZ_PRINTABLE(reply.provider) && FUZZ_PRINTABLE(reply.reason) &&
            FUZZ_PRINTABLE(reply.message));
    ask_clear(&reply);
    return 0;
}
