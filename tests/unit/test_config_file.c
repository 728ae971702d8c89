/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_config_file.c - config/file.c, and the secret's file of check.c: the files that are read,
 * their order and owners, and malformed lines.
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

enum { STRANGER = 12345 };

/* Loads a text with every kind of blank and comment between its lines, which `end` ends. */
static void assert_dressed_loads(struct directory *directory, const char *end) {
    static const char *const lines[] = {"# oauth-login.conf",
                                        "",
                                        "  [login]   # who",
                                        "\tprovider=corp # the only one",
                                        "   deadline   =   5s   ",
                                        "ignore_users =",
                                        " \t ",
                                        "  # [login]",
                                        "#deadline = 6s",
                                        "[ provider corp ]",
                                        "issuer = https://login.example.com/?a=b",
                                        "client_id = bastion",
                                        "username_claim = email"};
    SCOPED_SECRET struct secret text = {0};
    for (size_t i = 0; i < COUNT(lines); i++) {
        assert_int_equal(secret_append(&text, lines[i], strlen(lines[i]), UNIT_SECRET_MAX), 0);
        if (i + 1 < COUNT(lines)) /* the last line needs no end */
            assert_int_equal(secret_append(&text, end, strlen(end), UNIT_SECRET_MAX), 0);
    }
    assert_text_loads(directory, secret_text(&text));
    assert_string_equal(directory->config.login.provider, "corp");
    assert_int_equal(directory->config.login.deadline, 5);
    assert_string_equal(directory->config.login.ignore_users, "");
    assert_string_equal(directory->config.provider.issuer, "https://login.example.com/?a=b");
    assert_string_equal(directory->config.provider.username_claim, "email");
}

static void comments_and_blanks_change_nothing(void **state) {
    assert_dressed_loads(*state, "\n");
    assert_dressed_loads(*state, "\r\n");
}

static void a_section_may_be_opened_twice(void **state) {
    struct directory *directory = *state;
    SCOPED_TEXT char *text = unit_text("%s[login]\ndeadline = 5s\n", least);
    assert_text_loads(directory, text);
    assert_int_equal(directory->config.login.deadline, 5);
    assert_string_equal(directory->config.login.provider, "corp");
}

/* libeconf 0.5 took such a key for a duplicate and dropped it silently. */
static void a_key_may_be_the_last_of_one_section_and_the_first_of_the_next(void **state) {
    struct directory *directory = *state;
    SCOPED_TEXT char *last = unit_text("%s[accounts other]\nalice = of other\n", least);
    assert_text_loads(directory, last);
    assert_string_equal(config_subject_of(&directory->config, "alice"), "248289761001");
    SCOPED_TEXT char *first = unit_text("[accounts other]\nalice = of other\n[accounts corp]\n"
                                        "alice = of corp\nbob = 2\n%.*s",
                                        (int)(strstr(least, "[accounts") - least), least);
    assert_text_loads(directory, first);
    const char *subject = config_subject_of(&directory->config, "alice");
    assert_non_null(subject);
    assert_string_equal(subject, "of corp");
}

