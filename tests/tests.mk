# SPDX-License-Identifier: BSD-2-Clause
# Targets that test, measure and check. Included by the Makefile.

FUZZ_SECONDS  = 60
RENEWALS      = 1000
SANITIZED_TESTS = tests/integration
OIDC_PROVIDER = $(BUILD)/oidc-provider
GDM           = $(BUILD)/gdm3
RELEASES      = trixie bookworm forky
RELEASE       = $(firstword $(RELEASES))
CACHE        ?= $(BUILD)/cache
PYTEST        = tests/namespace /usr/bin/python3 -m pytest

# `make check-sanitized` builds helper and command with ASan and UBSan. The module runs in programs
# that lack their runtime, so it and everything linked into it trap on undefined behavior instead.
SANITIZE  = -O1 -g -DSANDBOX_OFF -fsanitize=address,undefined -fno-sanitize-recover=all \
            -fno-omit-frame-pointer
ifeq ($(INSTRUMENT),yes)
CFLAGS    = $(SANITIZE)
HARDENING =
INSTRUMENT_O = $(BUILD)/tests/instrument.o
GUEST     = -fno-sanitize=all -fsanitize=undefined -fsanitize-undefined-trap-on-error
endif

# For tools that run the helper themselves, such as valgrind. Never install such a helper.
ifeq ($(SANDBOX),none)
DEFINES  += -DSANDBOX_OFF
endif

UNIT_C    = $(wildcard tests/unit/test_*.c)
FUZZ_C    = $(wildcard tests/fuzz/fuzz_*.c)
UNITS     = $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(UNIT_C))
SANITIZED = $(patsubst %.c,$(BUILD)/sanitized/%.o,$(filter-out %/main.c,$(HELPER_C)))
FUZZERS   = $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(FUZZ_C))
FUZZED    = $(patsubst %.c,$(BUILD)/fuzz/%.o,$(filter-out %/main.c,$(ROOMS_C)))

# A test sees every room. If two rooms have a header of the same name, the test includes it with its
# room ("store/file.h").
SEE_ALL   = -Ihelper $(addprefix -I,$(HELPER_ROOMS) $(CLI_ROOMS) pam_module)
FUZZ      = clang -std=gnu17 $(DEFINES) $(or $(call includes,$<),$(SEE_ALL)) $(SANITIZE) -MMD -MP

# Unit tests and everything linked into them are built with sanitizers.
$(BUILD)/sanitized/tests/%.o: DEFINES += $(SEE_ALL)
$(BUILD)/sanitized/%.o: %.c Makefile $(BUILD)/defines
	@mkdir -p $(@D)
	$(COMPILE) $(SANITIZE) -c -o $@ $<

$(BUILD)/unit/%: $(BUILD)/sanitized/tests/unit/%.o $(SANITIZED)
	@mkdir -p $(@D)
	$(CC) $(SANITIZE) -o $@ $^ -lcmocka $(HELPER_LIBS)

# Fuzz targets are linked with one archive of all rooms, compiled once; they may define a function
# of their own, which replaces the one in the archive.
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

# A second provider. If npm cannot install it, its tests are skipped with a message.
$(OIDC_PROVIDER):
	npm install --prefix $@ --ignore-scripts --no-audit --no-fund oidc-provider@8.8.1 || \
	    rm -rf $@

# GDM's worker, and the service that it asks about users. They are only unpacked, because
# installing them would bring a desktop. If apt has neither, their tests are skipped with a message.
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

# The part of `make check` that depends most on the release.
QUICK_TESTS = tests/test_programs.py $(patsubst %,tests/integration/test_%.py,phases services \
                  doctor session_key spawning)
check-quick:
	@tests/deps quick
	$(MAKE) $(GDM)
	command -v glewlwyd >/dev/null || $(MAKE) $(OIDC_PROVIDER)
	$(MAKE) -j2 all $(UNITS) $(FUZZERS)
	status=0; $(PYTEST) $(PYTEST_ARGS) $(QUICK_TESTS) || status=$$?; \
	    chown -R --reference=Makefile $(BUILD); exit $$status

# Runs the target WHAT (check by default) on a fresh system of a release, for example:
# `make check-on RELEASE=trixie WHAT=demo`.
check-on:
	@CACHE='$(CACHE)' tests/check-on $(RELEASE) make $(or $(WHAT),check)

