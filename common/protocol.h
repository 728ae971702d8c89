/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * protocol.h - the wire format between a caller (the module or the command) and the helper.
 *
 * A stream socket carries frames. A frame is u32 length of the rest (2 .. PROTOCOL_FRAME_MAX),
 * u8 version, u8 type, then the fields of that type in the order below and nothing after them.
 * Integers are big-endian. A string is u32 length and that many bytes, without a NUL.
 *
 * The caller sends one REQUEST. The helper sends at most one NOTICE, at most one PROMPT, any number
 * of ENTRY and FINDING, at most one SESSION, and one REPLY, then closes. A side that receives
 * anything else closes the connection. The helper sends the NOTICE before it does anything, and
 * does nothing if it can't send it. So a caller that has read no NOTICE may ask another helper.
 *
 *   REQUEST  u8 operation, string user, string service, u32 offline_grace, u32 reuse_within,
 *            u32 deadline (seconds each; PROTOCOL_UNSET: as configured), string input
 *            (IMPORT: the refresh token; FRESH_TOKEN: the host that git sends it to, or empty;
 *            LOGOUT: the session's access token, or empty; DOCTOR: if the module is in sshd's PAM
 *            stack, facts about sshd: u32 LoginGraceTime in seconds, 0 for none, u32 the option
 *            deadline or PROTOCOL_UNSET, u8 enroll (1 if the option enroll is set); empty
 *            otherwise)
 *   NOTICE   u32 milliseconds the caller should wait from now, string provider that will be asked
 *   PROMPT   string address, string address with the code in it ("" if there is none), string code,
 *            u32 seconds the user has (the caller waits that much longer), u32 loopback port of
 * this machine that the browser must reach, 0 if there is none (ENROLL: a code and no port;
 *            BROWSER: a port and no code)
 *   ENTRY    string account, u32 uid, string provider, string subject, u64 enrolled,
 *            u64 last_granted, u64 expires (seconds since 1970, 0: never), u8 last_verdict,
 *            u8 state of the account (enum protocol_account_state)
 *   FINDING  u8 level (enum protocol_level), string what was found, string why it matters, string
 *            how to fix it (DOCTOR only; the last two are "" at LEVEL_GOOD)
 *   SESSION  u8 action (enum protocol_action) to take on the account's sessions now, u32 seconds
 *            until they must be checked again, PROTOCOL_CHECK_MAX at most (WATCH only)
 *   REPLY    u8 verdict, u8 source, u8 rotated (0 or 1), string provider, string reason (for the
 *            log), string message (for the user), u64 expires, string scope (as granted),
 *            string token (TOKEN, FRESH_TOKEN and WATCH only)
 *
 * Strings from the helper are printable ASCII, but the caller MUST NOT rely on it.
 */
#ifndef OAUTH_LOGIN_COMMON_PROTOCOL_H
#define OAUTH_LOGIN_COMMON_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PROTOCOL_VERSION 1
#define PROTOCOL_UNSET UINT32_MAX

enum {
    PROTOCOL_TOKEN_MAX = 32767,  /* bytes of a token: what a key of type "user" can hold */
    PROTOCOL_NAME_MAX = 255,     /* bytes of an account, service or provider name */
    PROTOCOL_SCOPE_MAX = 1023,   /* bytes of a scope */
    PROTOCOL_TEXT_MAX = 480,     /* bytes of a reason or message: within PAM_MAX_MSG_SIZE */
    PROTOCOL_FRAME_MAX = 36864,  /* the largest frame: a token and every other field at its limit */
    PROTOCOL_HEADER_SIZE = 4,    /* the length in front of a frame */
    PROTOCOL_ADDRESS_MAX = 1000, /* bytes of an address in a PROMPT */
    PROTOCOL_PROMPT_MAX = 1800,  /* seconds: the longest wait for the user */
    PROTOCOL_DEADLINE_MAX = 300, /* seconds: the longest wait for a helper */
    PROTOCOL_CHECK_MAX = 86400,  /* seconds: the longest time between two checks of a session */
    PROTOCOL_DURATION_MAX = 31536000, /* seconds of a duration in a request: 365 days */
};

enum protocol_type {
    PROTOCOL_REQUEST = 1,
    PROTOCOL_NOTICE = 2,
    PROTOCOL_ENTRY = 3,
    PROTOCOL_REPLY = 4,
    PROTOCOL_PROMPT = 5,
    PROTOCOL_FINDING = 6,
    PROTOCOL_SESSION = 7,
    PROTOCOL_TYPE_COUNT,
};

