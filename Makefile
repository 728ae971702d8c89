# oauth-login: one Makefile for everything. `make` builds, `sudo make check` tests, `sudo make demo`
# shows; README.md says the rest.

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
FUZZ_SECONDS  = 60
RENEWALS      = 1000
BUILD         = build

CFLAGS   ?= -O2 -g
WARNINGS  = -Wall -Wextra -Wformat=2 -Wconversion -Wshadow -Wstrict-prototypes \
            -Wmissing-prototypes -Wswitch-enum -Wvla -Wwrite-strings -Wundef
MACHINE  := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))
HARDENING = -fstack-protector-strong -fstack-clash-protection -U_FORTIFY_SOURCE \
            -D_FORTIFY_SOURCE=3 $(if $(filter x86_64 i%86,$(MACHINE)),-fcf-protection) \
            $(if $(filter aarch64,$(MACHINE)),-mbranch-protection=standard)
DEFINES   = -D_GNU_SOURCE -DOAUTH_LOGIN_VERSION='"$(VERSION)"' -DOAUTH_LOGIN_USER='"oauth-login"' \
            -DOAUTH_LOGIN_HELPER='"$(HELPER)"' -DOAUTH_LOGIN_STORE='"$(STORE)"' \
            -DOAUTH_LOGIN_CONFIG='"$(SYSCONFDIR)/oauth-login/oauth-login.conf"' \
            -DOAUTH_LOGIN_RUN='"$(RUN)"' -DOAUTH_LOGIN_SOCKET='"$(RUN)/helper.sock"' -Ihelper
COMPILE   = $(CC) -std=gnu17 $(DEFINES) $(WARNINGS) $(CFLAGS) -MMD -MP
LINK      = -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed,--no-undefined $(LDFLAGS)
SANITIZE  = -O1 -g -DSANDBOX_OFF -fsanitize=address,undefined -fno-sanitize-recover=all \
            -fno-omit-frame-pointer
FUZZ      = clang -std=gnu17 $(DEFINES) -Iclient -Icli -Ipam_module $(SANITIZE) -MMD -MP

# `make check-sanitized` has ASan and UBSan in helper and command. The module, a guest in programs
# without their runtime, traps on undefined behaviour, and so does client/, which is linked into it.
ifeq ($(INSTRUMENT),yes)
CFLAGS    = $(SANITIZE)
HARDENING =
INSTRUMENT_O = $(BUILD)/tests/instrument.o
GUEST     = -fno-sanitize=all -fsanitize=undefined -fsanitize-undefined-trap-on-error
endif

# For what looks into the helper from inside, as valgrind does. Never to be installed.
ifeq ($(SANDBOX),none)
DEFINES  += -DSANDBOX_OFF
endif

