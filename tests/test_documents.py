# SPDX-License-Identifier: BSD-2-Clause
"""The documents name only files, functions, tests, rooms and make targets that exist."""

import re
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]
DOCUMENTS = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "NEWS.md", "docs/ARCHITECTURE.md"]
GENERATED = {"build", ".git"}
SOURCES = ("common", "client", "cli", "helper", "pam_module")
FOLDERS = (*SOURCES, "conf", "docs", "tests")

# Text in backquotes is a path if it has a slash or one of these endings; a word of a command is a
# path if it begins with a folder of this tree. With a slash at the beginning it is a path of the
# installed machine, with a colon an address or the name of a test.
ENDING = re.compile(r"\.(c|h|py|sh|md|mk|mjs|map|conf|service|socket|timer|[158])$")
PATH = re.compile(r"[\w.][\w./-]*")


def code(text):
    """The code in a document: (spans in backquotes, lines of fenced and indented blocks)."""
    fenced = re.compile(r"^```.*?^```$", re.M | re.S)
    prose = fenced.sub("", text)
    spans = [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose)]
    indented = [line.strip() for line in prose.splitlines() if re.match(r" {4,}\S", line)]
    return spans, indented + [line for block in fenced.findall(text) for line in block.splitlines()]


def tree():
    """Every file and directory of the checkout, except built ones."""
    return [path.relative_to(CHECKOUT) for path in CHECKOUT.rglob("*")
            if path.relative_to(CHECKOUT).parts[0] not in GENERATED]


def named_paths(text):
    spans, blocks = code(text)
    alone = [span for span in spans if PATH.fullmatch(span)
             and ("/" in span or ENDING.search(span)) and span.split("/")[0] not in GENERATED]
    words = [word.strip("().,;:") for line in spans + blocks for word in line.split()]
    return alone + [word for word in words if word.startswith(tuple(f"{one}/" for one in FOLDERS))
                    and PATH.fullmatch(word) and word not in alone]


def is_there(path, found):
    """Whether a path exists. A name without a folder may be anywhere; NAME stands for any word."""
    pattern = re.escape(path.rstrip("/")).replace("NAME", r"\w+")
    anywhere = "" if "/" in path.rstrip("/") else r"(?:.*/)?"
    return any(re.fullmatch(anywhere + pattern, str(one)) for one in found)


def missing_paths(text, found):
    return [path for path in named_paths(text) if not is_there(path, found)]


def make_goals(lines):
    """(targets, variables) of all calls of make in lines of shell code."""
    targets, variables = [], []
    for command in re.findall(r"(?<![\w/-])make((?: +[\w./=-]+)*)", "\n".join(lines)):
        for word in command.split():
            name = word.split("=")[0]
            if "=" in word:
                variables.append(name)
            elif not word.startswith("-"):
                targets.append(name)
    return targets, variables


def makefiles():
    return "\n".join((CHECKOUT / name).read_text() for name in ("Makefile", "tests/tests.mk"))


def has_target(name, text):
    rules = re.findall(r"^([^\s:=#][^:=\n]*):(?!=)", text.replace("$(BUILD)", "build"), re.M)
    patterns = [re.escape(target).replace("%", r"[\w.-]+") for rule in rules
                for target in rule.split()]
    return any(re.fullmatch(pattern, name) for pattern in patterns)


def missing_goals(text, makefile):
    spans, blocks = code(text)
    targets, variables = make_goals(spans + blocks)
    return ([name for name in targets if not has_target(name, makefile)] +
            [name for name in variables if not re.search(rf"\b{name}\b", makefile)])


@pytest.fixture(scope="module")
def found():
    return tree()


@pytest.fixture(params=DOCUMENTS)
def text(request):
    return (CHECKOUT / request.param).read_text()


def test_every_path_named_in_a_document_exists(text, found):
    assert named_paths(text)
    assert not missing_paths(text, found)


