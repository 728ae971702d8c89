/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_config.c - load.c, check.c and config.c: every key, every wrong value, and keys that do not
 * fit together.
 */
#include <errno.h>

#include "config_directory.h"

static const char least[] = "[login]\n"
                            "provider = corp\n"
                            "[provider corp]\n"
                            "issuer = https://login.example.com/realms/corp\n"
                            "client_id = bastion\n"
                            "[accounts corp]\n"
                            "alice = 248289761001\n";

static void unset_keys_have_the_documented_defaults(void **state) {
    struct directory *directory = *state;
    assert_text_loads(directory, least);
    const struct login_config *login = &directory->config.login;
    const struct provider_config *provider = &directory->config.provider;
    assert_string_equal(login->provider, "corp");
    assert_int_equal(login->minimum_uid, 1000);
    assert_string_equal(login->ignore_users, "");
    assert_string_equal(login->managed_group, "");
    assert_int_equal(login->reuse_within, 30);
    assert_int_equal(login->deadline, 10);
    assert_int_equal(login->enroll_deadline, 100);
    assert_int_equal(login->offline_grace, 0);
    assert_int_equal(login->offline_timeout, 30);
    assert_int_equal(login->check_sessions, 900);
    assert_int_equal(login->on_revoked, ACTION_LOG);
    assert_false(login->revoke_on_logout);
    assert_string_equal(provider->name, "corp");
    assert_string_equal(provider->issuer, "https://login.example.com/realms/corp");
    assert_string_equal(provider->client_id, "bastion");
    assert_int_equal(provider->client_auth, CLIENT_AUTH_NONE);
    assert_int_equal(provider->client_secret.length, 0);
    const char *const unset[] = {provider->token_endpoint,
                                 provider->userinfo_endpoint,
                                 provider->client_secret_file,
                                 provider->ca_file,
                                 provider->proxy,
                                 provider->username_claim,
                                 provider->username_suffix};
    for (size_t i = 0; i < COUNT(unset); i++)
        assert_string_equal(unset[i], "");
}

static const char login_values[] = "[login]\n"
                                   "provider = corp\n"
                                   "minimum_uid = 500\n"
                                   "ignore_users = breakglass ansible\n"
                                   "managed_group = staff\n"
                                   "reuse_within = 1h\n"
                                   "deadline = 5m\n"
                                   "enroll_deadline = 30m\n"
                                   "offline_grace = 7d\n"
                                   "offline_timeout = 0\n"
                                   "check_sessions = 1h\n"
                                   "on_revoked = terminate\n"
                                   "revoke_on_logout = yes\n";

static void every_login_key_is_taken(void **state) {
    struct directory *directory = *state;
    SCOPED_TEXT char *text = unit_text("%s%s", login_values, strchr(least, '\n') + 17);
    assert_text_loads(directory, text);
    const struct login_config *login = &directory->config.login;
    assert_int_equal(login->minimum_uid, 500);
    assert_string_equal(login->ignore_users, "breakglass ansible");
    assert_string_equal(login->managed_group, "staff");
    assert_int_equal(login->reuse_within, 3600);
    assert_int_equal(login->deadline, 300);
    assert_int_equal(login->enroll_deadline, 1800);
    assert_int_equal(login->offline_grace, 7 * 86400);
    assert_int_equal(login->offline_timeout, 0);
    assert_int_equal(login->check_sessions, 3600);
    assert_int_equal(login->on_revoked, ACTION_TERMINATE);
    assert_true(login->revoke_on_logout);
}

