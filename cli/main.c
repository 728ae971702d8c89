/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * main.c - oauth-login: the command line.
 */
#include <fcntl.h>
#include <getopt.h>
#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "commands.h"
#include "doctor.h"
#include "exit_status.h"
#include "print.h"
#include "watch.h"

enum option_name {
    OPTION_SERVICE = 1,
    OPTION_UNUSED,
    OPTION_JSON,
    OPTION_CONFIG,
    OPTION_YES,
    OPTION_FORGET,
    OPTION_BROWSER,
    OPTION_HEADER,
    OPTION_HELP,
    OPTION_VERSION,
};

/* A bit of struct command.options. */
#define TAKES(option) (1U << (option))

static const struct command {
    const char *name;
    enum exit_status (*run)(const struct arguments *arguments);
    int least, most;      /* number of arguments */
    unsigned int options; /* TAKES() of each */
    const char *usage;
} commands[] = {
    {"enroll", command_enroll, 0, 1, TAKES(OPTION_BROWSER) | TAKES(OPTION_CONFIG),
     "enroll [USER] [--browser]     get a grant: approve a code on any device, or with --browser\n"
     "                                in a browser that can reach this machine"},
    {"import", command_import, 1, 1, TAKES(OPTION_CONFIG),
     "import USER                   store the refresh token read from standard input"},
    {"verify", command_verify, 0, 1,
     TAKES(OPTION_SERVICE) | TAKES(OPTION_JSON) | TAKES(OPTION_CONFIG),
     "verify [USER] [--service S]    show the verdict that a login would get now, and why"},
    {"token", command_token, 0, 0, TAKES(OPTION_HEADER) | TAKES(OPTION_JSON) | TAKES(OPTION_CONFIG),
     "token [--header]              print a valid access token of yours"},
    {"unenroll", command_unenroll, 0, 1,
     TAKES(OPTION_YES) | TAKES(OPTION_FORGET) | TAKES(OPTION_CONFIG),
     "unenroll [USER] [--forget]    end the grant, here and at the provider; --yes: do not ask"},
    {"status", command_status, 0, 1, TAKES(OPTION_JSON) | TAKES(OPTION_CONFIG),
     "status [USER]                 show since when and as whom USER is enrolled, and the last "
     "verdict"},
    {"list", command_list, 0, 0, TAKES(OPTION_UNUSED) | TAKES(OPTION_JSON) | TAKES(OPTION_CONFIG),
     "list [--unused 90d]           list the enrolled accounts"},
    {"doctor", command_doctor, 0, 0, TAKES(OPTION_JSON) | TAKES(OPTION_CONFIG),
     "doctor                        find what is wrong on this machine, and name the fix"},
    {"git-credential", command_git_credential, 1, 1, TAKES(OPTION_CONFIG),
     "git-credential get            give git your access token; see gitcredentials(7)"},
    {"watch", command_watch, 0, 0, 0,
     "watch                         check the open sessions; for oauth-login-watch.service"},
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

static enum exit_status usage(FILE *out, enum exit_status status) {
    fprintf(out, "Usage: oauth-login COMMAND\n");
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        fprintf(out, "  %s\n", commands[i].usage);
    fprintf(out, "verify, status, list, token and doctor take --json; all but watch take --config "
                 "PATH. See oauth-login(1).\n");
    return status;
}

/* Finishes after an error message. Prints less than the page of help, which would push the message
 * off the screen. */
static enum exit_status hint(const struct command *command) {
    if (command)
        fprintf(stderr, "Usage: oauth-login %s\n", command->usage);
    fprintf(stderr, "See: oauth-login --help, and oauth-login(1)\n");
    return EXIT_USAGE;
}

/* Reports what getopt_long(3) returned '?' for, an unknown option, or ':', an option without its
 * value. */
static void report_option(const struct command *command, int option, const char *word) {
    char shown[PRINT_ESCAPED_SIZE], letter[] = {'-', (char)optopt, '\0'};
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

static const char *option_word(int option) {
    const struct option *found = long_options;
    while (found->val != option)
        found++;
    return found->name;
}

/* Takes an option, if `command` has it. Returns false after it has printed an error. */
static bool take_option(const struct command *command, int option, struct arguments *ret) {
    if (!(command->options & TAKES(option))) {
        fprintf(stderr, "oauth-login: %s does not take the option --%s\n", command->name,
                option_word(option));
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
        fprintf(stderr, "oauth-login: --config takes an absolute path, such as /etc/other.conf\n");
        return false;
    }
    if (option == OPTION_UNUSED && !protocol_parse_duration(optarg, &ret->unused)) {
        fprintf(stderr, "oauth-login: --unused takes a duration such as 90d\n");
        return false;
    }
    return true;
}

static enum exit_status run_command(const struct command *command, int argc, char **argv) {
    struct arguments arguments = {.service = ""};
    int option;

    opterr = 0; /* report_option does it */
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

/* Opens the standard descriptors that the caller closed, so that no socket or file becomes standard
 * output. */
static void fill_descriptors(void) {
    int fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO)
        fd = dup(fd);
    if (fd > STDERR_FILENO)
        close(fd);
}

static enum exit_status run(int argc, char **argv) {
    char shown[PRINT_ESCAPED_SIZE];

    if (argc < 2)
        return usage(stderr, EXIT_USAGE);
    if (strcmp(argv[1], "--version") == 0) {
        printf("oauth-login " OAUTH_LOGIN_VERSION "\n");
        return EXIT_YES;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return usage(stdout, EXIT_YES);

    const struct command *command = find_command(argv[1]);
    if (command)
        return run_command(command, argc - 1, argv + 1);
    fprintf(stderr, "oauth-login: unknown command '%s'%s\n",
            print_escaped(argv[1], shown, sizeof shown),
            argv[1][0] == '-' ? "; options follow the command" : "");
    return hint(NULL);
}

int main(int argc, char **argv) {
    fill_descriptors();
    signal(SIGCHLD, SIG_DFL);           /* if it were ignored, waitpid(2) would find no child */
    setlocale(LC_CTYPE, "");            /* tells whether the terminal can show a QR code */
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* a core file would contain a token */
    return (int)run(argc, argv);
}
