/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * main.c - oauth-login: the command for people.
 */
#include <fcntl.h>
#include <getopt.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "commands.h"
#include "doctor.h"
#include "exit_status.h"
#include "print.h"
#include "watch.h"

enum {
    OPTION_SERVICE = 1,
    OPTION_UNUSED,
    OPTION_JSON,
    OPTION_CONFIG,
    OPTION_YES,
    OPTION_FORGET,
    OPTION_BROWSER,
    OPTION_HEADER,
    OPTION_HELP,
    OPTION_VERSION
};

/* A bit of struct command.options. */
#define TAKES(option) (1U << (option))

static const struct command {
    const char *name;
    int (*run)(const struct arguments *arguments);
    int least, most; /* how many words follow it */
    unsigned int options;
    const char *usage;
} commands[] = {
    {"enroll", command_enroll, 0, 1, TAKES(OPTION_BROWSER) | TAKES(OPTION_CONFIG),
     "enroll [USER] [--browser]     get a grant by a code that the person approves elsewhere, or\n"
     "                                in a browser that reaches this machine"},
    {"import", command_import, 1, 1, TAKES(OPTION_CONFIG),
     "import USER                   store the refresh token read from standard input"},
    {"verify", command_verify, 1, 1,
     TAKES(OPTION_SERVICE) | TAKES(OPTION_JSON) | TAKES(OPTION_CONFIG),
     "verify USER [--service S]     the decision a login would get now, and why"},
    {"token", command_token, 0, 0, TAKES(OPTION_HEADER) | TAKES(OPTION_JSON) | TAKES(OPTION_CONFIG),
     "token [--header]              a valid access token of yours, on standard output"},
    {"unenroll", command_unenroll, 0, 1,
     TAKES(OPTION_YES) | TAKES(OPTION_FORGET) | TAKES(OPTION_CONFIG),
     "unenroll [USER] [--forget]    end the grant, here and at the provider; --yes: unasked"},
    {"status", command_status, 0, 1, TAKES(OPTION_JSON) | TAKES(OPTION_CONFIG),
     "status [USER]                 enrolled since, as whom, the last verdict"},
    {"list", command_list, 0, 0, TAKES(OPTION_UNUSED) | TAKES(OPTION_JSON) | TAKES(OPTION_CONFIG),
     "list [--unused 90d]           a line for each enrolled account"},
    {"doctor", command_doctor, 0, 0, TAKES(OPTION_JSON) | TAKES(OPTION_CONFIG),
     "doctor                        what is wrong on this machine, and the fix"},
    {"git-credential", command_git_credential, 1, 1, TAKES(OPTION_CONFIG),
     "git-credential get            your access token for git, see gitcredentials(7)"},
    {"watch", command_watch, 0, 0, 0,
     "watch                         look after the open sessions; for oauth-login-watch.service"},
};

static const struct option long_options[] = {
    {"service", required_argument, NULL, OPTION_SERVICE},
    {"unused", required_argument, NULL, OPTION_UNUSED},
    {"json", no_argument, NULL, OPTION_JSON},
    {"config", required_argument, NULL, OPTION_CONFIG},
    {"yes", no_argument, NULL, OPTION_YES},
    {"forget", no_argument, NULL, OPTION_FORGET},
    {"browser", no_argument, NULL, OPTION_BROWSER},
    {"header", no_argument, NULL, OPTION_HEADER},
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0},
};

static int usage(FILE *out, int status) {
    fprintf(out, "Usage: oauth-login COMMAND\n");
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        fprintf(out, "  %s\n", commands[i].usage);
    fprintf(out, "verify, status, list, token and doctor take --json; all but watch take --config "
                 "PATH. See oauth-login(1).\n");
    return status;
}

/* After a mistake that was said: a page of help would push it off the screen. */
static int hint(const struct command *command) {
    if (command)
        fprintf(stderr, "Usage: oauth-login %s\n", command->usage);
    fprintf(stderr, "See: oauth-login --help, and oauth-login(1)\n");
    return EXIT_USAGE;
}