static void a_key_set_twice_is_reported_with_both_lines(void **state) {
    static const struct {
        const char *more;
        const char *said;
    } rows[] = {
        {"alice = 2\n", ":8: [accounts corp] alice is already set in line 7"},
        {"bob = 3\nalice = 2\n", ":9: [accounts corp] alice is already set in line 7"},
        {"[login]\nprovider = other\n", ":9: [login] provider is already set in line 2"},
        {"[ login ]\nprovider = corp\n", ":9: [login] provider is already set in line 2"},
        {"[login]\ndeadline = 5s\n deadline=6s\n",
         ":10: [login] deadline is already set in line 9"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        SCOPED_TEXT char *text = unit_text("%s%s", least, rows[i].more);
        assert_text_refused(*state, text, rows[i].said);
    }
}

static void a_malformed_line_is_reported(void **state) {
    static const struct {
        const char *text;
        const char *said;
    } rows[] = {
        {"[login]\nmanaged_group\n", ":2: neither [SECTION] nor KEY = VALUE"},
        {"[login]\nprovider = corp\nmanaged_group\n", ":3: neither [SECTION] nor KEY = VALUE"},
        {"[login]\nprovider = corp\n  managed_group\n", ":3: neither [SECTION]"},
        {"[login]\nprovider = corp\ndeadline 5s\n", ":3: neither [SECTION]"},
        {"[login]\nprovider = corp\\\n  x\n", ":3: neither [SECTION]"},
        {"[login]\nprovider = corp\n; a comment\n", ":3: neither [SECTION]"},
        {"[login]\nprovider: corp\n", ":2: neither [SECTION]"},
        {"[login]\nmanaged_group # = staff\n", ":2: neither [SECTION]"},
        {"[login]\n= staff\n", ":2: neither [SECTION]"},
        {"[login]\n  = staff\n", ":2: neither [SECTION]"},
        {"[login]\n=\n", ":2: neither [SECTION]"},
        {"login]\nprovider = corp\n", ":1: neither [SECTION]"},
        {"\xef\xbb\xbf[login]\nprovider = corp\n", ":1: neither [SECTION]"},
        {"[login]\nmanaged group = x\n", ":2: a key is one word"},
        {"provider = corp\n[login]\n", ":1: a key before the first section"},
        {"\xef\xbb\xbfprovider = corp\n", ":1: a key before the first section"},
        {"[login\nprovider = corp\n", ":1: a section is [NAME], with both brackets"},
        {"[login]\n[provider corp\nissuer = https://x\n", ":2: a section is [NAME], with both"},
        {"[login] provider = corp\n", ":1: a section is [NAME], with both brackets"},
        {"[login]\n[\n", ":2: a section"},
        {"[login]\n[]\n", ":2: a section without a name"},
        {"[ \t]\n", ":1: a section without a name"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_text_refused(*state, rows[i].text, rows[i].said);
}

static void a_value_is_taken_literally(void **state) {
    struct directory *directory = *state;
    static const char *const rows[][2] = {{"a=b=c", "a=b=c"},
                                          {"a#b", "a#b"},
                                          {"a #b", "a"},
                                          {"a\t# b", "a"},
                                          {"#b", ""},
                                          {"\"a b\"", "\"a b\""},
                                          {"'a'", "'a'"},
                                          {"[a]", "[a]"},
                                          {"a ; b", "a ; b"},
                                          {"a\\", "a\\"},
                                          {"a  b", "a  b"},
                                          {" \t a \t \r", "a"},
                                          {"caf\xc3\xa9", "caf\xc3\xa9"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        SCOPED_TEXT char *text =
            unit_text("[login]\nignore_users = %s\n%s", rows[i][0], strchr(least, '\n') + 1);
        assert_text_loads(directory, text);
        assert_string_equal(directory->config.login.ignore_users, rows[i][1]);
    }
    SCOPED_SECRET struct secret names = unit_filled('n', 100000); /* a long line is not split */
    SCOPED_TEXT char *text =
        unit_text("[login]\nignore_users = %s\n%s", secret_text(&names), strchr(least, '\n') + 1);
    assert_text_loads(directory, text);
    assert_string_equal(directory->config.login.ignore_users, secret_text(&names));
}

static void a_nul_byte_or_a_huge_file_is_refused(void **state) {
    struct directory *directory = *state;
    SCOPED_SECRET struct secret text = unit_secret(least);
    unit_write(directory->path, text.data, text.length + 1);
    assert_int_equal(directory_load(directory), -EINVAL);
    assert_has(directory->reason.text, "a NUL byte");
    SCOPED_FD int fd = open(directory->path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    for (int i = 0; i < 17; i++) {
        SCOPED_SECRET struct secret hashes = unit_filled('#', 65536);
        assert_int_equal(write(fd, hashes.data, hashes.length), hashes.length);
    }
    assert_int_equal(directory_load(directory), -E2BIG);
    assert_has(directory->reason.text, directory->path);
}

static void a_later_drop_in_overrides_an_earlier_one(void **state) {
    struct directory *directory = *state;
    assert_text_loads(directory, least);
    directory_make_drop_ins(directory);
    directory_write(directory, "oauth-login.conf.d/50-b.conf",
                    "[login]\ndeadline = 5s\nreuse_within = 5s\n"
                    "[accounts corp]\nalice = of the drop-in\n");
    directory_write(directory, "oauth-login.conf.d/10-a.conf",
                    "[login]\ndeadline = 1s\nreuse_within = 1s\n"
                    "offline_timeout = 1s\n");
    directory_write(directory, "oauth-login.conf.d/60-c.conf", "[login]\ndeadline = 6s\n");
    directory_write(directory, "oauth-login.conf.d/99-d.conf.bak", "[login]\nminimum_uid = 9\n");
    directory_write(directory, "oauth-login.conf.d/.99-e.conf", "[login]\nminimum_uid = 9\n");
    directory_write(directory, "oauth-login.conf.d/.conf", "[login]\nminimum_uid = 9\n");
    assert_loads(directory);
    assert_int_equal(directory->config.login.offline_timeout, 1);
    assert_int_equal(directory->config.login.reuse_within, 5);
    assert_int_equal(directory->config.login.deadline, 6);
    assert_int_equal(directory->config.login.minimum_uid, 1000);
    assert_string_equal(config_subject_of(&directory->config, "alice"), "of the drop-in");
    assert_string_equal(directory->config.provider.client_id, "bastion");
}

static void many_drop_ins_are_read_in_order(void **state) {
    struct directory *directory = *state;
    assert_text_loads(directory, least);
    directory_make_drop_ins(directory);
    for (int i = 0; i < 97; i++) {
        SCOPED_TEXT char *name = unit_text("oauth-login.conf.d/%02d.conf", i * 31 % 97);
        directory_write(directory, name, "[login]\ndeadline = 5s\n");
    }
    assert_loads(directory);
    const struct settings *settings = &directory->config.settings;
    assert_int_equal(settings->file_count, 98);
    for (size_t i = 1; i < settings->count; i++)
        assert_true(strcmp(settings->list[i - 1].file, settings->list[i].file) <= 0);
}

static void drop_ins_alone_are_enough_but_no_file_at_all_is_an_error(void **state) {
    struct directory *directory = *state;
    assert_int_equal(directory_load(directory), -ENOENT);
    assert_has(directory->reason.text, directory->path);
    directory_make_drop_ins(directory);
    assert_int_equal(directory_load(directory), -ENOENT);
    directory_write(directory, "oauth-login.conf.d/a.conf", least);
    assert_loads(directory);
    assert_string_equal(directory->config.login.provider, "corp");
}

static void a_wrong_line_in_a_drop_in_is_reported_with_its_own_file(void **state) {
    struct directory *directory = *state;
    assert_text_loads(directory, least);
    directory_make_drop_ins(directory);
    directory_write(directory, "oauth-login.conf.d/a.conf", "\n[login]\ndeadline = soon\n");
    assert_int_equal(directory_load(directory), -EINVAL);
    assert_has(directory->reason.text, "/oauth-login.conf.d/a.conf:3: [login] deadline: 'soon'");
    directory_write(directory, "oauth-login.conf.d/a.conf", "\n[login\n");
    assert_int_equal(directory_load(directory), -EINVAL);
    assert_has(directory->reason.text, "/oauth-login.conf.d/a.conf:2: a section is [NAME]");
}

static void a_directory_of_too_many_drop_ins_is_refused(void **state) {
    struct directory *directory = *state;
    assert_text_loads(directory, least);
    directory_make_drop_ins(directory);
    for (int i = 0; i <= 100; i++) {
        SCOPED_TEXT char *name = unit_text("oauth-login.conf.d/%d.conf", i);
        directory_write(directory, name, "");
    }
    assert_int_equal(directory_load(directory), -E2BIG);
    assert_has(directory->reason.text, "more than 100 files");
}

/* Gives `path` to another owner, and makes it writable to others in every way: each is refused. */
static void assert_guarded(struct directory *directory, const char *path, mode_t right) {
    assert_loads(directory);
    assert_int_equal(chown(path, STRANGER, 0), 0);
    assert_int_equal(directory_load(directory), -EPERM);
    assert_has(directory->reason.text, path);
    assert_has(directory->reason.text, "belongs to uid 12345, not to root");
    assert_int_equal(chown(path, 0, STRANGER), 0);
    static const mode_t writable[] = {0020, 0002, 0022};
    for (size_t i = 0; i < COUNT(writable); i++) {
        assert_int_equal(chmod(path, right | writable[i]), 0);
        assert_int_equal(directory_load(directory), -EPERM);
        assert_has(directory->reason.text, path);
        assert_has(directory->reason.text, "is writable by others");
    }
    assert_int_equal(chmod(path, right), 0);
    assert_loads(directory);
}

static void a_file_that_others_could_write_is_refused(void **state) {
    struct directory *directory = *state;
    SCOPED_TEXT char *drop_ins = unit_text("%s.d", directory->path);
    SCOPED_TEXT char *drop_in = unit_text("%s/a.conf", drop_ins);
    assert_text_loads(directory, least);
    directory_make_drop_ins(directory);
    directory_write(directory, "oauth-login.conf.d/a.conf", "[login]\ndeadline = 5s\n");
    assert_guarded(directory, directory->path, 0644);
    assert_guarded(directory, drop_ins, 0755);
    assert_guarded(directory, drop_in, 0644);
}

static void a_fifo_or_directory_is_refused_without_waiting(void **state) {
    struct directory *directory = *state;
    assert_int_equal(mkfifo(directory->path, 0600), 0);
    assert_int_equal(directory_load(directory), -EPERM);
    assert_has(directory->reason.text, "is not a regular file");
    assert_int_equal(unlink(directory->path), 0);
    assert_int_equal(mkdir(directory->path, 0755), 0);
    assert_int_equal(directory_load(directory), -EPERM);
    assert_has(directory->reason.text, "is not a regular file");
}

/* Loads a configuration whose client_secret_file is the file "secret". */
static int load_with_secret(struct directory *directory) {
    SCOPED_TEXT char *text = unit_text(
        "[login]\nprovider = corp\n[provider corp]\nissuer = https://x\nclient_id = bastion\n"
        "client_auth = client_secret_basic\nclient_secret_file = %s/secret\n"
        "username_claim = email\n",
        directory->scratch);
    return directory_load_text(directory, text);
}

static void a_secret_is_its_whole_file_without_the_final_line_ends(void **state) {
    struct directory *directory = *state;
    static const char *const texts[] = {"s3cret", "s3cret\n", "s3cret\r\n", "s3cret\n\n"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        directory_write(directory, "secret", texts[i]);
        assert_int_equal(load_with_secret(directory), 0);
        assert_string_equal(secret_text(&directory->config.provider.client_secret), "s3cret");
        assert_int_equal(directory->config.provider.client_secret.length, 6);
    }
    directory_write(directory, "secret", " s3 cret \n");
    assert_int_equal(load_with_secret(directory), 0);
    assert_string_equal(secret_text(&directory->config.provider.client_secret), " s3 cret ");
}

static void a_secret_that_others_can_read_or_write_is_refused(void **state) {
    struct directory *directory = *state;
    static const mode_t wrong[] = {0644, 0604, 0602, 0601, 0660, 0620, 0666};
    SCOPED_TEXT char *path = unit_text("%s/secret", directory->scratch);
    directory_write(directory, "secret", "s3cret");
    assert_int_equal(chown(path, 0, STRANGER), 0);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_int_equal(chmod(path, wrong[i]), 0);
        assert_int_equal(load_with_secret(directory), -EPERM);
        assert_has(directory->reason.text, path);
        assert_has(directory->reason.text, "chmod 0640");
    }
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(load_with_secret(directory), 0);
    assert_int_equal(chown(path, STRANGER, 0), 0);
    assert_int_equal(load_with_secret(directory), -EPERM);
}

static void a_secret_file_without_a_usable_secret_is_refused(void **state) {
    struct directory *directory = *state;
    static const char *const empty[] = {"", "\n", "\r\n\r\n"};
    SCOPED_TEXT char *path = unit_text("%s/secret", directory->scratch);
    SCOPED_SECRET struct secret huge = unit_filled('s', 4097);
    assert_int_equal(load_with_secret(directory), -ENOENT);
    assert_has(directory->reason.text, path);
    for (size_t i = 0; i < COUNT(empty); i++) {
        directory_write(directory, "secret", empty[i]);
        assert_int_equal(load_with_secret(directory), -EINVAL);
        assert_has(directory->reason.text, "holds no secret");
    }
    directory_write(directory, "secret", secret_text(&huge));
    assert_int_equal(load_with_secret(directory), -E2BIG);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(load_with_secret(directory), -EPERM);
}

static void a_secret_with_a_nul_anywhere_is_refused(void **state) {
    struct directory *directory = *state;
    SCOPED_TEXT char *path = unit_text("%s/secret", directory->scratch);
    for (size_t at = 0; at < 4; at++) {
        char bytes[4] = {'a', 'b', 'c', 'd'};
        bytes[at] = '\0';
        unit_write(path, bytes, sizeof bytes);
        assert_int_equal(load_with_secret(directory), -EINVAL);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, directory_make, directory_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(comments_and_blanks_change_nothing),
        TEST(a_section_may_be_opened_twice),
        TEST(a_key_may_be_the_last_of_one_section_and_the_first_of_the_next),
        TEST(a_key_set_twice_is_reported_with_both_lines),
        TEST(a_malformed_line_is_reported),
        TEST(a_value_is_taken_literally),
        TEST(a_nul_byte_or_a_huge_file_is_refused),
        TEST(a_later_drop_in_overrides_an_earlier_one),
        TEST(many_drop_ins_are_read_in_order),
        TEST(drop_ins_alone_are_enough_but_no_file_at_all_is_an_error),
        TEST(a_wrong_line_in_a_drop_in_is_reported_with_its_own_file),
        TEST(a_directory_of_too_many_drop_ins_is_refused),
        TEST(a_file_that_others_could_write_is_refused),
        TEST(a_fifo_or_directory_is_refused_without_waiting),
        TEST(a_secret_is_its_whole_file_without_the_final_line_ends),
        TEST(a_secret_that_others_can_read_or_write_is_refused),
        TEST(a_secret_file_without_a_usable_secret_is_refused),
        TEST(a_secret_with_a_nul_anywhere_is_refused),
    };
    umask(022);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
