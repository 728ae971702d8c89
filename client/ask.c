/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ask.c - a request to the helper, and its reply. Nothing from the helper is trusted to be
 * printable, terminated or of a sensible size.
 */
#include "ask.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "connect.h"
#include "frame.h"
#include "scoped.h"
#include "spawn.h"

enum {
    ASK_DEADLINE_MS = 10000, /* until the helper's NOTICE gives its own */
    ASK_MARGIN_MS = 500,     /* after the deadline, for the helper to reply */
    ASK_FIRST_FRAME_MS =
        1000, /* for the resident helper to send a frame, when root could start another helper */
    ASK_PROMPT_MARGIN = 45, /* seconds: for the proof and the store, after the approval */
};

uint32_t ask_seconds_left(const struct ask_reply *reply) {
    int64_t now = time(NULL);
    if (reply->expires <= now || reply->token_size == 0)
        return 0;
    int64_t left = reply->expires - now;
    return left < PROTOCOL_DURATION_MAX ? (uint32_t)left : PROTOCOL_DURATION_MAX;
}

void ask_clear(struct ask_reply *reply) {
    scoped_free_wiped(reply->token, reply->token_size);
    explicit_bzero(reply, sizeof *reply);
}

/* Replaces the reply by a verdict that was reached here, and its reason. */
__attribute__((format(printf, 3, 4))) static void conclude(struct ask_reply *ret,
                                                           enum verdict verdict, const char *format,
                                                           ...) {
    va_list args;

    ask_clear(ret);
    ret->verdict = verdict;
    va_start(args, format);
    vsnprintf(ret->reason, sizeof ret->reason, format, args);
    va_end(args);
    snprintf(ret->message, sizeof ret->message,
             "Login refused: this machine's oauth-login failed. Your account is not at fault; tell "
             "your administrator.");
}

static void make_printable(char *text) {
    for (; *text != '\0'; text++)
        if (*text < ' ' || *text > '~')
            *text = '?';
}

static void get_printable(struct protocol_reader *fields, char *text, size_t size) {
    protocol_get_text(fields, text, size);
    make_printable(text);
}

static bool take_entry(struct protocol_reader *fields, const struct ask_request *request) {
    struct ask_entry entry;

    get_printable(fields, entry.account, sizeof entry.account);
    entry.uid = protocol_get_u32(fields);
    get_printable(fields, entry.provider, sizeof entry.provider);
    get_printable(fields, entry.subject, sizeof entry.subject);
    entry.enrolled = (int64_t)protocol_get_u64(fields);
    entry.last_granted = (int64_t)protocol_get_u64(fields);
    entry.expires = (int64_t)protocol_get_u64(fields);
    entry.last_verdict = protocol_get_enum(fields, VERDICT_NONE, VERDICT_COUNT);
    entry.state = protocol_get_enum(fields, ACCOUNT_PRESENT, ACCOUNT_STATE_COUNT);

    if (!protocol_reader_done(fields))
        return false;
    if (request->on_entry)
        request->on_entry(&entry, request->context);
    return true;
}

static bool take_finding(struct protocol_reader *fields, const struct ask_request *request) {
    struct ask_finding finding;
    finding.level = protocol_get_enum(fields, LEVEL_GOOD, LEVEL_COUNT);
    get_printable(fields, finding.what, sizeof finding.what);
    get_printable(fields, finding.why, sizeof finding.why);
    get_printable(fields, finding.fix, sizeof finding.fix);
    if (!protocol_reader_done(fields))
        return false;
    if (request->on_finding)
        request->on_finding(&finding, request->context);
    return true;
}

static bool take_session(struct protocol_reader *fields, struct ask_reply *ret) {
    ret->action = protocol_get_enum(fields, ACTION_NONE, ACTION_COUNT);
    ret->check_after = protocol_get_u32(fields);
    return protocol_reader_done(fields) && ret->check_after <= PROTOCOL_CHECK_MAX;
}

/* Accepts an access token of RFC 6749 appendix A.12, but without blanks: a blank would end the
 * token in an HTTP header. */
static bool is_token(const uint8_t *token, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (token[i] <= ' ' || token[i] > '~')
            return false;
    return true;
}

/* Reads the last frame: 0, -EBADMSG, or -ENOMEM when its token cannot be allocated. */
static int read_reply(struct protocol_reader *fields, struct ask_reply *ret) {
    size_t size = 0;

    ret->verdict = protocol_get_enum(fields, VERDICT_NONE + 1, VERDICT_COUNT);
    ret->source = protocol_get_enum(fields, SOURCE_NONE, SOURCE_COUNT);
    ret->rotated = protocol_get_enum(fields, 0, 2);
    get_printable(fields, ret->provider, sizeof ret->provider);
    get_printable(fields, ret->reason, sizeof ret->reason);
    get_printable(fields, ret->message, sizeof ret->message);
    ret->expires = (int64_t)protocol_get_u64(fields);
    get_printable(fields, ret->scope, sizeof ret->scope);
    const uint8_t *token = protocol_get_bytes(fields, PROTOCOL_TOKEN_MAX, &size);

    if (!protocol_reader_done(fields) || !is_token(token, size))
        return -EBADMSG;
    if (size == 0)
        return 0;
    ret->token = malloc(size);
    if (!ret->token)
        return -ENOMEM;
    memcpy(ret->token, token, size);
    ret->token_size = size;
    return 0;
}

