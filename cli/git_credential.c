/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * git_credential.c - oauth-login git-credential: the access token for git, by the protocol of its
 * credential helpers (gitcredentials(7), git-credential(1)). Only hosts of git_hosts get it, and
 * only over TLS.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "commands.h"
#include "exit_status.h"
#include "print.h"
#include "text.h"

enum { LINE_SIZE = 4096, HOST_SIZE = 256 };

/* The remote, as git describes it. */
struct remote {
    bool https;
    char host[HOST_SIZE];
    char username[HOST_SIZE];
    bool takes_authtype; /* git 2.46 and later: accepts a bearer token */
    bool offers_bearer;  /* the server's challenge has the scheme Bearer (RFC 6750 section 3) */
};

/* Takes the value if the line has this key. A value that is too long can't concern us, and becomes
 * "". */
static void take_value(const char *line, const char *key, char ret[HOST_SIZE]) {
    size_t length = strlen(key);
    if (strncmp(line, key, length) == 0)
        text_copy(ret, HOST_SIZE, line + length);
}

/* Whether a challenge (RFC 9110 section 11.6.1) begins with Bearer, or has it after a comma. */
static bool has_bearer(const char *challenge) {
    static const char scheme[] = "bearer";
    size_t length = strlen(scheme);

    bool quoted = false, begins = true;

    for (const char *at = challenge; *at != '\0'; at++) {
        if (begins && strncasecmp(at, scheme, length) == 0 &&
            (at[length] == ' ' || at[length] == '\0'))
            return true;
        if (*at == '"')
            quoted = !quoted;
        else if (quoted && *at == '\\' && at[1] != '\0')
            at++;
        begins = !quoted && (*at == ',' || (begins && (*at == ' ' || *at == '\t')));
    }
    return false;
}

static void take_line(const char *line, struct remote *remote) {
    take_value(line, "host=", remote->host);
    take_value(line, "username=", remote->username);
    remote->https |= strcmp(line, "protocol=https") == 0;
    remote->takes_authtype |= strcmp(line, "capability[]=authtype") == 0;
    if (strncmp(line, "wwwauth[]=", strlen("wwwauth[]=")) == 0)
        remote->offers_bearer |= has_bearer(line + strlen("wwwauth[]="));
}

/* Reads lines until an empty one, or the end. Skips a line that is too long. */
static void read_remote(struct remote *ret) {
    char line[LINE_SIZE];
    bool whole = true;

    while (fgets(line, sizeof line, stdin)) {
        bool begins = whole;
        char *end = strchr(line, '\n');
        whole = end != NULL;
        if (end)
            *end = '\0';
        if (begins && end == line)
            return;
        if (begins && whole)
            take_line(line, ret);
    }
}

/* Prints the credential. Most git servers do not ask for Bearer: they get the token as a
 * password. */
static void print_credential(const struct remote *remote, const struct ask_reply *reply) {
    if (remote->takes_authtype && remote->offers_bearer)
        printf("capability[]=authtype\nauthtype=Bearer\ncredential=");
    else
        printf("username=%s\npassword=", remote->username[0] != '\0' ? remote->username : "oauth2");
    fwrite(reply->token, 1, reply->token_size, stdout);
    if (reply->expires > 0)
        printf("\npassword_expiry_utc=%lld", (long long)reply->expires);
    putchar('\n');
}

enum exit_status command_git_credential(const struct arguments *arguments) {
    struct arguments own = *arguments;
    struct remote remote = {.https = false};
    struct ask_reply reply;

    if (strcmp(arguments->user, "get") != 0)
        return EXIT_YES; /* store and erase are for helpers that remember credentials */
    own.user = NULL;
    read_remote(&remote);
    if (!remote.https || remote.host[0] == '\0')
        return EXIT_YES; /* git asks the next helper */
    const char *account = command_account(&own);
    if (!account)
        return EXIT_USAGE;

    struct ask_request request = command_request(&own, OPERATION_FRESH_TOKEN, account);
    request.input = remote.host;
    request.input_size = strlen(remote.host);
    ask_helper(&request, &reply);

    bool not_ours = reply.verdict == VERDICT_NOT_PERMITTED; /* git asks the next helper */
    enum exit_status status = not_ours ? EXIT_YES : exit_status_of(reply.verdict);
    if (verdict_is_yes(reply.verdict) && reply.token)
        print_credential(&remote, &reply);
    else if (!not_ours)
        print_reply_to(stderr, account, &reply);

    ask_clear(&reply);
    return fflush(stdout) == 0 ? status : EXIT_FAULT;
}
