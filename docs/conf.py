"""The documentation site, built by scripts/docs. Its pages are the Markdown files of this repository as they are."""

import os
import re

project = "Gainsweep"
copyright = "the authors of Gainsweep"  # noqa: A001  (Sphinx's name)
extensions = ["myst_parser"]
root_doc = "docs/index"
include_patterns = [
    "*.md",
    "docs/**.md",
    "fuzz/README.md",
    "results/benchmarks/*.md",
    "results/paper/README.md",
    "scripts/reference-cases/README.md",
    "sweeps/**.md",
]
exclude_patterns = [".*", "target", "crates", "fuzz/target", "results/[!bp]*"]
myst_heading_anchors = 4
html_theme = "furo"
html_title = "Gainsweep"
html_copy_source = False
html_show_sphinx = False
html_static_path = ["site"]
html_css_files = ["wide.css"]


def contents(app, docname, source):
    """The sidebar: the pages that docs/index.md links to, under its headings. So the page is plain Markdown, too."""
    if docname != root_doc:
        return
    for section in re.split(r"^## ", source[0], flags=re.MULTILINE)[1:]:
        title = section.splitlines()[0]
        pages = re.findall(r"\]\(([^)#]+)\.md\)", section)
        entries = "\n".join(pages)
        source[0] += f"\n```{{toctree}}\n:hidden:\n:caption: {title}\n\n{entries}\n```\n"


def links_to_folders(app, docname, source):
    """A link to a folder is for those who read the files; the site has no page for it."""
    home = os.path.dirname(app.env.doc2path(docname))

    def plain(match):
        return match[1] if os.path.isdir(os.path.join(home, match[2])) else match[0]

    source[0] = re.sub(r"(?<!!)\[([^][]*)\]\(([^()#:]+)\)", plain, source[0])


def setup(app):
    app.connect("source-read", contents)
    app.connect("source-read", links_to_folders)