static int send_request(int fd, struct frame *frame, const struct ask_request *request,
                        int64_t until_ms) {
    struct protocol_writer writer = frame_begin(frame, PROTOCOL_REQUEST);

    protocol_put_u8(&writer, (uint8_t)request->operation);
    protocol_put_string(&writer, request->user);
    protocol_put_string(&writer, request->service);
    protocol_put_u32(&writer, request->offline_grace);
    protocol_put_u32(&writer, request->reuse_within);
    protocol_put_u32(&writer, request->deadline);
    protocol_put_bytes(&writer, request->input, request->input_size);

    return frame_send(fd, frame, &writer, until_ms);
}

/* Takes the time that the helper needs, but never more than the deadline of the request, and the
 * provider that it asks. */
static bool take_notice(struct protocol_reader *fields, const struct ask_request *request,
                        int64_t *until_ms) {
    char provider[PROTOCOL_NAME_MAX + 1];
    uint32_t milliseconds = protocol_get_u32(fields);
    get_printable(fields, provider, sizeof provider);
    if (!protocol_reader_done(fields))
        return false;

    int64_t most = request->deadline == PROTOCOL_UNSET ? PROTOCOL_DEADLINE_MAX : request->deadline;
    int64_t wait = milliseconds < most * 1000 ? milliseconds : most * 1000;
    *until_ms = clock_boot_ms() + wait + ASK_MARGIN_MS;
    if (request->on_wait)
        request->on_wait(provider, request->context);
    return true;
}

/* Accepts a PROMPT only for the two operations that have one, each with its own kind. */
static bool expects_prompt(const struct ask_request *request, const struct ask_prompt *prompt) {
    if (request->operation == OPERATION_ENROLL)
        return prompt->port == 0;
    return request->operation == OPERATION_BROWSER && prompt->port != 0;
}

/* Shows the prompt, and extends the wait by the time that the prompt gives the user. A reply that
 * has arrived while the prompt was shown is still read, however long that took. Returns 0,
 * -EBADMSG, or -ECANCELED when the caller gives up. */
static int take_prompt(struct protocol_reader *fields, const struct ask_request *request,
                       int64_t *until_ms) {
    struct ask_prompt prompt;

    get_printable(fields, prompt.address, sizeof prompt.address);
    get_printable(fields, prompt.address_with_code, sizeof prompt.address_with_code);
    get_printable(fields, prompt.code, sizeof prompt.code);
    prompt.seconds = protocol_get_u32(fields);
    prompt.port = protocol_get_u32(fields);
    if (!protocol_reader_done(fields) || prompt.seconds > PROTOCOL_PROMPT_MAX ||
        prompt.port > UINT16_MAX || !expects_prompt(request, &prompt))
        return -EBADMSG;

    *until_ms += ((int64_t)prompt.seconds + ASK_PROMPT_MARGIN) * 1000;
    if (request->on_prompt && !request->on_prompt(&prompt, request->context))
        return -ECANCELED;
    int64_t soon = clock_boot_ms() + ASK_MARGIN_MS;
    *until_ms = *until_ms > soon ? *until_ms : soon;
    return 0;
}

/* Which of the frames that may come only once have come. */
struct progress {
    bool noticed, prompted;
};

/* Takes a frame that comes before the reply. Returns 0 or a negative errno. */
static int take_frame(int type, struct protocol_reader *fields, const struct ask_request *request,
                      struct progress *progress, int64_t *until_ms, struct ask_reply *ret) {
    bool first;

    switch (type) {
    case PROTOCOL_NOTICE:
        first = !progress->noticed;
        progress->noticed = true;
        return first && take_notice(fields, request, until_ms) ? 0 : -EBADMSG;
    case PROTOCOL_PROMPT:
        first = !progress->prompted;
        progress->prompted = true;
        return first ? take_prompt(fields, request, until_ms) : -EBADMSG;
    case PROTOCOL_ENTRY:
        return take_entry(fields, request) ? 0 : -EBADMSG;
    case PROTOCOL_SESSION:
        return take_session(fields, ret) ? 0 : -EBADMSG;
    case PROTOCOL_FINDING:
        return take_finding(fields, request) ? 0 : -EBADMSG;
    default:
        return -EBADMSG;
    }
}

/* Reads frames until the reply. Returns 0 or a negative errno. Sets `ret_begun` once a frame has
 * come before the reply. */
static int receive_reply(int fd, struct frame *frame, const struct ask_request *request,
                         int64_t until_ms, bool *ret_begun, struct ask_reply *ret) {
    struct progress progress = {false, false};

    for (;;) {
        struct protocol_reader fields;
        int type = frame_receive(fd, frame, until_ms, &fields);
        if (type < 0)
            return type;
        if (type == PROTOCOL_REPLY)
            return read_reply(&fields, ret);
        int r = take_frame(type, &fields, request, &progress, &until_ms, ret);
        if (r < 0)
            return r;
        *ret_begun = true;
    }
}