enum protocol_operation {
    OPERATION_VERIFY = 1,       /* decide about a login */
    OPERATION_TOKEN = 2,        /* get the stored access token, for the session's key; root only */
    OPERATION_IMPORT = 3,       /* store the refresh token in `input`; root only */
    OPERATION_STATUS = 4,       /* one ENTRY, when the account is enrolled */
    OPERATION_LIST = 5,         /* an ENTRY for each enrolled account; root only */
    OPERATION_ENROLL = 6,       /* device authorization (RFC 8628), with a PROMPT for the user */
    OPERATION_UNENROLL = 7,     /* revoke and delete the grant, but remember its subject */
    OPERATION_FORGET = 8,       /* the same, and forget the subject too; root only */
    OPERATION_BROWSER = 9,      /* authorization code (RFC 6749 section 4.1), with a PROMPT */
    OPERATION_DOCTOR = 10,      /* a FINDING for each thing that the helper checks; root only */
    OPERATION_FRESH_TOKEN = 11, /* get an access token, renewed when under a minute is left */
    OPERATION_WATCH = 12,       /* check the account's sessions, and get its token; root only */
    OPERATION_LOGOUT = 13,      /* the account's last session has ended; root only */
    OPERATION_COUNT,
};

/* The verdicts. NONE means "not set". A step in the helper that finds nothing against the account
 * returns NONE; a reply whose verdict is still NONE refuses the login. */
enum verdict {
    VERDICT_NONE = 0,
    VERDICT_GRANTED,
    VERDICT_GRANTED_OFFLINE,
    VERDICT_DENIED,
    VERDICT_REAUTHORIZE,
    VERDICT_NOT_ENROLLED,
    VERDICT_NOT_MANAGED,
    VERDICT_UNREACHABLE,
    VERDICT_MISCONFIGURED,
    VERDICT_NOT_PERMITTED,
    VERDICT_FAULT,
    VERDICT_COUNT,
};

enum source {
    SOURCE_NONE = 0,
    SOURCE_REFRESH, /* the provider answered this login */
    SOURCE_SHARED,  /* the provider's answer to another login shortly before */
    SOURCE_GRACE,   /* the provider's last answer, within offline_grace */
    SOURCE_DEVICE,  /* the user approved: device authorization */
    SOURCE_BROWSER, /* the user approved: authorization code */
    SOURCE_COUNT,
};

/* The state, on this machine, of the account that a stored grant belongs to. */
enum protocol_account_state {
    ACCOUNT_PRESENT = 0,
    ACCOUNT_GONE = 1,       /* the name service no longer knows the name */
    ACCOUNT_OTHER_UID = 2,  /* the account's uid is not the one that was enrolled */
    ACCOUNT_UNREADABLE = 3, /* the record can't be opened; only the name is known */
    ACCOUNT_STATE_COUNT,
};

/* The action to take on the open sessions of a closed account. */
enum protocol_action {
    ACTION_NONE = 0, /* the sessions go on */
    ACTION_LOG = 1,
    ACTION_LOCK = 2,
    ACTION_TERMINATE = 3,
    ACTION_COUNT,
};

enum protocol_level {
    LEVEL_GOOD = 0,
    LEVEL_WARNING = 1, /* something works, but not as it should */
    LEVEL_ERROR = 2,   /* logins fail, or let people in who must be refused */
    LEVEL_COUNT,
};

static inline const char *verdict_name(enum verdict verdict) {
    static const char names[VERDICT_COUNT][16] = {
        [VERDICT_NONE] = "none",
        [VERDICT_GRANTED] = "granted",
        [VERDICT_GRANTED_OFFLINE] = "granted-offline",
        [VERDICT_DENIED] = "denied",
        [VERDICT_REAUTHORIZE] = "reauthorize",
        [VERDICT_NOT_ENROLLED] = "not-enrolled",
        [VERDICT_NOT_MANAGED] = "not-managed",
        [VERDICT_UNREACHABLE] = "unreachable",
        [VERDICT_MISCONFIGURED] = "misconfigured",
        [VERDICT_NOT_PERMITTED] = "not-permitted",
        [VERDICT_FAULT] = "fault",
    };
    return (unsigned)verdict < VERDICT_COUNT ? names[verdict] : "unknown";
}

/* True if the provider confirmed the account, or the requested operation succeeded. */
static inline bool verdict_is_yes(enum verdict verdict) {
    return verdict == VERDICT_GRANTED;
}

/* True if the login was granted without asking the provider, because of its last yes. */
static inline bool verdict_is_offline(enum verdict verdict) {
    return verdict == VERDICT_GRANTED_OFFLINE;
}

/* Ranks the verdicts that doctor can end with: the gravest is reported. 0 for all others. */
static inline int verdict_gravity(enum verdict verdict) {
    static const int gravities[VERDICT_COUNT] = {
        [VERDICT_UNREACHABLE] = 1,
        [VERDICT_MISCONFIGURED] = 2,
        [VERDICT_FAULT] = 3,
    };
    return (unsigned)verdict < VERDICT_COUNT ? gravities[verdict] : 0;
}

static inline const char *source_name(enum source source) {
    static const char names[SOURCE_COUNT][8] = {"none",  "refresh", "shared",
                                                "grace", "device",  "browser"};
    return (unsigned)source < SOURCE_COUNT ? names[source] : "unknown";
}

/* Writes fields. A put past the end sets `overflow` and writes nothing: check once, at the end. */
struct protocol_writer {
    uint8_t *at;
    uint8_t *end;
    bool overflow;
};