def test_every_make_target_named_in_a_document_exists(text):
    assert not missing_goals(text, makefiles())


def missing_functions(text):
    """The functions named as `name()` that no source defines at the left margin."""
    sources = "\n".join(path.read_text() for folder in SOURCES
                        for path in sorted((CHECKOUT / folder).rglob("*.c")))
    return [name for name in re.findall(r"`(\w+)\(\)`", text)
            if not re.search(rf"^\w[^;=\n]*\b{name}\(", sources, re.M)]


def test_every_function_named_in_a_document_exists(text):
    assert not missing_functions(text)
    assert missing_functions("calls `renewal_walk()`") == ["renewal_walk"]


def test_every_test_named_in_a_document_exists(text):
    for file, name in re.findall(r"`(\w+\.(?:py|c))::(\w+)`", text):
        (path,) = (CHECKOUT / "tests").rglob(file)
        definition = rf"^def {name}\(" if file.endswith(".py") else rf"^static void {name}\("
        assert re.search(definition, path.read_text(), re.M), f"no {file}::{name}"


def test_every_link_between_documents_has_a_target(text, request):
    here = (CHECKOUT / request.node.callspec.params["text"]).parent
    links = [link for link in re.findall(r"\]\(([^)#]+)", text) if not link.startswith("http")]
    assert not [link for link in links if not (here / link).exists()]


def test_the_picture_shows_every_room_in_the_order_of_the_makefile():
    text = (CHECKOUT / "docs/ARCHITECTURE.md").read_text()
    picture = re.search(r"^```.*?^```$", text, re.M | re.S)
    shown = [word for line in reversed(picture[0].splitlines()) for word in line.split()]
    rooms = subprocess.run(["make", "-s", "--no-print-directory", "rooms"], cwd=CHECKOUT,
                           capture_output=True, text=True, check=True).stdout.splitlines()
    for name, seen in (line.split(":") for line in rooms):
        assert name in shown, f"the picture lacks {name}"
        for below in set(seen.split()) - {name, "common"}:
            assert shown.index(below) < shown.index(name), f"{below} stands below {name}"


@pytest.mark.parametrize("wrong", [
    "see `helper/grant/renewl.c`", "see `hepler/grant/renewal.c`", "see `renewl.c`",
    "see `helper/nothing/`", "see `docs/ARCHITECTURES.md`", "a\n`cli/\nnowhere.c`",
    "see `tests/unit/nothing_NAME.c`", "run `sudo tests/namspace true`",
    "    pytest -q tests/integration/test_nothing.py -k grace",
])
def test_a_missing_path_is_reported(wrong, found):
    assert missing_paths(wrong.replace("\n", ""), found)


@pytest.mark.parametrize("right", [
    "`helper/grant/renewal.c`", "`renewal.c`", "`helper/grant/`", "`tests/unit/test_NAME.c`",
    "`/etc/nowhere.conf`", "`build/nowhere.c`", "`no path`", "`nowhere.c::test`",
])
def test_an_existing_path_or_other_text_is_not_reported(right, found):
    assert not missing_paths(right, found)


@pytest.mark.parametrize("wrong", [
    "run `make tortur`", "run `sudo make -s torture chekc`", "    make all && make instal\n",
    "run `make build/units/test_json`", "run `make fuzz FUZZ_MINUTES=3`", "```\nmake nothing\n```",
])
def test_a_missing_make_target_is_reported(wrong):
    assert missing_goals(wrong, makefiles())


@pytest.mark.parametrize("right", [
    "run `make`", "run `sudo make torture`", "    make deps WHAT=build && make && make install\n",
    "run `make build/unit/test_json && build/unit/test_json`", "run `make -j2`",
    "make no mistake", "run `make fuzz FUZZ_SECONDS=600`",
])
def test_an_existing_make_target_is_not_reported(right):
    assert not missing_goals(right, makefiles())