static void explain(int error, struct ask_reply *ret) {
    if (error == -ETIMEDOUT)
        conclude(ret, VERDICT_UNREACHABLE, "the helper did not answer in time");
    else if (error == -ECONNRESET || error == -EPIPE)
        conclude(ret, VERDICT_FAULT,
                 "the helper ended without a reply; run it by hand to see if it starts: %s",
                 OAUTH_LOGIN_HELPER);
    else if (error == -ENOMEM)
        conclude(ret, VERDICT_FAULT, "out of memory");
    else if (error == -ECANCELED)
        conclude(ret, VERDICT_FAULT, "the caller gave up");
    else if (error == -EBADMSG)
        conclude(ret, VERDICT_FAULT,
                 "the helper's reply was not understood; install module, command and helper of the "
                 "same version");
    else
        conclude(ret, VERDICT_FAULT, "cannot talk to the helper: %s", strerror(-error));
}

static void explain_spawn(int error, struct ask_reply *ret) {
    if (error == -ENOENT)
        conclude(ret, VERDICT_FAULT,
                 "there is no user %s for the helper to run as; run as root: make install, or: "
                 "systemd-sysusers",
                 OAUTH_LOGIN_USER);
    else if (error == -EPERM)
        conclude(ret, VERDICT_FAULT, "the user %s must not have uid or gid 0; give it its own",
                 OAUTH_LOGIN_USER);
    else
        conclude(ret, VERDICT_FAULT, "cannot start the helper: %s", strerror(-error));
}

static void explain_absent(int error, struct ask_reply *ret) {
    if (error == -EPERM)
        conclude(ret, VERDICT_FAULT,
                 "%s can't be trusted: its directory must belong to root and be writable only by "
                 "root, and the socket must be served by root or %s",
                 OAUTH_LOGIN_SOCKET, OAUTH_LOGIN_USER);
    else
        conclude(ret, VERDICT_FAULT,
                 "no resident helper answers at %s (%s), and only root can start a helper; run as "
                 "root: systemctl enable --now oauth-login-helper.socket",
                 OAUTH_LOGIN_SOCKET, strerror(-error));
}

/* Sends the request and reads the reply. Reads even if the request could not be sent: a helper that
 * fails early replies with the reason before it closes. */
static int converse(int fd, struct frame *frame, const struct ask_request *request,
                    int64_t until_ms, bool *ret_begun, struct ask_reply *ret) {
    int sent = send_request(fd, frame, request, until_ms);
    int r = receive_reply(fd, frame, request, until_ms, ret_begun, ret);
    return r == -ECONNRESET && sent < 0 ? sent : r;
}

/* Returns true when `ret` has the resident helper's reply, or the reason why there is none; false
 * when root must start a helper instead.
 *
 * A helper sends NOTICE before it uses the store or the provider. Until then it has done nothing.
 * So root may start another if the resident helper ended, hangs, is of another version, or replies
 * FAULT, as it does when there are too many callers. After NOTICE no other helper may be asked: a
 * renewal may be under way, and only the next login can read its journal. */
static bool ask_resident(struct frame *frame, const struct ask_request *request, int64_t until_ms,
                         bool may_spawn, struct ask_reply *ret) {
    bool begun = false;
    SCOPED_FD int fd = connect_helper();
    int r = fd < 0 ? fd : converse(fd, frame, request, until_ms, &begun, ret);

    if (may_spawn && !begun && (r < 0 || ret->verdict == VERDICT_FAULT)) {
        ask_clear(ret);
        return false;
    }
    if (fd < 0)
        explain_absent(fd, ret);
    else if (r < 0)
        explain(r, ret);
    return true;
}

static void ask_started(struct frame *frame, const struct ask_request *request, int64_t until_ms,
                        struct ask_reply *ret) {
    bool begun = false;
    SCOPED_FD int fd = spawn_helper(request->config);

    if (fd < 0) {
        explain_spawn(fd, ret);
        return;
    }
    int r = converse(fd, frame, request, until_ms, &begun, ret);
    if (r < 0)
        explain(r, ret);
}

void ask_helper(const struct ask_request *request, struct ask_reply *ret) {
    SCOPED_FRAME struct frame *frame = frame_new();
    bool root = geteuid() == 0;
    int64_t started = clock_boot_ms();
    int64_t patience =
        request->deadline == PROTOCOL_UNSET ? ASK_DEADLINE_MS : (int64_t)request->deadline * 1000;
    int64_t until = started + patience + ASK_MARGIN_MS;

    *ret = (struct ask_reply){.verdict = VERDICT_NONE};
    if (!frame)
        conclude(ret, VERDICT_FAULT, "out of memory");
    else if (!root && request->config)
        conclude(ret, VERDICT_FAULT,
                 "another configuration needs a helper of its own, which only root can start; run "
                 "this as root, or without the option config");
    else if (request->config ||
             !ask_resident(frame, request, root ? started + ASK_FIRST_FRAME_MS : until, root, ret))
        ask_started(frame, request, until, ret);
    ret->milliseconds = clock_boot_ms() - started;
}
