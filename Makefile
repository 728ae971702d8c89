# SPDX-License-Identifier: BSD-2-Clause
# oauth-login: `make` builds, `sudo make check` tests, `sudo make demo` shows a login; see
# README.md. Install what the build needs first: `sudo make deps WHAT=build`. The targets that test,
# measure and check are in tests/tests.mk.

VERSION       = 0.1.0
PREFIX        = /usr
SYSCONFDIR    = /etc
LOCALSTATEDIR = /var
RUNSTATEDIR   = /run
DESTDIR       =
PAMDIR       := $(patsubst %/pam_unix.so,%,$(firstword $(wildcard /usr/lib/*/security/pam_unix.so \
                  /lib/*/security/pam_unix.so /usr/lib64/security/pam_unix.so \
                  /lib64/security/pam_unix.so /usr/lib/security/pam_unix.so)))
HELPER        = $(PREFIX)/libexec/oauth-login-helper
STORE         = $(LOCALSTATEDIR)/lib/oauth-login
RUN           = $(RUNSTATEDIR)/oauth-login
UNITDIR       = $(PREFIX)/lib/systemd/system
DOCDIR        = $(PREFIX)/share/doc/oauth-login
MANDIR        = $(PREFIX)/share/man
BUILD         = build

CFLAGS   ?= -O2 -g
WARNINGS  = -Wall -Wextra -Wformat=2 -Wconversion -Wshadow -Wstrict-prototypes \
            -Wmissing-prototypes -Wswitch-enum -Wvla -Wwrite-strings -Wundef
MACHINE  := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine 2>/dev/null)))
HARDENING = -fstack-protector-strong -fstack-clash-protection -U_FORTIFY_SOURCE \
            -D_FORTIFY_SOURCE=3 $(if $(filter x86_64 i%86,$(MACHINE)),-fcf-protection) \
            $(if $(filter aarch64,$(MACHINE)),-mbranch-protection=standard)
DEFINES   = -D_GNU_SOURCE -DOAUTH_LOGIN_VERSION='"$(VERSION)"' -DOAUTH_LOGIN_USER='"oauth-login"' \
            -DOAUTH_LOGIN_HELPER='"$(HELPER)"' -DOAUTH_LOGIN_STORE='"$(STORE)"' \
            -DOAUTH_LOGIN_CONFIG='"$(SYSCONFDIR)/oauth-login/oauth-login.conf"' \
            -DOAUTH_LOGIN_RUN='"$(RUN)"' -DOAUTH_LOGIN_SOCKET='"$(RUN)/helper.sock"'
COMPILE   = $(CC) -std=gnu17 $(DEFINES) $(call includes,$<) $(WARNINGS) $(CFLAGS) -MMD -MP
LINK      = -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed,--no-undefined $(LDFLAGS)

# The three programs, each as a list of its rooms (folders of one concern), from the bottom up. A
# file may include headers of its own room and of the rooms before it in the list: the compiler gets
# -I flags for no others. `make rooms` prints these for tests/borders.
MODULE_ROOMS = common client pam_module
CLI_ROOMS    = common client cli/base cli/doctor cli/watch cli
HELPER_ROOMS = common $(addprefix helper/,base sandbox net store config oauth grant request \
                   doctor enroll login server)
ROOMS        = $(sort $(MODULE_ROOMS) $(CLI_ROOMS) $(HELPER_ROOMS))

# $(call up_to,ROOM,ROOMS): the words of ROOMS up to and including ROOM; empty if ROOM is not in it.
up_to    = $(if $(filter $(1),$(2)),$(call walk_to,$(1),$(2)))
walk_to  = $(firstword $(2)) $(if $(filter-out $(1),$(firstword $(2))),$(call \
               walk_to,$(1),$(wordlist 2,$(words $(2)),$(2))))
sees     = $(sort $(call up_to,$(1),$(MODULE_ROOMS)) $(call up_to,$(1),$(CLI_ROOMS)) \
               $(call up_to,$(1),$(HELPER_ROOMS)))
includes = $(addprefix -I,$(call sees,$(patsubst %/,%,$(dir $(1)))))