static void every_provider_key_is_taken(void **state) {
    struct directory *directory = *state;
    directory_write(directory, "secret", "p+ss: w%rd&=/\xc3\xa9\n");
    SCOPED_TEXT char *text = unit_text(
        "[login]\nprovider = my.corp-1_x\n[provider my.corp-1_x]\n"
        "token_endpoint = https://[::1]:8443/token?x=1\nuserinfo_endpoint = https://u.example/me\n"
        "client_id = a client\nclient_auth = client_secret_post\nclient_secret_file = %s/secret\n"
        "ca_file = /etc/ssl/corp.pem\nproxy = http://proxy:3128\nusername_claim = user.login\n"
        "username_suffix = @example.com @example.org\n",
        directory->scratch);
    assert_text_loads(directory, text);
    const struct provider_config *provider = &directory->config.provider;
    assert_string_equal(provider->name, "my.corp-1_x");
    assert_string_equal(provider->token_endpoint, "https://[::1]:8443/token?x=1");
    assert_string_equal(provider->userinfo_endpoint, "https://u.example/me");
    assert_string_equal(provider->client_id, "a client");
    assert_int_equal(provider->client_auth, CLIENT_AUTH_POST);
    assert_string_equal(secret_text(&provider->client_secret), "p+ss: w%rd&=/\xc3\xa9");
    assert_string_equal(provider->ca_file, "/etc/ssl/corp.pem");
    assert_string_equal(provider->proxy, "http://proxy:3128");
    assert_string_equal(provider->username_claim, "user.login");
    assert_string_equal(provider->username_suffix, "@example.com @example.org");
}

/* A wrong line, and a part of the error that it must give. */
struct wrong {
    const char *line;
    const char *said;
};

static const struct wrong wrong_login[] = {
    {"deadline = 0", ":2: [login] deadline: '0' is out of range (1 to 300 seconds)"},
    {"deadline = 301s", ":2: [login] deadline: '301s' is out of range (1 to 300 seconds)"},
    {"enroll_deadline = 9s", ":2: [login] enroll_deadline: '9s' is out of range (10 to 1800 sec"},
    {"enroll_deadline = 31m", ":2: [login] enroll_deadline: '31m' is out of range (10 to 1800"},
    {"deadline = 10", ":2: [login] deadline: '10' must be a duration"},
    {"deadline = ", ":2: [login] deadline: '' must be a duration"},
    {"deadline = 10 s", ":2: [login] deadline: '10 s' must be a duration"},
    {"reuse_within = 61m", ":2: [login] reuse_within: '61m' is out of range (0 to 3600 seconds)"},
    {"offline_timeout = 2h", ":2: [login] offline_timeout: '2h' is out of range (0 to 3600"},
    {"offline_grace = 366d", ":2: [login] offline_grace: '366d' must be a duration"},
    {"offline_grace = -1s", ":2: [login] offline_grace: '-1s' must be a duration"},
    {"offline_grace = forever", ":2: [login] offline_grace: 'forever' must be a duration"},
    {"minimum_uid = 0", ":2: [login] minimum_uid: '0' is out of range (1 to 4294967294)"},
    {"minimum_uid = 4294967295", ":2: [login] minimum_uid: '4294967295' is out of range"},
    {"minimum_uid = 4294967296", ":2: [login] minimum_uid: '4294967296' must be a whole number"},
    {"minimum_uid = -1", ":2: [login] minimum_uid: '-1' must be a whole number"},
    {"minimum_uid = +1", ":2: [login] minimum_uid: '+1' must be a whole number"},
    {"minimum_uid = 1000x", ":2: [login] minimum_uid: '1000x' must be a whole number"},
    {"minimum_uid = 0x3e8", ":2: [login] minimum_uid: '0x3e8' must be a whole number"},
    {"minimum_uid =", ":2: [login] minimum_uid: '' must be a whole number"},
    {"minimum_uids = 1000", ":2: [login] minimum_uids: unknown key"},
    {"Deadline = 10s", ":2: [login] Deadline: unknown key"},
    {"issuer = https://x", ":2: [login] issuer: unknown key"},
};

