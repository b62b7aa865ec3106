#!/usr/bin/env python3
"""Checks every Markdown file of this repository; scripts/docs runs it.

* A relative link leads to an existing file and heading.
* A name in backticks that looks like a file of this repository is one, and so is a script that a command line starts.
* A line has at most 100 columns (but tables, code and what links point to), a paragraph at most 6 lines.
* A page has at most 3000 words.
"""

import re
import subprocess
import sys
import unicodedata
from pathlib import Path

COLUMNS, LINES, WORDS = 100, 6, 3000
# Folders whose files are named in full, wherever they are named.
OURS = ("crates/", "docs/", "scripts/", "fuzz/", "python/", ".ci/", "results/paper/", "results/benchmarks/", "sweeps/paper/")
LINK = re.compile(r"!?\[(?:[^][]|\[[^][]*\])*\]\(([^()\s]+)\)|<img src=\"([^\"]+)\"")


def files(*patterns):
    """Tracked files, and new ones that git does not ignore."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns]
    names = subprocess.run(listed, capture_output=True, check=True, text=True).stdout.split("\0")
    return [Path(name) for name in names if name and Path(name).is_file()]


def without_code(text):
    """The lines, those of code blocks emptied."""
    lines, fence = [], None
    for line in text.splitlines():
        mark = re.match(r"\s*(```+|~~~+)", line)
        if fence:
            lines.append("")
            if mark and mark[1].startswith(fence):
                fence = None
        elif mark:
            lines.append("")
            fence = mark[1]
        else:
            lines.append(line)
    return lines


def anchors(path):
    """The anchors of a page's headings, as GitHub and the site make them."""
    found, seen = set(), {}
    for line in without_code(path.read_text()):
        heading = re.match(r"#{1,6}\s+(.*?)\s*#*$", line)
        if not heading:
            continue
        text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading[1]).replace("`", "")
        kept = (c for c in text.lower() if c in " -_" or unicodedata.category(c)[0] in "LN")
        slug = "".join(kept).replace(" ", "-")
        count = seen[slug] = seen.get(slug, -1) + 1
        found.add(slug if count == 0 else f"{slug}-{count}")
    return found


def check_links(path, lines):
    for number, line in enumerate(lines, 1):
        for match in LINK.finditer(re.sub(r"`[^`]*`", lambda code: "`" + "x" * (len(code[0]) - 2) + "`", line)):
            target, _, anchor = (match[1] or match[2]).partition("#")
            if re.match(r"[a-z]+:", target):
                continue
            page = path if not target else path.parent / target
            if not page.exists():
                yield number, f"there is no {target}"
            elif anchor and anchor not in anchors(page):
                yield number, f"{page} has no heading #{anchor}"


def check_names(lines, ours):
    for number, line in enumerate(lines, 1):
        for code in re.findall(r"`([^`]+)`", line):
            # crates/<name>/src/*.rs stands for all matches; a line number or a name within the file may follow.
            name = re.sub(r"<[^>]*>", "*", code).split(" ")[0].split("::")[0]
            name = re.sub(r":\d+$", "", name).rstrip("/")
            is_source = re.fullmatch(r"[\w./*-]+\.(rs|py|sh)", name) and not name.startswith(("./", "/"))
            is_page = re.fullmatch(r"[A-Z]+\.md", name)
            if not (name.startswith(OURS) or is_source or is_page) or name in OUTSIDE:
                continue
            for one in braces(name):
                pattern = re.compile("(.*/)?" + re.escape(one).replace(r"\*", "[^/]*") + "(/.*)?")
                if not any(pattern.fullmatch(str(file)) for file in ours):
                    yield number, f"`{code}`: there is no such file"


# Files of a reader's own, in examples.
OUTSIDE = {"train.py", "network.py", "model_base.py"}


def check_scripts(text):
    for number, line in enumerate(text.splitlines(), 1):
        script = re.match(r"\s*\$ .*?(scripts/[\w./-]+)", line)
        if script and not Path(script[1]).is_file():
            yield number, f"there is no {script[1]}"


def braces(name):
    """`a.{b,c}` is a.b and a.c."""
    match = re.fullmatch(r"(.*)\{([^}]*)\}(.*)", name)
    return [match[1] + part + match[3] for part in match[2].split(",")] if match else [name]


def is_table(line):
    return line.lstrip().startswith("|")


def check_lengths(lines):
    paragraph = 0
    for number, line in enumerate([*lines, ""], 1):
        # What a link points to cannot be wrapped.
        shown = re.sub(r"\]\([^)]*\)", "]()", line)
        if len(shown) > COLUMNS and not is_table(line) and "<img" not in line and not line.startswith("!["):
            yield number, f"{len(shown)} columns, {COLUMNS} are allowed"
        starts = re.match(r"\s*([*+-]|\d+\.)\s", line)
        is_prose = line.strip() and not is_table(line) and not line.startswith(("#", "<", "!["))
        paragraph = (1 if starts else paragraph + 1) if is_prose else 0
        if paragraph == LINES + 1:
            yield number, f"a paragraph of more than {LINES} lines"


def main():
    ours = files()
    wrong = 0
    pages = [path for path in ours if path.suffix == ".md"]
    for path in pages:
        text = path.read_text()
        lines = without_code(text)
        checks = check_links(path, lines), check_names(lines, ours), check_lengths(lines), check_scripts(text)
        found = [mistake for check in checks for mistake in check]
        if (words := len(text.split())) > WORDS:
            found.append((1, f"{words} words, {WORDS} are allowed: it is more than one page"))
        for number, message in sorted(found):
            print(f"{path}:{number}: {message}", file=sys.stderr)
            wrong += 1
    print(f"{len(pages)} pages checked" + (f", {wrong} mistakes" if wrong else ""))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
