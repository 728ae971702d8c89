/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_account.c - account.c: names that are looked up, and accounts that are managed. Uses
 * accounts that every Debian system has: root, daemon (uid 1) and nobody (uid 65534, group
 * nogroup).
 */
#include "unit.h"

#include <errno.h>
#include <sched.h>
#include <sys/mount.h>

#include "account.h"

static const struct account nobody = {.name = "nobody", .uid = 65534, .gid = 65534};

static void a_known_account_is_found(void **state) {
    (void)state;
    struct account account = {0};
    struct reason reason = {""};
    assert_int_equal(account_resolve("root", &account, &reason), 0);
    assert_string_equal(account.name, "root");
    assert_int_equal(account.uid, 0);
    assert_int_equal(account_resolve("nobody", &account, &reason), 0);
    assert_string_equal(account.name, "nobody");
    assert_int_equal(account.uid, 65534);
    assert_int_equal(account.gid, 65534);
}

static void an_unknown_account_is_an_error_that_names_it(void **state) {
    (void)state;
    SCOPED_SECRET struct secret long_name = unit_filled('n', 33);
    const char *const names[] = {
        "no-such-account", "Root", "ROOT", "nobody1", "nobod", "root ", secret_text(&long_name)};
    for (size_t i = 0; i < COUNT(names); i++) {
        struct account account = {0};
        struct reason reason = {""};
        assert_int_equal(account_resolve(names[i], &account, &reason), -ENOENT);
        assert_has(reason.text, names[i]);
        assert_string_equal(account.name, "");
    }
}

static void an_impossible_name_is_never_looked_up(void **state) {
    (void)state;
    SCOPED_SECRET struct secret long_name = unit_filled('n', 300);
    const char *const names[] = {
        "",        ".",      "..",       "../root", "/root",
        "ro/ot",   "-root",  ".root",    "ro:ot",   "root\n",
        "root\nx", "\troot", "ro\x7fot", "\x1b[2J", secret_text(&long_name)};
    for (size_t i = 0; i < COUNT(names); i++) {
        struct account account = {0};
        struct reason reason = {""};
        assert_int_equal(account_resolve(names[i], &account, &reason), -EINVAL);
        assert_has(reason.text, "is not a valid account name");
        for (const char *at = reason.text; *at; at++)
            assert_true(*at >= ' ' && *at <= '~');
    }
}

static int managed(const struct account *account, const struct login_config *login,
                   const char *said) {
    struct reason reason = {""};
    int r = account_is_managed(account, login, &reason);
    assert_has(reason.text, said);
    return r;
}

static void root_is_never_managed(void **state) {
    (void)state;
    static const struct account root = {.name = "root"}, toor = {.name = "toor"};
    struct login_config login = {.minimum_uid = 0, .ignore_users = "", .managed_group = "root"};
    assert_int_equal(managed(&root, &login, "uid 0"), 0);
    assert_int_equal(managed(&toor, &login, "uid 0"), 0);
}

static void accounts_below_the_minimum_uid_are_not_managed(void **state) {
    (void)state;
    struct login_config login = {.minimum_uid = 65535, .ignore_users = "", .managed_group = ""};
    assert_int_equal(managed(&nobody, &login, "uid 65534 is below minimum_uid 65535"), 0);
    login.minimum_uid = 65534;
    assert_int_equal(managed(&nobody, &login, ""), 1);
}

static void an_ignored_user_is_not_managed(void **state) {
    (void)state;
    struct login_config login = {.minimum_uid = 1000, .managed_group = ""};
    static const char *const ignoring[] = {"nobody", "x nobody", "x, nobody", "nobody y"};
    static const char *const others[] = {"", "nobod", "nobody1", "NOBODY", "xnobody"};
    for (size_t i = 0; i < COUNT(ignoring); i++) {
        login.ignore_users = ignoring[i];
        assert_int_equal(managed(&nobody, &login, "ignore_users"), 0);
    }
    for (size_t i = 0; i < COUNT(others); i++) {
        login.ignore_users = others[i];
        assert_int_equal(managed(&nobody, &login, ""), 1);
    }
}

static void only_members_of_the_managed_group_are_managed(void **state) {
    (void)state;
    struct login_config login = {
        .minimum_uid = 1000, .ignore_users = "", .managed_group = "nogroup"};
    assert_int_equal(managed(&nobody, &login, ""), 1);
    login.managed_group = "daemon";
    assert_int_equal(managed(&nobody, &login, "not in managed_group daemon"), 0);
}

/* Uses its own group file, in a mount namespace that ends with this program. */
static void a_member_listed_by_the_group_is_managed(void **state) {
    (void)state;
    static const char groups[] = "root:x:0:\nnogroup:x:65534:\ncrew:x:4242:nobod,nobody\n"
                                 "others:x:4243:nobod,nobody1\n"
                                 "same:x:4244:\nalias:x:4244:nobody\n";
    struct login_config login = {.minimum_uid = 1000, .ignore_users = ""};
    char *scratch = unit_scratch();
    SCOPED_TEXT char *path = unit_text("%s/group", scratch);
    unit_write(path, groups, strlen(groups));
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(unshare(CLONE_NEWNS), 0);
    assert_int_equal(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
    assert_int_equal(mount(path, "/etc/group", NULL, MS_BIND, NULL), 0);
    login.managed_group = "crew";
    assert_int_equal(managed(&nobody, &login, ""), 1);
    login.managed_group = "same"; /* compared by its gid, as permissions are */
    assert_int_equal(managed(&nobody, &login, ""), 1);
    login.managed_group = "others";
    assert_int_equal(managed(&nobody, &login, "not in managed_group others"), 0);
    assert_int_equal(umount2("/etc/group", MNT_DETACH), 0);
    unit_remove(scratch);
}

static void a_managed_group_that_does_not_exist_is_an_error(void **state) {
    (void)state;
    struct login_config login = {
        .minimum_uid = 1000, .ignore_users = "", .managed_group = "no-such-group"};
    assert_int_equal(managed(&nobody, &login, "managed_group = no-such-group"), -EINVAL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_known_account_is_found),
        cmocka_unit_test(an_unknown_account_is_an_error_that_names_it),
        cmocka_unit_test(an_impossible_name_is_never_looked_up),
        cmocka_unit_test(root_is_never_managed),
        cmocka_unit_test(accounts_below_the_minimum_uid_are_not_managed),
        cmocka_unit_test(an_ignored_user_is_not_managed),
        cmocka_unit_test(only_members_of_the_managed_group_are_managed),
        cmocka_unit_test(a_member_listed_by_the_group_is_managed),
        cmocka_unit_test(a_managed_group_that_does_not_exist_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
