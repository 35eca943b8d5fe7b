"""A report as one HTML file that needs nothing beside it."""
import base64
import gzip
import html
import json
import pathlib

from . import summary, with_plotly
from .parts import Gallery, Gap, Panel
from .picture import data_uri

HERE = pathlib.Path(__file__).parent
escape = html.escape


def page(runs, figures, plotly_js):
    """The whole document; `plotly_js` is the library's source."""
    plots = []
    sections = [section(figure, plots) for figure in figures]
    names = [(figure.name, figure.name.capitalize()) for figure in figures]
    title = escape(" · ".join(run.label for run in runs))
    return "\n".join([
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{title}</title>\n<style>\n{read('page.css')}</style>\n</head>\n<body>",
        header(runs), navigation(names), "<main>",
        '<noscript><p class="gap">The plots are drawn by JavaScript, which is switched off here.</p></noscript>',
        *sections, models(runs), provenance(runs), "</main>",
        f'<script type="application/json" id="plots">{script_safe(json.dumps(plots, allow_nan=False))}</script>',
        # The distribution's is 8.6 MB of source, packed 2.5 MB.
        f'<script type="application/octet-stream" id="plotly">{packed(plotly_js)}</script>',
        f"<script>\n{read('page.js')}</script>\n</body>\n</html>\n"])


def read(name):
    return (HERE / name).read_text(encoding="utf-8")


def packed(source):
    return base64.b64encode(gzip.compress(source.encode("utf-8"), 9, mtime=0)).decode()


def script_safe(source):
    """Nothing in JSON may end the script it stands in."""
    return source.replace("<", "\\u003c")


def header(runs):
    cards = "".join(card(run) for run in runs)
    body = table(["", *(run.label for run in runs)], summary.rows(runs))
    kind = "A run of snnff-sim" if len(runs) == 1 else f"{len(runs)} runs of snnff-sim"
    title = runs[0].label if len(runs) == 1 else "Runs side by side"
    return f'<header>\n<p class="kind">{kind}</p>\n<h1>{escape(title)}</h1>\n' \
           f'<div class="cards">{cards}</div>\n{unfinished(runs)}{body}\n{undecided(runs)}</header>'


def undecided(runs):
    sentence = summary.overlaps(runs)
    return f'<p class="note">{escape(sentence)}</p>\n' if sentence else ""


def card(run):
    value, what = summary.headline(run)
    return f'<div class="card"><p class="label">{escape(run.label)}</p><p class="value">{escape(value)}</p>' \
           f'<p class="what">{escape(what)}</p></div>'


def unfinished(runs):
    """A sentence for every run whose file is not its last word."""
    sentences = {"running": "has not ended, or was killed; this is what it had written",
                 "interrupted": "was interrupted; this is what it had reached"}
    return "".join(f'<p class="warning">{escape(run.label)} {sentences[run.status]}.</p>\n'
                   for run in runs if run.status in sentences)


def navigation(names):
    links = [*names, ("models", "Model"), ("provenance", "Provenance")]
    return '<nav aria-label="Sections">' + "".join(
        f'<a href="#{escape(name)}">{escape(title)}</a>' for name, title in links) + "</nav>"


def table(heads, rows):
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in heads)
    body = "".join(f'<tr><th scope="row">{escape(what)}</th>' + "".join(f"<td>{escape(v)}</td>" for v in values)
                   + "</tr>\n" for what, values in rows)
    return f'<div class="scroll" tabindex="0" role="region" aria-label="Table"><table><thead><tr>{head}</tr></thead>' \
           f"<tbody>\n{body}</tbody></table></div>"


def section(figure, plots):
    groups = "\n".join(group_of(group, plots) for group in figure.groups)
    return f'<section id="{escape(figure.name)}">\n<h2>{escape(figure.title)}</h2>\n' \
           f'<p class="caption">{escape(figure.caption)}</p>\n{groups}\n</section>'


def group_of(group, plots):
    heading = f"<h3>{escape(group.heading)}</h3>" if group.heading else ""
    parts = "\n".join(part_of(part, plots) for part in group.parts)
    return f'{heading}<div class="grid" style="--columns: {max(group.columns, 1)}">\n{parts}\n</div>'


def part_of(part, plots):
    if isinstance(part, Gap):
        return f'<div class="part"><p class="gap">{named(part.title)}{escape(part.sentence)}.</p></div>'
    if isinstance(part, Gallery):
        return gallery(part)
    assert isinstance(part, Panel)
    plots.append(with_plotly.figure_of(part))
    height = with_plotly.height_of(part)
    style = f' style="height: {height}px"' if height else ""
    return f'<figure class="part"><figcaption>{escape(part.title)}</figcaption>' \
           f'<div role="img" aria-label="{escape(part.about or part.title)}"{style} ' \
           f'data-plot="{len(plots) - 1}"></div></figure>'


def named(title):
    return f"<b>{escape(title)}</b> " if title else ""


def gallery(part):
    tiles = "".join(tile(each) for each in part.tiles)
    title = f'<p class="title">{escape(part.title)}</p>' if part.title else ""
    note = f'<p class="note">{escape(part.note)}</p>' if part.note else ""
    if part.scale:
        low, high = map(escape, part.scale)
        note += f'<p class="scale"><span>{low}</span><i></i><span>{high}</span></p>'
    columns = f"--columns: {part.columns}; --narrow: {part.narrow_columns or part.columns}"
    return f'<div class="part">{title}{note}<div class="gallery" style="{columns}">{tiles}</div></div>'


def tile(each):
    first, *rest = each.caption.split("\n")
    caption = escape(first) + "".join(f"<small>{escape(line)}</small>" for line in rest)
    image = "" if each.image is None else \
        f'<img src="{data_uri(each.image, each.signed)}" alt="{escape(first)}">'
    return f"<figure>{image}<figcaption>{caption}</figcaption></figure>"


def models(runs):
    differ = summary.differences(runs)
    listing = ""
    if differ:
        listing = f'<details{" open" if len(differ) <= 12 else ""}><summary>Where the models differ: {len(differ)} ' \
                  f'keys</summary>{table(["key", *(run.label for run in runs)], differ)}</details>'
    same = "The models are the same. " if len(runs) > 1 and not differ else ""
    texts = "".join(f"<details><summary>{escape(run.label)}: the resolved model file</summary>"
                    f"<pre>{escape(run.toml)}</pre></details>" for run in runs)
    return f'<section id="models">\n<h2>Model</h2>\n' \
           f'<p class="caption">{same}The resolved model has every default filled ' \
           f"in; running it again reproduces the run.</p>\n{listing}{texts}\n</section>"


def provenance(runs):
    return '<section id="provenance">\n<h2>Provenance</h2>\n' \
           '<p class="caption">Which program, machine, command and data ' \
           f'gave these numbers.</p>\n{table(["", *(run.label for run in runs)], summary.provenance(runs))}\n</section>'