/* Reports an option that getopt_long(3) did not take: an unknown one, or ':', one without its
 * value. */
static void report_option(const struct command *command, int option, const char *word) {
    char shown[PRINT_ESCAPED_SIZE], letter[] = {'-', (char) optopt, '\0'};
    bool is_letter = option == '?' && optopt >= ' ' && optopt <= '~';
    const char *shown_word = is_letter ? letter : print_escaped(word, shown, sizeof shown);
    if (option == ':')
        fprintf(stderr, "oauth-login: %s: %s needs a value\n", command->name, shown_word);
    else
        fprintf(stderr, "oauth-login: %s: unknown option %s\n", command->name, shown_word);
}

static const struct command *find_command(const char *name) {
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

/* Takes an option that `command` knows; returns false after saying what is wrong. */
static bool take_option(const struct command *command, int option, struct arguments *ret) {
    if (!(command->options & TAKES(option))) {
        fprintf(stderr, "oauth-login: %s does not take that option; see its usage\n",
                command->name);
        return false;
    }
    if (option == OPTION_SERVICE)
        ret->service = optarg;
    if (option == OPTION_CONFIG)
        ret->config = optarg;
    ret->json |= option == OPTION_JSON;
    ret->yes |= option == OPTION_YES;
    ret->forget |= option == OPTION_FORGET;
    ret->browser |= option == OPTION_BROWSER;
    ret->header |= option == OPTION_HEADER;
    if (option == OPTION_CONFIG && optarg[0] != '/') {
        fprintf(stderr, "oauth-login: --config takes an absolute path\n");
        return false;
    }
    if (option == OPTION_UNUSED && !protocol_parse_duration(optarg, &ret->unused)) {
        fprintf(stderr, "oauth-login: --unused takes a duration such as 90d\n");
        return false;
    }
    return true;
}

static int run_command(const struct command *command, int argc, char **argv) {
    struct arguments arguments = {.service = ""};
    int option;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
        if (option == OPTION_HELP)
            return usage(stdout, EXIT_YES);
        if (option == '?' || option == ':') {
            report_option(command, option, argv[optind - 1]);
            return hint(command);
        }
        if (!take_option(command, option, &arguments))
            return hint(command);
    }
    int words = argc - optind;
    if (words < command->least || words > command->most) {
        fprintf(stderr, "oauth-login: too %s arguments to %s\n",
                words < command->least ? "few" : "many", command->name);
        return hint(command);
    }
    arguments.user = words > 0 ? argv[optind] : NULL;
    return command->run(&arguments);
}

/* Whatever the caller closed: a socket or a file must not become standard output. */
static void fill_descriptors(void) {
    int fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO)
        fd = dup(fd);
    if (fd > STDERR_FILENO)
        close(fd);
}

int main(int argc, char **argv) {
    char shown[PRINT_ESCAPED_SIZE];
    fill_descriptors();
    signal(SIGCHLD, SIG_DFL);           /* if it were ignored, no child's end would be told */
    setlocale(LC_CTYPE, "");            /* whether a terminal can show a QR code */
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* no core file shall hold a token */
    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        printf("oauth-login " OAUTH_LOGIN_VERSION "\n");
        return EXIT_YES;
    }
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
        return usage(stdout, EXIT_YES);
    const struct command *command = argc > 1 ? find_command(argv[1]) : NULL;
    if (!command && argc > 1) {
        fprintf(stderr, "oauth-login: unknown command '%s'%s\n",
                print_escaped(argv[1], shown, sizeof shown),
                argv[1][0] == '-' ? "; options follow the command" : "");
        return hint(NULL);
    }
    if (!command)
        return usage(stderr, EXIT_USAGE);
    return run_command(command, argc - 1, argv + 1);
}
