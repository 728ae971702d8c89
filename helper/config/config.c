/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * config.c - queries of the loaded configuration.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

void config_clear(struct config *config) {
    settings_clear(&config->settings);
    secret_clear(&config->provider.client_secret);
    free(config->device_endpoint);
    *config = (struct config){0};
}

bool config_list_has(const char *list, const char *word) {
    size_t length = strlen(word);
    for (const char *at = list; *at != '\0' && length > 0; at += strcspn(at, " \t,")) {
        at += strspn(at, " \t,");
        if (strcspn(at, " \t,") == length && strncmp(at, word, length) == 0)
            return true;
    }
    return false;
}

const char *config_subject_of(const struct config *config, const char *account) {
    for (size_t i = config->settings.count; i > 0; i--) {
        const struct setting *setting = &config->settings.list[i - 1];
        const char *provider = settings_section_name(setting->section, "accounts");
        if (provider && strcmp(provider, config->provider.name) == 0 &&
            strcmp(setting->key, account) == 0)
            return setting->value;
    }
    return NULL;
}