static inline void protocol_put(struct protocol_writer *writer, const void *data, size_t size) {
    if (writer->overflow || (size_t)(writer->end - writer->at) < size) {
        writer->overflow = true;
        return;
    }
    if (size > 0)
        memcpy(writer->at, data, size);
    writer->at += size;
}

static inline void protocol_put_u8(struct protocol_writer *writer, uint8_t value) {
    protocol_put(writer, &value, sizeof value);
}

static inline void protocol_put_u32(struct protocol_writer *writer, uint32_t value) {
    uint8_t bytes[4];
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (24 - 8 * i));
    protocol_put(writer, bytes, sizeof bytes);
}

static inline void protocol_put_u64(struct protocol_writer *writer, uint64_t value) {
    protocol_put_u32(writer, (uint32_t)(value >> 32));
    protocol_put_u32(writer, (uint32_t)value);
}

static inline void protocol_put_bytes(struct protocol_writer *writer, const void *data,
                                      size_t size) {
    if (size > UINT32_MAX) {
        writer->overflow = true;
        return;
    }
    protocol_put_u32(writer, (uint32_t)size);
    protocol_put(writer, data, size);
}

static inline void protocol_put_string(struct protocol_writer *writer, const char *text) {
    protocol_put_bytes(writer, text, text ? strlen(text) : 0);
}

/* Reads fields. A get past the end, or over its limit, sets `bad` and returns zeros. */
struct protocol_reader {
    const uint8_t *at;
    const uint8_t *end;
    bool bad;
};

static inline const uint8_t *protocol_take(struct protocol_reader *reader, size_t size) {
    if (reader->bad || (size_t)(reader->end - reader->at) < size) {
        reader->bad = true;
        return NULL;
    }
    const uint8_t *taken = reader->at;
    reader->at += size;
    return taken;
}

static inline uint8_t protocol_get_u8(struct protocol_reader *reader) {
    const uint8_t *bytes = protocol_take(reader, 1);
    return bytes ? bytes[0] : 0;
}

static inline uint32_t protocol_get_u32(struct protocol_reader *reader) {
    const uint8_t *bytes = protocol_take(reader, 4);
    uint32_t value = 0;
    for (int i = 0; bytes && i < 4; i++)
        value = value << 8 | bytes[i];
    return value;
}

static inline uint64_t protocol_get_u64(struct protocol_reader *reader) {
    uint64_t high = protocol_get_u32(reader);
    return high << 32 | protocol_get_u32(reader);
}

/* Gets a value of an enum whose members run from `least` to below `count`. Any other value sets
 * `bad`. */
static inline uint8_t protocol_get_enum(struct protocol_reader *reader, int least, int count) {
    uint8_t value = protocol_get_u8(reader);
    if (value < least || value >= count)
        reader->bad = true;
    return value;
}

/* Gets a string of at most `limit` bytes. It stays in the frame and has no NUL after it. */
static inline const uint8_t *protocol_get_bytes(struct protocol_reader *reader, size_t limit,
                                                size_t *ret_size) {
    uint32_t size = protocol_get_u32(reader);
    if (size > limit)
        reader->bad = true;
    const uint8_t *bytes = protocol_take(reader, size);
    *ret_size = bytes ? size : 0;
    return bytes;
}

/* Copies a string and a NUL into `text`. Sets `bad` if the string contains a NUL or is too long. */
static inline void protocol_get_text(struct protocol_reader *reader, char *text, size_t size) {
    size_t length = 0;
    const uint8_t *bytes = protocol_get_bytes(reader, size - 1, &length);
    if (bytes && memchr(bytes, '\0', length))
        reader->bad = true;
    if (bytes && !reader->bad)
        memcpy(text, bytes, length);
    text[reader->bad ? 0 : length] = '\0';
}

/* Returns true when every field was there and nothing is left: trailing bytes are an error. */
static inline bool protocol_reader_done(const struct protocol_reader *reader) {
    return !reader->bad && reader->at == reader->end;
}

/* Parses a duration: "90s", "5m", "8h", "30d" or "0". False for anything else, or more than
 * PROTOCOL_DURATION_MAX; `ret_seconds` is untouched then. */
static inline bool protocol_parse_duration(const char *text, uint32_t *ret_seconds) {
    static const struct {
        char unit;
        uint32_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    uint64_t number = 0;
    size_t digits = strspn(text, "0123456789");

    if (digits == 0 || digits > 9)
        return false;
    for (size_t i = 0; i < digits; i++)
        number = number * 10 + (uint64_t)(text[i] - '0');
    if (number == 0 && text[digits] == '\0') {
        *ret_seconds = 0;
        return true;
    }

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (text[digits] != units[i].unit || text[digits + 1] != '\0')
            continue;
        if (number > PROTOCOL_DURATION_MAX / units[i].seconds)
            return false;
        *ret_seconds = (uint32_t)number * units[i].seconds;
        return true;
    }
    return false;
}

#endif