MODULE_C  = $(wildcard pam_module/*.c)
CLIENT_C  = $(wildcard client/*.c)
CLI_C     = $(wildcard cli/*.c)
HELPER_C  = $(wildcard helper/*.c)
ROOMS_C   = $(MODULE_C) $(CLIENT_C) $(CLI_C) $(HELPER_C)
UNIT_C    = $(wildcard tests/unit/test_*.c)
FUZZ_C    = $(wildcard tests/fuzz/fuzz_*.c)
HELPER_LIBS = -lcurl -ljson-c -lcrypto -ljose -ljansson

object    = $(patsubst %.c,$(BUILD)/%.o,$(1))
UNITS     = $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(UNIT_C))
SANITIZED = $(patsubst %.c,$(BUILD)/sanitized/%.o,$(filter-out helper/main.c,$(HELPER_C)))
FUZZERS   = $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(FUZZ_C))
FUZZED    = $(patsubst %.c,$(BUILD)/fuzz/%.o,$(filter-out %/main.c,$(ROOMS_C)))
PROGRAMS  = $(BUILD)/pam_oauth_login.so $(BUILD)/oauth-login-helper $(BUILD)/oauth-login
SANITIZED_TESTS = tests/integration
OIDC_PROVIDER = $(BUILD)/oidc-provider
GDM           = $(BUILD)/gdm3
PYTEST    = tests/namespace /usr/bin/python3 -m pytest

all: $(PROGRAMS)

$(call object,$(MODULE_C) $(CLIENT_C)): CODE = -fPIC $(GUEST)
$(call object,$(CLI_C) $(HELPER_C)): CODE = -fPIE
$(call object,$(MODULE_C) $(CLI_C)): DEFINES += -Iclient

# What is compiled in, so that another PREFIX builds anew.
BUILT_IN = $(VERSION) $(HELPER) $(STORE) $(RUN) $(SYSCONFDIR) $(SANDBOX) $(INSTRUMENT)
$(BUILD)/defines: FORCE
	@mkdir -p $(BUILD)
	@printf '%s\n' "$(BUILT_IN)" | cmp -s - $@ || printf '%s\n' "$(BUILT_IN)" >$@

$(BUILD)/%.o: %.c Makefile $(BUILD)/defines
	@mkdir -p $(@D)
	$(COMPILE) $(HARDENING) $(CODE) -c -o $@ $<

$(BUILD)/pam_oauth_login.so: $(call object,$(MODULE_C) $(CLIENT_C)) pam_module/exports.map
	$(CC) -shared $(CFLAGS) $(GUEST) $(LINK) -Wl,--version-script=pam_module/exports.map -o $@ \
	    $(filter %.o,$^) -lpam -lkeyutils

$(BUILD)/oauth-login-helper: $(call object,$(HELPER_C)) $(INSTRUMENT_O)
	$(CC) -pie $(CFLAGS) $(LINK) -o $@ $^ $(HELPER_LIBS)

$(BUILD)/oauth-login: $(call object,$(CLI_C) $(CLIENT_C)) $(INSTRUMENT_O)
	$(CC) -pie $(CFLAGS) $(LINK) -o $@ $^ -ljson-c -lqrencode -lkeyutils

# Unit tests have sanitizers in everything that they are linked with.
$(BUILD)/sanitized/%.o: %.c Makefile $(BUILD)/defines
	@mkdir -p $(@D)
	$(COMPILE) $(SANITIZE) -c -o $@ $<

$(BUILD)/unit/%: $(BUILD)/sanitized/tests/unit/%.o $(SANITIZED)
	@mkdir -p $(@D)
	$(CC) $(SANITIZE) -o $@ $^ -lcmocka $(HELPER_LIBS)

# Fuzz targets take what they need from one archive of all rooms, compiled once, and may put a
# function of their own in the place of one there.
$(BUILD)/fuzz/%.o: %.c Makefile $(BUILD)/defines
	@mkdir -p $(@D)
	$(FUZZ) -fsanitize=fuzzer-no-link -c -o $@ $<

$(BUILD)/fuzz/rooms.a: $(FUZZED)
	rm -f $@
	ar qcs $@ $^

$(BUILD)/fuzz/%: tests/fuzz/%.c $(BUILD)/fuzz/rooms.a
	$(FUZZ) -fsanitize=fuzzer -o $@ $< $(BUILD)/fuzz/rooms.a -Wl,--as-needed $(HELPER_LIBS)

deps:
	@tests/deps $(WHAT)

# A provider of another make. Where npm has none, its tests are skipped with a word.
$(OIDC_PROVIDER):
	npm install --prefix $@ --ignore-scripts --no-audit --no-fund oidc-provider@8.8.1 || \
	    rm -rf $@

# GDM's worker, and the service that it asks about people: to install them would bring a desktop.
# Where apt has none, its tests are skipped with a word.
$(GDM):
	mkdir -p $@
	(cd $@ && apt-get download -q gdm3 accountsservice && \
	    for package in *.deb; do dpkg-deb -x $$package . && rm $$package || exit 1; done) || \
	    rm -rf $@

check: deps $(OIDC_PROVIDER) $(GDM)
	$(MAKE) -j2 all $(UNITS) $(FUZZERS)
	status=0; $(PYTEST) -q tests/torture || status=$$?; \
	    $(PYTEST) $(PYTEST_ARGS) --ignore=tests/torture tests || status=$$?; \
	    chown -R --reference=Makefile $(BUILD); exit $$status

# Every system call, where `make check` takes a sample, and RENEWALS=100000 one after another.
torture: deps
	$(MAKE) all
	TORTURE=all RENEWALS=$(RENEWALS) $(PYTEST) --durations=0 tests/torture; status=$$?; \
	    chown -R --reference=Makefile $(BUILD); exit $$status

# The integration tests over again, with programs that report what they do wrong. Left out is what
# looks at limits, cores or signals, where sanitizers have ways of their own, and what looks at the
# sandbox, which these programs have not.
SANITIZED_MAKE = BUILD=$(BUILD)/instrumented INSTRUMENT=yes
SANITIZED_LESS = 'not (limit or core or dies or valgrind or harness or breakout)'
check-sanitized: deps
	$(MAKE) -j2 $(SANITIZED_MAKE) all
	MAKEFLAGS='$(SANITIZED_MAKE)' $(PYTEST) -k $(SANITIZED_LESS) $(PYTEST_ARGS) $(SANITIZED_TESTS); \
	    status=$$?; chown -R --reference=Makefile $(BUILD); exit $$status

demo:
	@tests/deps demo
	@$(MAKE) --no-print-directory -s all
	@tests/namespace /usr/bin/python3 tests/demo.py; status=$$?; \
	    chown -R --reference=Makefile $(BUILD); exit $$status

# A helper that measures what only it can see.
$(BUILD)/bench/helper: $(call object,$(HELPER_C)) tests/bench/window.c
	@mkdir -p $(@D)
	$(CC) -std=gnu17 -D_GNU_SOURCE $(CFLAGS) -Wl,--wrap=curl_multi_poll,--wrap=fdatasync -o $@ $^ \
	    $(HELPER_LIBS)

bench: deps
	$(MAKE) all $(BUILD)/bench/helper
	tests/namespace /usr/bin/python3 tests/bench/bench.py

# What is found is build/fuzz/fuzz_NAME-found-*, and stays in tests/fuzz/seeds/NAME once mended.
fuzz: $(FUZZERS)
	for fuzzer in $(FUZZERS); do \
	    mkdir -p $(BUILD)/corpus/$${fuzzer##*/}; \
	    $$fuzzer -max_total_time=$(FUZZ_SECONDS) -max_len=70000 -artifact_prefix=$$fuzzer-found- \
	        $(BUILD)/corpus/$${fuzzer##*/} tests/fuzz/seeds/$${fuzzer##*/fuzz_} || exit 1; \
	done

lint:
	@tests/lint

# clang-tidy takes a second a file: only what has changed since is looked at again.
$(BUILD)/tidy/%: %.c .clang-tidy $(wildcard client/*.h cli/*.h helper/*.h pam_module/*.h)
	@mkdir -p $(@D)
	@clang-tidy --quiet $< -- -std=gnu17 $(DEFINES) -Iclient 2>/dev/null && touch $@

tidy: $(patsubst %.c,$(BUILD)/tidy/%,$(ROOMS_C))

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

uninstall:
	@found=$$(grep -ls pam_oauth_login $(DESTDIR)/etc/pam.d/*); if [ -n "$$found" ]; then \
	    echo "pam_oauth_login.so still stands in" $$found; \
	    echo "Take its lines out first, or nobody logs in there, not even root."; exit 1; fi
	@if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then \
	    systemctl disable -q --now oauth-login-helper.socket oauth-login-helper.service; fi
	rm -f $(DESTDIR)$(PAMDIR)/pam_oauth_login.so $(DESTDIR)$(HELPER) \
	    $(DESTDIR)$(PREFIX)/bin/oauth-login $(DESTDIR)$(PREFIX)/lib/sysusers.d/oauth-login.conf \
	    $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/oauth-login.conf
	cd conf/systemd && for unit in *; do rm -f $(DESTDIR)$(UNITDIR)/$$unit; done
	rm -rf $(DESTDIR)$(DOCDIR)
	cd conf/man && for page in *; do rm -f $(DESTDIR)$(MANDIR)/man$${page##*.}/$$page; done
	@echo "Kept: $(SYSCONFDIR)/oauth-login, $(STORE) and the user oauth-login."

clean:
	rm -rf $(BUILD)

FORCE:

.PHONY: FORCE all deps check check-sanitized torture demo bench fuzz lint tidy install uninstall clean
.SECONDARY:
-include $(patsubst %.c,$(BUILD)/%.d,$(ROOMS_C))
-include $(patsubst %.c,$(BUILD)/sanitized/%.d,$(HELPER_C) $(UNIT_C))
-include $(FUZZED:.o=.d) $(addsuffix .d,$(FUZZERS))
