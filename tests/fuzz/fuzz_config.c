/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_config.c - a configuration and two drop-ins, separated by form feeds: loaded within its
 * limits, or refused with a reason. Needs root, who must own the files.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "fuzz.h"
#include "load.h"
#include "protocol.h"
#include "scoped.h"

enum { PARTS = 3 };

static char directory[] = "/tmp/fuzz-config-XXXXXX";
static char drop_ins[64], files[PARTS][64];

static void remove_files(void) {
    for (int i = 0; i < PARTS; i++)
        unlink(files[i]);
    rmdir(drop_ins);
    rmdir(directory);
}

static void make_directory(void) {
    if (geteuid() != 0) {
        fprintf(stderr, "fuzz_config: only root's files are read as configuration; run as root\n");
        exit(1);
    }
    PROMISE(mkdtemp(directory));
    snprintf(files[0], sizeof files[0], "%s/conf", directory);
    snprintf(drop_ins, sizeof drop_ins, "%s/conf.d", directory);
    for (int i = 1; i < PARTS; i++)
        snprintf(files[i], sizeof files[i], "%s/conf.d/%d.conf", directory, i);
    PROMISE(mkdir(drop_ins, 0755) == 0);
    atexit(remove_files);
}

/* Writes the text before the next form feed, and moves past that. */
static void write_part(const char *name, const uint8_t **data, size_t *size) {
    const uint8_t *end = memchr(*data, '\f', *size);
    size_t length = end ? (size_t)(end - *data) : *size;
    SCOPED_FD int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    PROMISE(fd >= 0 && write(fd, *data, length) == (ssize_t)length);
    *data += length + (end ? 1 : 0);
    *size -= length + (end ? 1 : 0);
}

static void check(const struct config *config) {
    const struct provider_config *provider = &config->provider;
    const char *const urls[] = {provider->issuer,   provider->token_endpoint,
                                provider->jwks_uri, provider->userinfo_endpoint,
                                provider->proxy,    provider->introspection_endpoint};
    PROMISE(config->login_known && provider->name[0] != '\0' && provider->client_id[0] != '\0');
    PROMISE(config->login.minimum_uid > 0 && config->login.deadline > 0);
    PROMISE(config->login.deadline <= PROTOCOL_DEADLINE_MAX);
    PROMISE(config->login.offline_grace <= PROTOCOL_DURATION_MAX);
    PROMISE(provider->client_auth <= CLIENT_AUTH_POST);
    PROMISE(provider->require <= REQUIRE_INTROSPECTION);
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++)
        PROMISE(fuzz_is_printable(urls[i], 1001));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static bool made;
    SCOPED_CONFIG struct config config = {0};
    struct reason reason = {""};
    /* The file that client_secret_file names is opened: keep off devices and /proc. */
    if (memmem(data, size, "/dev", 4) || memmem(data, size, "/proc", 5))
        return -1;
    if (!made)
        make_directory();
    made = true;
    for (int i = 0; i < PARTS; i++)
        write_part(files[i], &data, &size);
    if (config_load(files[0], &config, &reason) == 0)
        check(&config);
    else
        PROMISE(reason.text[0] != '\0' && FUZZ_PRINTABLE(reason.text));
    return 0;
}