static const struct wrong wrong_provider[] = {
    {"issuer = http://login.example.com", ":4: [provider corp] issuer: 'http://login.example.com' "
                                          "must be an https:// address"},
    {"issuer = https://", ":4: [provider corp] issuer: 'https://' must be an https:// address"},
    {"issuer = https:///x", ":4: [provider corp] issuer: 'https:///x' must be"},
    {"issuer = HTTPS://x", ":4: [provider corp] issuer: 'HTTPS://x' must be"},
    {"issuer = login.example.com", ":4: [provider corp] issuer: 'login.example.com' must be"},
    {"token_endpoint = https://x/a b", ":4: [provider corp] token_endpoint: 'https://x/a b' must"},
    {"token_endpoint = https://x/\"", ":4: [provider corp] token_endpoint: 'https://x/\"' must"},
    {"userinfo_endpoint = file:///etc/passwd", ":4: [provider corp] userinfo_endpoint: 'file:"},
    {"userinfo_endpoint = https://x/\xc3\xa9", ":4: [provider corp] userinfo_endpoint: 'https://x"
                                               "/\\xC3\\xA9' must be an https:// address"},
    {"client_auth = basic", ":4: [provider corp] client_auth: 'basic' must be one of: none "
                            "client_secret_basic client_secret_post"},
    {"client_auth = client_secret",
     ":4: [provider corp] client_auth: 'client_secret' must be one of"},
    {"client_auth = private_key_jwt",
     ":4: [provider corp] client_auth: 'private_key_jwt' must be one"},
    {"client_secret_file = corp.secret", ":4: [provider corp] client_secret_file: 'corp.secret' "
                                         "must be an absolute path"},
    {"ca_file = ca.pem", ":4: [provider corp] ca_file: 'ca.pem' must be an absolute path"},
    {"proxy = socks5://x", ":4: [provider corp] proxy: 'socks5://x' must be an http:// or https"},
    {"proxy = proxy:3128", ":4: [provider corp] proxy: 'proxy:3128' must be"},
    {"require = jwt",
     ":4: [provider corp] require: 'jwt' must be one of: refresh id_token userinfo "
     "introspection"},
    {"require = Refresh", ":4: [provider corp] require: 'Refresh' must be one of"},
    {"introspection_endpoint = http://x", ":4: [provider corp] introspection_endpoint: 'http://x'"},
    {"client_secret = hunter2", ":4: [provider corp] client_secret: unknown key"},
    {"deadline = 10s", ":4: [provider corp] deadline: unknown key"},
};

static void each_wrong_login_line_is_reported(void **state) {
    for (size_t i = 0; i < COUNT(wrong_login); i++) {
        SCOPED_TEXT char *text =
            unit_text("[login]\n%s\n%s", wrong_login[i].line, strchr(least, '\n') + 1);
        assert_text_refused(*state, text, wrong_login[i].said);
    }
}

/* Checks both the provider that serves logins and another one. */
static void each_wrong_provider_line_is_reported(void **state) {
    for (size_t i = 0; i < COUNT(wrong_provider); i++) {
        const char *line = wrong_provider[i].line;
        SCOPED_TEXT char *served = unit_text("[login]\nprovider = corp\n[provider corp]\n%s\n"
                                             "[accounts corp]\nalice = 1\n",
                                             line);
        assert_text_refused(*state, served, wrong_provider[i].said);
        SCOPED_TEXT char *other = unit_text("%s[provider other]\nscope = x\n%s\n", least, line);
        SCOPED_TEXT char *said =
            unit_text(":10: [provider other]%s", strchr(wrong_provider[i].said, ']') + 1);
        assert_text_refused(*state, other, said);
    }
}

/* Break-glass accounts must be left alone, even if another section is wrong. */
static void a_mistake_in_another_section_leaves_the_login_section_usable(void **state) {
    struct directory *directory = *state;
    SCOPED_TEXT char *provider =
        unit_text("%s%s", login_values, "[provider corp]\nissuer = http://x\n");
    assert_true(directory_load_text(directory, provider) < 0);
    assert_true(directory->config.login_known);
    assert_int_equal(directory->config.login.minimum_uid, 500);
    assert_string_equal(directory->config.login.ignore_users, "breakglass ansible");
    SCOPED_TEXT char *missing = unit_text("%s%s", login_values, "[accounts corp]\nalice = 1\n");
    assert_true(directory_load_text(directory, missing) < 0);
    assert_true(directory->config.login_known);
    for (size_t i = 0; i < COUNT(wrong_login); i++) {
        SCOPED_TEXT char *text =
            unit_text("[login]\n%s\n%s", wrong_login[i].line, strchr(least, '\n') + 1);
        assert_true(directory_load_text(directory, text) < 0);
        assert_false(directory->config.login_known);
    }
    assert_true(directory_load_text(directory, "[login\nprovider = corp\n") < 0);
    assert_false(directory->config.login_known);
}

