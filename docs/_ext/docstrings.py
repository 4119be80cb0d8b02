"""The docstrings of course_lib are plain text with equations and shapes; here they become what Sphinx can set.

An equation stands alone in its paragraph.  "name: what it is" begins an argument, "Returns" and "Raises" the rest; two
spaces or a new line stand between them.
"""

import re
from textwrap import indent

ITEM = re.compile(r"(?:(?P<names>[A-Za-z_]\w*(?:, [A-Za-z_]\w*)*): |(?P<word>Returns|Raises|Yields)\b)")
GAP = re.compile(r"(?<=[.:)])\s{2,}(?=\S)")
SENTENCE = re.compile(r"[.?!:)]$")


def restructured(text: str) -> str:
    """The docstring as reStructuredText."""
    return "\n\n".join(paragraph(part) for part in re.split(r"\n\s*\n", text.strip("\n")))


def paragraph(text: str) -> str:
    lines = text.splitlines()
    if lines[0].startswith("    ") or is_equation(text):
        return "::\n\n" + "\n".join(f"    {line}" for line in lines)
    at = next((i for i, line in enumerate(lines) if i and line.startswith("    ")), 0)
    if at and not lines[at - 1].startswith(" "):  # "With alpha = ...:" and what it introduces, indented
        stop = next((i for i in range(at, len(lines)) if not lines[i].startswith("    ")), len(lines))
        parts = ["\n".join(lines[:at]), "\n".join(lines[at:stop]), "\n".join(lines[stop:])]
        return "\n\n".join(paragraph(part) for part in parts if part)
    return with_items(text)


def is_equation(text: str) -> bool:
    """Such as "x_t = sqrt(alpha_bar_t) x0 + ...": not a sentence, and with a sign between two sides."""
    return (
        bool(re.search(r" (=|->|<-) ", text))
        and not SENTENCE.search(text.replace(")", "").rstrip())
        and not re.match(r"[A-Z][a-z]+ [a-z]", text)
    )


def with_items(text: str) -> str:
    """Sentences as paragraphs, arguments and results as lists of definitions, in their order."""
    blocks: list[tuple[bool, list]] = []  # (are these items?, their texts)
    for line in text.splitlines():
        for at, piece in enumerate(GAP.split(line)):
            match = ITEM.match(piece)
            ended = not blocks or blocks[-1][1][-1][-1].endswith((".", ":"))
            if match:
                if not blocks or not blocks[-1][0]:
                    blocks.append((True, []))
                names = match["names"].split(", ") if match["names"] else [match["word"]]
                blocks[-1][1].append([names, piece[match.end() :].strip()])
            elif not blocks or (blocks[-1][0] and at == 0 and ended):
                blocks.append((False, [[piece]]))  # a sentence of its own, after the arguments
            else:
                blocks[-1][1][-1][-1] += f" {piece}"
    return "\n\n".join(definitions(texts) if items else escaped(texts[0][0]) for items, texts in blocks)


def definitions(items: list) -> str:
    lines = "\n".join(definition(names, text) for names, text in items)
    return ".. rst-class:: arguments\n\n" + indent(lines, "    ")


def definition(names: list[str], text: str) -> str:
    is_word = names[0] in ("Returns", "Raises", "Yields")
    term = f"*{names[0]}*" if is_word else ", ".join(f"``{name}``" for name in names)
    return f"{term}\n    {escaped(text) or chr(160)}"


def escaped(text: str) -> str:
    """Plain text for reStructuredText: `code` becomes literal, every other sign stays itself."""
    parts = re.split(r"`([^`\n]+)`", text)
    plain = [re.sub(r"([\\*|_`])", r"\\\1", part) for part in parts[::2]]
    code = [f"``{part}``\\ " for part in parts[1::2]]
    return "".join(a + b for a, b in zip(plain, [*code, ""]))


def process(app, what, name, obj, options, lines) -> None:
    if any(lines):
        lines[:] = restructured("\n".join(lines)).splitlines()


def setup(app) -> dict:
    app.connect("autodoc-process-docstring", process)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
