/*
 * sandbox.h - what the helper gives up for itself.
 */
#ifndef OAUTH_LOGIN_SANDBOX_H
#define OAUTH_LOGIN_SANDBOX_H

/* Before anything else: no core file and no debugger shall see a secret (neither this process
 * nor a child of it is dumpable or can be traced by its own user), and no program started from
 * here could gain rights. Negative errno. */
int sandbox_begin(void);

#endif