# Does the same on each release in turn: prints a line for each, and keeps its output in a file.
check-everywhere:
	@mkdir -p $(BUILD); failed=0; for release in $(RELEASES); do \
	    log=$(BUILD)/check-on-$$release.log; start=$$(date +%s); status=0; \
	    CACHE='$(CACHE)' tests/check-on $$release make $(or $(WHAT),check) >$$log 2>&1 || status=$$?; \
	    case $$status in \
	    0) result=passed ;; \
	    77) result="not run: $$(sed -n "s/^tests.check-on: $$release: //p" $$log | tail -n 1)" ;; \
	    *) result="failed, see $$log" ;; \
	    esac; \
	    [ $$status = 0 ] || failed=1; \
	    echo "$$release: $$result ($$(($$(date +%s) - start)) s)"; \
	done; exit $$failed

# Tries every system call, where `make check` tries a sample, and then many renewals in a row, for
# example with RENEWALS=100000.
torture: deps
	$(MAKE) all
	TORTURE=all RENEWALS=$(RENEWALS) $(PYTEST) --durations=0 tests/torture; status=$$?; \
	    chown -R --reference=Makefile $(BUILD); exit $$status

# Runs the integration tests with sanitizers in the programs. It leaves out the tests of limits,
# core files and signals, which sanitizers handle in their own way, and the tests of the sandbox,
# which these programs lack.
SANITIZED_MAKE = BUILD=$(BUILD)/instrumented INSTRUMENT=yes
SANITIZED_LESS = 'not (limit or core or dies or valgrind or harness or breakout)'
check-sanitized: deps
	$(MAKE) -j2 $(SANITIZED_MAKE) all
	MAKEFLAGS='$(SANITIZED_MAKE)' $(PYTEST) -k $(SANITIZED_LESS) $(PYTEST_ARGS) $(SANITIZED_TESTS); \
	    status=$$?; chown -R --reference=Makefile $(BUILD); exit $$status

demo:
	@tests/deps demo
	@command -v glewlwyd >/dev/null || $(MAKE) --no-print-directory -s $(OIDC_PROVIDER)
	@$(MAKE) --no-print-directory -s all
	@tests/namespace /usr/bin/python3 tests/demo.py; status=$$?; \
	    chown -R --reference=Makefile $(BUILD); exit $$status

# A helper that measures the window between the provider's answer and the stored record, which only
# the helper itself can see.
$(BUILD)/bench/helper: $(call object,$(HELPER_C)) tests/bench/window.c
	@mkdir -p $(@D)
	$(CC) -std=gnu17 -D_GNU_SOURCE $(CFLAGS) -Wl,--wrap=curl_multi_poll,--wrap=fdatasync -o $@ $^ \
	    $(HELPER_LIBS)

bench: deps $(OIDC_PROVIDER)
	$(MAKE) all $(BUILD)/bench/helper
	tests/namespace /usr/bin/python3 tests/bench/bench.py

# Writes findings to build/fuzz/fuzz_NAME-found-*. Once fixed, they belong in tests/fuzz/seeds/NAME.
fuzz: $(FUZZERS)
	for fuzzer in $(FUZZERS); do \
	    mkdir -p $(BUILD)/corpus/$${fuzzer##*/}; \
	    $$fuzzer -max_total_time=$(FUZZ_SECONDS) -max_len=70000 -artifact_prefix=$$fuzzer-found- \
	        $(BUILD)/corpus/$${fuzzer##*/} tests/fuzz/seeds/$${fuzzer##*/fuzz_} || exit 1; \
	done

lint: deps
	@tests/lint

# clang-tidy takes a second for each file, so only changed files are checked again.
$(BUILD)/tidy/%: %.c .clang-tidy $(foreach room,$(ROOMS),$(wildcard $(room)/*.h))
	@mkdir -p $(@D)
	@clang-tidy --quiet $< -- -std=gnu17 $(DEFINES) $(call includes,$<) 2>/dev/null && touch $@

tidy: $(patsubst %.c,$(BUILD)/tidy/%,$(ROOMS_C))

.PHONY: deps check check-quick check-on check-everywhere check-sanitized torture demo bench fuzz \
    lint tidy
-include $(patsubst %.c,$(BUILD)/sanitized/%.d,$(HELPER_C) $(UNIT_C))
-include $(FUZZED:.o=.d) $(addsuffix .d,$(FUZZERS))
