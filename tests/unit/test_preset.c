/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_preset.c - preset.c, and how load.c applies it: the keys that a preset fills, and those that
 * it never does.
 */
#include <errno.h>

#include "config_directory.h"
#include "preset.h"

/* Composes a complete configuration with a preset, and `more` lines of [provider corp]. */
static char *with(const struct directory *directory, const char *preset, const char *more) {
    bool secret = strcmp(preset, "google") == 0;
    SCOPED_TEXT char *file = secret
                                 ? unit_text("client_secret_file = %s/secret\n", directory->scratch)
                                 : unit_text("%s", "");
    return unit_text("[login]\nprovider = corp\n[provider corp]\npreset = %s\nclient_id = b\n%s%s"
                     "[accounts corp]\nalice = 1\n",
                     preset, file, more);
}

static const char *issuer_line(const struct preset *preset) {
    return preset->issuer_shape ? "issuer = https://idp.example.com\n" : "";
}

static void every_preset_loads_with_the_keys_it_leaves_to_the_administrator(void **state) {
    struct directory *directory = *state;
    directory_write(directory, "secret", "s3cret");
    for (enum preset_name i = PRESET_NONE + 1; i < PRESET_COUNT; i++) {
        const struct preset *preset = preset_find(i);
        SCOPED_TEXT char *text = with(directory, preset->name, issuer_line(preset));
        assert_text_loads(directory, text); /* every key is in load.c's table, and parses */
        assert_int_equal(directory->config.provider.preset, i);
        assert_true(directory->config.provider.require == REQUIRE_ID_TOKEN ||
                    directory->config.provider.require == REQUIRE_USERINFO);
    }
}

static void a_preset_never_decides_who_may_log_in(void **state) {
    (void)state;
    static const char *const never[] = {"username_claim", "username_suffix", "client_id",
                                        "require_groups", "ca_file",         "proxy"};
    for (enum preset_name i = 0; i < PRESET_COUNT; i++)
        for (size_t k = 0; preset_find(i)->keys[k].key; k++)
            for (size_t n = 0; n < COUNT(never); n++)
                assert_string_not_equal(preset_find(i)->keys[k].key, never[n]);
}

static void the_names_are_in_the_order_of_their_numbers(void **state) {
    (void)state;
    const char *at = PRESET_NAMES;
    for (enum preset_name i = 0; i < PRESET_COUNT; i++) {
        size_t length = strcspn(at, " ");
        assert_int_equal(strlen(preset_find(i)->name), length);
        assert_memory_equal(preset_find(i)->name, at, length);
        assert_non_null(preset_find(i)->renewal_fix);
        at += length + (at[length] != '\0');
    }
    assert_string_equal(at, "");
    assert_ptr_equal(preset_find(PRESET_COUNT), preset_find(PRESET_NONE));
}

static void the_error_for_an_unknown_preset_lists_the_known_ones(void **state) {
    struct directory *directory = *state;
    SCOPED_TEXT char *text = with(directory, "azure", "issuer = https://x\n");
    assert_text_refused(
        directory, text,
        ":4: [provider corp] preset: 'azure' must be one of: none google entra okta "
        "auth0 keycloak github gitlab");
}

static void the_error_for_a_missing_issuer_shows_its_shape(void **state) {
    struct directory *directory = *state;
    static const char *const shapes[][2] = {
        {"entra", "https://login.microsoftonline.com/TENANT/v2.0"},
        {"okta", "https://ORG.okta.com"},
        {"auth0", "https://TENANT.auth0.com/"},
        {"keycloak", "https://HOST/realms/REALM"},
    };
    for (size_t i = 0; i < COUNT(shapes); i++) {
        SCOPED_TEXT char *text = with(directory, shapes[i][0], "");
        assert_text_refused(directory, text, "[provider corp] issuer: not set");
        assert_has(directory->reason.text, shapes[i][1]);
    }
}

static void a_value_in_a_file_overrides_the_preset_wherever_it_is_set(void **state) {
    struct directory *directory = *state;
    const struct provider_config *provider = &directory->config.provider;
    SCOPED_TEXT char *before = unit_text(
        "[provider corp]\nrequire = refresh\nscope =\nclient_id = b\n[login]\nprovider = corp\n"
        "[provider corp]\npreset = gitlab\n[accounts corp]\nalice = 1\n");
    assert_text_loads(directory, before);
    assert_int_equal(provider->require, REQUIRE_REFRESH);
    assert_string_equal(provider->scope, "");
    assert_string_equal(provider->issuer, "https://gitlab.com");

    SCOPED_TEXT char *after = with(directory, "gitlab", "");
    unit_write(directory->path, after, strlen(after));
    directory_make_drop_ins(directory);
    directory_write(directory, "oauth-login.conf.d/50-site.conf",
                    "[provider corp]\nrequire = refresh\n");
    assert_loads(directory);
    assert_int_equal(provider->require, REQUIRE_REFRESH);
    assert_string_equal(provider->scope, "openid profile");
    /* The preset may be set last of all keys, and the later of two counts. */
    directory_write(directory, "oauth-login.conf.d/60-site.conf",
                    "[provider corp]\npreset = github\nissuer =\n");
    assert_loads(directory);
    assert_int_equal(provider->require, REQUIRE_REFRESH);
    assert_string_equal(provider->subject_claim, "id");
    assert_string_equal(provider->issuer, "");
}