static void a_provider_that_serves_no_logins_may_have_every_key(void **state) {
    struct directory *directory = *state;
    SCOPED_TEXT char *text =
        unit_text("%s[provider other]\ndevice_authorization_endpoint = https://x\n"
                  "authorization_endpoint = https://x\nredirect_port = 65535\n"
                  "introspection_endpoint = https://x\nrevocation_endpoint = https://x\n"
                  "jwks_uri = https://x\nscope = openid x\n"
                  "auth_params = access_type=offline prompt=consent\ngroups_claim = roles\n"
                  "groups_separator = ,\nrequire = refresh\nrequire_groups =\nrequire_claim =\n"
                  "require_scope =\n",
                  least);
    assert_text_loads(directory, text);
}

static void a_wrong_section_or_account_is_reported(void **state) {
    static const struct wrong rows[] = {
        {"[logins]\nx = 1", ":9: [logins] x: unknown section; the sections are [login]"},
        {"[Login]\nx = 1", ":9: [Login] x: unknown section"},
        {"[provider]\nx = 1", ":9: [provider] x: unknown section"},
        {"[provider a b]\nx = 1", ":9: [provider a b] x: unknown section"},
        {"[provider ../x]\nx = 1", ":9: [provider ../x] x: unknown section"},
        {"[providers corp]\nx = 1", ":9: [providers corp] x: unknown section"},
        {"[accounts]\nx = 1", ":9: [accounts] x: unknown section"},
        {"[account corp]\nx = 1", ":9: [account corp] x: unknown section"},
        {"bob =", ":8: [accounts corp] bob: has no subject"},
        {"[accounts other]\nbob =", ":9: [accounts other] bob: has no subject"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        SCOPED_TEXT char *text = unit_text("%s%s\n", least, rows[i].line);
        assert_text_refused(*state, text, rows[i].said);
    }
    SCOPED_SECRET struct secret subject = unit_filled('s', 256);
    SCOPED_TEXT char *text = unit_text("%sbob = %s\n", least, secret_text(&subject));
    assert_text_refused(*state, text,
                        ":8: [accounts corp] bob: the subject is longer than 255 bytes");
}

static void assert_helper_limits(struct directory *directory, const char *lines, uint32_t all,
                                 uint32_t of_a_user, const char *said) {
    struct helper_config limits = {0};
    directory_write(directory, "oauth-login.conf", lines);
    directory->reason = (struct reason){""};
    assert_int_equal(config_read_helper(directory->path, &limits, &directory->reason),
                     said[0] != '\0' ? -EINVAL : 0);
    assert_int_equal(limits.max_children, all);
    assert_int_equal(limits.max_children_per_user, of_a_user);
    assert_has(directory->reason.text, said);
}

static void the_resident_helper_has_its_limits_even_if_other_sections_are_wrong(void **state) {
    assert_helper_limits(*state, "", 64, 16, "");
    assert_helper_limits(*state, "[helper]\nmax_children = 5\nmax_children_per_user = 2\n", 5, 2,
                         "");
    assert_helper_limits(*state, "[login]\nprovider = x y\n[helper]\nmax_children = 1\n", 1, 16,
                         "");
    assert_helper_limits(*state, "[helper]\nmax_children = 5\nmax_children_per_user = 0\n", 64, 16,
                         ":3: [helper] max_children_per_user: '0' is out of range (1 to 1000)");
    assert_helper_limits(*state, "[helper]\nmax = 5\n", 64, 16, ":2: [helper] max: unknown key");
}

static void a_wrong_limit_of_the_resident_helper_is_reported(void **state) {
    SCOPED_TEXT char *text = unit_text("%s[helper]\nmax_children = 1001\n", least);
    assert_text_refused(*state, text, ":9: [helper] max_children: '1001' is out of range");
}

static void a_missing_key_or_section_is_reported(void **state) {
    static const struct wrong rows[] = {
        {"[provider corp]\nclient_id = x\n", ": [login] provider: not set"},
        {"[login]\nprovider = other\n[provider corp]\nclient_id = x\n",
         ": [login] provider = other: there is no section [provider other]"},
        {"[login]\nprovider = corp\n[provider corp]\nissuer = https://x\n",
         ": [provider corp] client_id: not set"},
        {"[login]\nprovider = corp\n[provider corp]\nissuer = https://x\nclient_id = b\n"
         "username_claim = u\nrequire_groups = staff\n",
         ": [provider corp] require: refresh brings no claims, but require_groups needs them"},
        {"[login]\nprovider = corp\n[provider corp]\nissuer = https://x\nclient_id = b\n"
         "username_claim = u\nrequire_claim = a=b\n",
         ": [provider corp] require: refresh brings no claims, but require_claim needs them"},
        {"[login]\nprovider = corp\n[provider corp]\nclient_id = x\n",
         ": [provider corp] issuer: not set; set issuer or token_endpoint"},
        {"[login]\nprovider = corp\n[provider corp]\nclient_id = x\nissuer = https://x\n",
         ": [provider corp] username_claim: not set, and there is no [accounts corp]"},
        {"[login]\nprovider = corp\n[provider corp]\nclient_id = x\nissuer = https://x\n"
         "[accounts other]\nalice = 1\n",
         ": [provider corp] username_claim: not set, and there is no [accounts corp]"},
        {"[login]\nprovider = corp\n[provider corp]\nclient_id = x\nissuer = https://x\n"
         "username_claim = email\nclient_auth = client_secret_basic\n",
         ": [provider corp] client_secret_file: not set, but client_auth needs a secret"},
        {"[login]\nprovider = corp\n[provider corp]\nclient_id = x\nissuer = https://x\n"
         "username_claim = email\nclient_secret_file = /x\n",
         ": [provider corp] client_auth: none, but client_secret_file is set"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_text_refused(*state, rows[i].line, rows[i].said);
}

static void a_mapping_counts_for_its_own_provider_only(void **state) {
    struct directory *directory = *state;
    SCOPED_TEXT char *text = unit_text("%sbob = two words\n[accounts other]\ncarol = 3\n"
                                       "alice = of other\n",
                                       least);
    assert_text_loads(directory, text);
    assert_string_equal(config_subject_of(&directory->config, "alice"), "248289761001");
    assert_string_equal(config_subject_of(&directory->config, "bob"), "two words");
    static const char *const none[] = {"carol", "Alice",    "alic",  "alice1",
                                       "",      "provider", "issuer"};
    for (size_t i = 0; i < COUNT(none); i++)
        assert_null(config_subject_of(&directory->config, none[i]));
}

static void a_list_matches_whole_words_only(void **state) {
    (void)state;
    static const char *const words[] = {"a", "bc", "d"};
    static const char *const others[] = {"", "b", "c", "A", "bcd", "a bc", "a,", " a", "ab"};
    static const char *const lists[] = {"a bc d", " a\tbc  d ", "d,bc,a", "a, bc, d", "bc a d bc"};
    for (size_t i = 0; i < COUNT(lists); i++) {
        for (size_t k = 0; k < COUNT(words); k++)
            assert_true(config_list_has(lists[i], words[k]));
        for (size_t k = 0; k < COUNT(others); k++)
            assert_false(config_list_has(lists[i], others[k]));
    }
    assert_false(config_list_has("", "a"));
    assert_false(config_list_has("", ""));
    assert_false(config_list_has(" , ", ""));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, directory_make, directory_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(unset_keys_have_the_documented_defaults),
        TEST(every_login_key_is_taken),
        TEST(every_provider_key_is_taken),
        TEST(each_wrong_login_line_is_reported),
        TEST(each_wrong_provider_line_is_reported),
        TEST(a_mistake_in_another_section_leaves_the_login_section_usable),
        TEST(a_provider_that_serves_no_logins_may_have_every_key),
        TEST(a_wrong_section_or_account_is_reported),
        TEST(the_resident_helper_has_its_limits_even_if_other_sections_are_wrong),
        TEST(a_wrong_limit_of_the_resident_helper_is_reported),
        TEST(a_missing_key_or_section_is_reported),
        TEST(a_mapping_counts_for_its_own_provider_only),
        TEST(a_list_matches_whole_words_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
