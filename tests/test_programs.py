# SPDX-License-Identifier: BSD-2-Clause
"""Runs the unit tests and the fuzzers, each a program of its own built with sanitizers, and checks
the test table, the manual, the borders of the rooms and what make says."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]
UNITS = sorted(path.stem for path in (CHECKOUT / "tests" / "unit").glob("test_*.c"))
FUZZERS = sorted(path.stem for path in (CHECKOUT / "tests" / "fuzz").glob("fuzz_*.c"))


def run(*argv, **options):
    return subprocess.run(argv, capture_output=True, text=True, errors="backslashreplace",
                          timeout=120, **options)


@pytest.mark.parametrize("unit", UNITS)
def test_unit(unit):
    result = run(CHECKOUT / "build" / "unit" / unit)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("fuzzer", FUZZERS)
def test_fuzzers_survive_their_seeds_and_past_findings(fuzzer):
    seeds = sorted((CHECKOUT / "tests" / "fuzz" / "seeds" / fuzzer.removeprefix("fuzz_")).iterdir())
    assert seeds, f"{fuzzer} has no seeds"
    result = run(CHECKOUT / "build" / "fuzz" / fuzzer, *seeds)
    assert result.returncode == 0, result.stderr
    assert f"Running {len(seeds)} inputs" in result.stderr


def test_every_seed_belongs_to_a_fuzzer():
    folders = (CHECKOUT / "tests" / "fuzz" / "seeds").iterdir()
    assert {f"fuzz_{folder.name}" for folder in folders} == set(FUZZERS)


def test_every_test_named_in_the_table_exists():
    tests = CHECKOUT / "tests"
    table = (tests / "README.md").read_text()
    named = re.findall(r"`(\w+\.(?:py|c))(?:::(\w+))?`", table)
    assert len(named) > 100
    for file, name in named:
        (path,) = [found for found in tests.rglob(file) if found.is_file()]
        definition = rf"^def {name}\(" if file.endswith(".py") else rf"^static void {name}\("
        assert not name or re.search(definition, path.read_text(), re.M), f"no {file}::{name}"


NAMED = {
    "commands": ("cli/main.c", r'\{"([a-z-]+)", command_', "oauth-login.1", r"\.It Cm {}\b"),
    "options of commands": ("cli/main.c", r'\{"([a-z]+)", (?:no|required)_argument',
                            "oauth-login.1", r"\.It Fl -{}\b"),
    "options of the module": ("client/options.c", r'\{"(\w+)", OPTION_', "pam_oauth_login.8",
                              r"\.It Cm {}\b"),
    "keys": ("helper/config/load.c", r'^    (?:[A-Z_]+\(|\{")(\w+)', "oauth-login.conf.5",
             r"\.It Cm {}\b"),
    "keys, annotated": ("helper/config/load.c", r'^    (?:[A-Z_]+\(|\{")(\w+)',
                        "../oauth-login.conf", r"#{} += ?"),
}


@pytest.mark.parametrize("kind", NAMED)
def test_the_manual_has_every_command_option_and_key(kind):
    source, names, page, entry = NAMED[kind]
    found = re.findall(names, (CHECKOUT / source).read_text(), re.M)
    text = (CHECKOUT / "conf" / "man" / page).read_text()
    assert len(found) >= 10, found
    missing = [name for name in found if not re.search("^" + entry.format(name), text, re.M)]
    assert not missing, f"{page} does not describe {missing}"


@pytest.mark.parametrize("lacking", ["CC=no-such-compiler", "HEADERS=stdio.h no-such-library.h"])
def test_make_says_what_to_install_before_anything_else(tmp_path, lacking):
    result = run("make", f"BUILD={tmp_path}", lacking, cwd=CHECKOUT,
                 env={"PATH": os.environ["PATH"]})  # or it takes MAKEFLAGS of `make check`
    assert result.returncode != 0
    assert result.stdout == "", "it has compiled nothing"
    (first, *_) = result.stderr.splitlines()
    assert first.endswith("is missing; run: sudo make deps WHAT=build")


def test_the_borders_between_the_rooms_hold():
    result = run(CHECKOUT / "tests" / "borders")
    assert result.returncode == 0, result.stderr


@pytest.fixture
def copied_tree(tmp_path):
    """A copy of this checkout and its build, which a test may change."""
    for name in ("pam_module", "client", "cli", "common", "helper", "conf", "tests/borders",
                 "tests/tests.mk", "Makefile"):
        source, target = CHECKOUT / name, tmp_path / name
        target.parent.mkdir(exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    for name in ("pam_module", "client", "cli", "common", "helper"):
        shutil.copytree(CHECKOUT / "build" / name, tmp_path / "build" / name)
    for program in ("pam_oauth_login.so", "oauth-login-helper", "oauth-login"):
        (tmp_path / "build" / program).symlink_to(CHECKOUT / "build" / program)
    return tmp_path


def assert_borders_name(tree, complaint):
    result = run(tree / "tests" / "borders")
    assert result.returncode == 1
    assert complaint in result.stderr


@pytest.mark.parametrize("file, line, complaint", [
    ("pam_module/login.c", "#include <curl/curl.h>", "pam_module must not know"),
    ("client/ask.c", '#include "login.h"', "client/ask.c includes login.h, which no room"),
    ("cli/token.c", '#include "secret.h"', "cli/token.c includes secret.h, which no room"),
    ("helper/base/secret.c", '#include "record.h"',
     "helper/base/secret.c includes record.h, which"),
    ("helper/store/store.c", "#include <security/pam_modules.h>", "helper must not know PAM"),
    ("helper/oauth/token_request.c", "#include <curl/curl.h>",
     "only helper/net/http.c may include curl"),
    ("helper/store/seal.h", '#include "store.h"',
     "a cycle of files: helper/store/"),
    ("build/helper/base/secret.d", "helper/store/record.h",
     "helper/base/secret.c includes helper/store/record.h, which stands above it"),
    ("Makefile", "# chmod 4755 $(HELPER)", "nothing may be installed setuid"),
])
def test_a_crossed_border_is_named(copied_tree, file, line, complaint):
    changed = copied_tree / file
    if changed.suffix == ".d":
        changed.write_text(changed.read_text().replace("\n", f" {line}\n", 1))
    else:
        changed.write_text(changed.read_text() + line + "\n")
    assert_borders_name(copied_tree, complaint)


def test_a_function_called_from_a_lower_room_is_named(copied_tree):
    planted = copied_tree / "helper" / "base" / "planted.c"
    planted.write_text("int store_open(void);\nint planted(void);\n"
                       "int planted(void) { return store_open(); }\n")
    compiled = copied_tree / "build" / "helper" / "base" / "planted.o"
    assert run("gcc", "-c", "-o", compiled, planted).returncode == 0
    assert_borders_name(copied_tree, "helper/base/planted.c uses a symbol of helper/store/store.c, "
                                     "which stands above it")