static void a_self_hosted_provider_sends_no_token_to_the_public_one(void **state) {
    struct directory *directory = *state;
    const struct provider_config *provider = &directory->config.provider;
    SCOPED_TEXT char *enterprise =
        with(directory, "github", "token_endpoint = https://ghe.corp/t\n");
    directory_write(directory, "oauth-login.conf", enterprise);
    /* Without userinfo_endpoint there is no userinfo: that of github.com is not used. */
    assert_loads(directory);
    assert_string_equal(provider->userinfo_endpoint, "");
    assert_string_equal(provider->device_authorization_endpoint, "");
    assert_string_equal(provider->subject_claim, "id");

    SCOPED_TEXT char *membership =
        with(directory, "github",
             "userinfo_endpoint = https://api.github.com/user/memberships/orgs/ACME\n"
             "subject_claim = user.id\n");
    assert_text_loads(directory, membership);
    assert_string_equal(provider->token_endpoint, "https://github.com/login/oauth/access_token");
    assert_string_equal(provider->subject_claim, "user.id");
}

static void gitlabs_device_endpoint_is_below_its_issuer(void **state) {
    struct directory *directory = *state;
    const struct provider_config *provider = &directory->config.provider;
    static const char *const rows[][2] = {
        {"", "https://gitlab.com/oauth/authorize_device"},
        {"issuer = https://git.corp/lab/\n", "https://git.corp/lab/oauth/authorize_device"},
        {"issuer = https://git.corp\ndevice_authorization_endpoint = https://git.corp/d\n",
         "https://git.corp/d"},
        {"device_authorization_endpoint =\n", ""},
        {"token_endpoint = https://git.corp/t\nissuer =\n", ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        SCOPED_TEXT char *text = with(directory, "gitlab", rows[i][0]);
        assert_text_loads(directory, text);
        assert_string_equal(provider->device_authorization_endpoint, rows[i][1]);
    }
}

static void the_preset_of_another_provider_does_not_apply(void **state) {
    struct directory *directory = *state;
    assert_text_loads(directory,
                      "[login]\nprovider = corp\n[provider corp]\nclient_id = b\n"
                      "issuer = https://idp.example.com\n[provider other]\npreset = github\n"
                      "[accounts corp]\nalice = 1\n");
    assert_int_equal(directory->config.provider.preset, PRESET_NONE);
    assert_string_equal(directory->config.provider.subject_claim, "sub");
    assert_string_equal(directory->config.provider.userinfo_endpoint, "");
}

static void a_subject_claim_other_than_sub_excludes_id_tokens(void **state) {
    struct directory *directory = *state;
    static const char *const wrong[] = {
        "issuer = https://x\nsubject_claim = id\n",
        "token_endpoint = https://x/t\njwks_uri = https://x/k\nsubject_claim = id\n",
        "token_endpoint = https://x/t\nrequire = introspection\nsubject_claim = id\n",
    };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        SCOPED_TEXT char *text = with(directory, "none", wrong[i]);
        assert_text_refused(directory, text, "[provider corp] subject_claim = id: only for");
    }
    SCOPED_TEXT char *empty = with(directory, "none", "issuer = https://x\nsubject_claim =\n");
    assert_text_refused(directory, empty, "[provider corp] subject_claim: empty; set it to sub");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, directory_make, directory_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(every_preset_loads_with_the_keys_it_leaves_to_the_administrator),
        TEST(a_preset_never_decides_who_may_log_in),
        TEST(the_names_are_in_the_order_of_their_numbers),
        TEST(the_error_for_an_unknown_preset_lists_the_known_ones),
        TEST(the_error_for_a_missing_issuer_shows_its_shape),
        TEST(a_value_in_a_file_overrides_the_preset_wherever_it_is_set),
        TEST(a_self_hosted_provider_sends_no_token_to_the_public_one),
        TEST(gitlabs_device_endpoint_is_below_its_issuer),
        TEST(the_preset_of_another_provider_does_not_apply),
        TEST(a_subject_claim_other_than_sub_excludes_id_tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