sources   = $(foreach room,$(1),$(wildcard $(room)/*.c))
object    = $(patsubst %.c,$(BUILD)/%.o,$(1))
MODULE_C  = $(call sources,$(MODULE_ROOMS))
CLI_C     = $(call sources,$(CLI_ROOMS))
HELPER_C  = $(call sources,$(HELPER_ROOMS))
ROOMS_C   = $(call sources,$(ROOMS))
PROGRAMS  = $(BUILD)/pam_oauth_login.so $(BUILD)/oauth-login-helper $(BUILD)/oauth-login
HELPER_LIBS = -lcurl -ljson-c -lcrypto -ljose -ljansson
HEADERS   = security/pam_modules.h keyutils.h qrencode.h json-c/json.h curl/curl.h openssl/evp.h \
            jose/jws.h jansson.h

all: $(PROGRAMS)

include tests/tests.mk

$(call object,$(MODULE_C)): CODE = -fPIC $(GUEST)
$(call object,$(filter-out $(MODULE_C),$(ROOMS_C))): CODE = -fPIE

# The values that are compiled in: if one changes, PREFIX for example, everything is built anew.
BUILT_IN = $(VERSION) $(HELPER) $(STORE) $(RUN) $(SYSCONFDIR) $(SANDBOX) $(INSTRUMENT)
$(BUILD)/defines: FORCE
	@mkdir -p $(BUILD)
	@printf '%s\n' "$(BUILT_IN)" | cmp -s - $@ || printf '%s\n' "$(BUILT_IN)" >$@

# Says what to install before the compiler says what it lacks.
$(BUILD)/tools: Makefile
	@mkdir -p $(BUILD)
	@printf '#include <%s>\n' $(HEADERS) | $(CC) $(CFLAGS) -E -x c - >/dev/null 2>$@.log || { \
	    echo 'The compiler or a library is missing; run: sudo make deps WHAT=build' >&2; \
	    cat $@.log >&2; exit 1; }
	@touch $@

$(BUILD)/%.o: %.c Makefile $(BUILD)/defines | $(BUILD)/tools
	@mkdir -p $(@D)
	$(COMPILE) $(HARDENING) $(CODE) -c -o $@ $<

$(BUILD)/pam_oauth_login.so: $(call object,$(MODULE_C)) pam_module/exports.map
	$(CC) -shared $(CFLAGS) $(GUEST) $(LINK) -Wl,--version-script=pam_module/exports.map -o $@ \
	    $(filter %.o,$^) -lpam -lkeyutils

$(BUILD)/oauth-login-helper: $(call object,$(HELPER_C)) $(INSTRUMENT_O)
	$(CC) -pie $(CFLAGS) $(LINK) -o $@ $^ $(HELPER_LIBS)

$(BUILD)/oauth-login: $(call object,$(CLI_C)) $(INSTRUMENT_O)
	$(CC) -pie $(CFLAGS) $(LINK) -o $@ $^ -ljson-c -lqrencode -lkeyutils

rooms:
	@$(foreach room,$(ROOMS),echo '$(room):' $(call sees,$(room));)

install: all
	install -D -m 0644 $(BUILD)/pam_oauth_login.so $(DESTDIR)$(PAMDIR)/pam_oauth_login.so
	install -D -m 0755 $(BUILD)/oauth-login-helper $(DESTDIR)$(HELPER)
	install -D -m 0755 $(BUILD)/oauth-login $(DESTDIR)$(PREFIX)/bin/oauth-login
	install -D -m 0644 -t $(DESTDIR)$(PREFIX)/lib/sysusers.d conf/sysusers.d/oauth-login.conf
	install -D -m 0644 -t $(DESTDIR)$(PREFIX)/lib/tmpfiles.d conf/tmpfiles.d/oauth-login.conf
	cd conf/systemd && mkdir -p $(DESTDIR)$(UNITDIR) && for unit in *; do \
	    sed -e 's|/usr/libexec/oauth-login-helper|$(HELPER)|' -e 's|/usr/bin/oauth|$(PREFIX)/bin/oauth|' \
	        -e 's|/var/lib/oauth-login|$(STORE)|' -e 's|/run/oauth-login|$(RUN)|' $$unit | \
	        install -m 0644 /dev/stdin $(DESTDIR)$(UNITDIR)/$$unit || exit 1; done
	install -D -m 0644 -t $(DESTDIR)$(DOCDIR) README.md conf/oauth-login.conf
	install -D -m 0644 -t $(DESTDIR)$(DOCDIR)/pam.d conf/pam.d/*
	for page in conf/man/*; do \
	    install -D -m 0644 -t $(DESTDIR)$(MANDIR)/man$${page##*.} $$page || exit 1; done
	test -e $(DESTDIR)$(SYSCONFDIR)/oauth-login/oauth-login.conf || install -D -m 0644 -t \
	    $(DESTDIR)$(SYSCONFDIR)/oauth-login conf/oauth-login.conf
	@if [ -z "$(DESTDIR)" ] && [ "$$(id -u)" = 0 ]; then conf/make-user $(STORE); fi
	@if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then \
	    systemctl daemon-reload; systemctl try-restart oauth-login-helper.service; fi

# Refuses while a line in pam.d still uses the module; comments are ignored. Disables the units
# before it removes their files, because systemd needs the files to find the links.
uninstall:
	@found=$$(grep -lsE '^[^#]*pam_oauth_login' $(DESTDIR)/etc/pam.d/*); if [ -n "$$found" ]; then \
	    echo "pam_oauth_login.so is still used in" $$found; \
	    echo "Remove its lines first: without the module not even root can log in there."; exit 1; fi
	@if [ -z "$(DESTDIR)" ] && command -v systemctl >/dev/null; then \
	    if [ -d /run/systemd/system ]; then now=--now; fi; \
	    systemctl disable -q $$now $(notdir $(wildcard conf/systemd/*)) || true; fi
	rm -f $(DESTDIR)$(PAMDIR)/pam_oauth_login.so $(DESTDIR)$(HELPER) \
	    $(DESTDIR)$(PREFIX)/bin/oauth-login $(DESTDIR)$(PREFIX)/lib/sysusers.d/oauth-login.conf \
	    $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/oauth-login.conf
	cd conf/systemd && for unit in *; do rm -f $(DESTDIR)$(UNITDIR)/$$unit; done
	rm -rf $(DESTDIR)$(DOCDIR)
	cd conf/man && for page in *; do rm -f $(DESTDIR)$(MANDIR)/man$${page##*.}/$$page; done
	@if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
	@echo "Kept: $(SYSCONFDIR)/oauth-login, $(STORE) and the user oauth-login."

clean:
	rm -rf $(BUILD)

FORCE:

.PHONY: FORCE all rooms install uninstall clean
.SECONDARY:
-include $(patsubst %.c,$(BUILD)/%.d,$(ROOMS_C))
