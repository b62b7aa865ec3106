//! The page as a document: its content, and that no text breaks the document.

use std::collections::BTreeSet;

use gainsweep_contract::Tone;
use gainsweep_report::page::{
    Column, Costs, Drawing, Fact, Field, Figure, Group, Page, Parameters, Provenance, Standing, StateCount,
    Table, Unfinished, UnfinishedCell, Use,
};
use scraper::{Html, Selector};

/// Texts that people and programs may write.
const HOSTILE: [&str; 8] = [
    "<script>alert(1)</script>",
    "\"' onmouseover='alert(1)' x=\"",
    "</title></style></script></pre><!--",
    "&lt;b&gt; &amp; &#60; &copy",
    "left \u{202e}txt.exe\u{2066} שלום",
    "a\u{0}b\u{1b}[31mred\u{7f}\u{85}\u{fffe}\u{fdd0}",
    "{{ 7 * 7 }} {% raw %} ]]> ${x} `y`",
    "\r\n\n\tx",
];

fn fields(texts: &[&str]) -> Vec<Field> {
    texts.iter().map(|text| Field::from(*text)).collect()
}

/// A page with this text at every place for a text.
fn page(text: &str) -> Page {
    let t = || text.to_string();
    let table = |id: &str, used| Table {
        id: id.into(),
        caption: t(),
        note: t(),
        columns: vec![Column::words(t()), Column::numbers("clarity_mean"), Column::words("state")],
        rows: vec![fields(&[text, "0.971", "done"]), fields(&["10", "", text])],
        used,
    };
    let mut cells = table("cells", Use::Searching);
    cells.rows[1][0].more = Some("cell-00000000000000ff".into());
    let figure =
        |number, drawing| Figure { number, caption: t(), alternative: t(), notes: vec![t()], drawing };
    Page {
        name: t(),
        question: Some(t()),
        written: "Written on 2026-01-01T00:00:00Z".into(),
        program: t(),
        published: true,
        standing: Standing {
            sentence: "1 of 2 cells is done; 1 is not: 1 failed.".into(),
            states: vec![
                StateCount { state: "done".into(), count: 1, tone: Tone::Good },
                StateCount { state: t(), count: 1, tone: Tone::Bad },
            ],
            warnings: vec![t()],
        },
        parameters: Parameters {
            axes: table("axes", Use::Reading),
            constants: Some(table("constants", Use::Reading)),
            defaults: Some(table("defaults", Use::Reading)),
            notes: vec![t()],
        },
        figures: vec![
            figure(1, Drawing::Svg("<svg viewBox=\"0 0 2 1\" width=\"2\" height=\"1\"></svg>".into())),
            figure(2, Drawing::Png { bytes: vec![1, 2, 3], width: 2, height: 1 }),
        ],
        no_figures: t(),
        points: Some(table("points", Use::Searching)),
        cells,
        unfinished: Unfinished {
            groups: vec![Group {
                state: t(),
                tone: Tone::Bad,
                count: 3,
                reason: t(),
                next: vec![t(), t()],
                cells: vec![UnfinishedCell {
                    id: "00000000000000ff".into(),
                    short: "00000000".into(),
                    label: t(),
                    attempts: vec![t()],
                    log: vec![t(), t()],
                    more: t(),
                }],
            }],
            note: t(),
        },
        costs: Costs {
            facts: vec![Fact::new(t(), t())],
            table: Some(table("costs-by-value", Use::Searching)),
        },
        provenance: Provenance {
            facts: vec![Fact::new(t(), t())],
            made_by: Some(table("made-by", Use::Reading)),
            warnings: vec![t()],
            again: vec![t()],
            file: t(),
            text: t(),
        },
    }
}

/// Parses the page like a browser. The parser notices mistakes: the last test checks that.
fn parsed(html: &str) -> Html {
    let document = Html::parse_document(html);
    assert!(document.errors.is_empty(), "{:?}\n{html}", document.errors);
    document
}

fn all<'a>(document: &'a Html, selector: &str) -> Vec<scraper::ElementRef<'a>> {
    document.select(&Selector::parse(selector).expect("a selector")).collect()
}

/// The tree of elements with their attributes, without style and script: no text may change it.
fn shape(document: &Html) -> Vec<String> {
    let name = |element: &scraper::ElementRef| {
        let value = element.value();
        let names: Vec<&str> = value.attrs().map(|(name, _)| name).collect();
        format!("{} {}", value.name(), names.join(" "))
    };
    all(document, "*").iter().map(name).collect()
}

#[test]
fn no_text_becomes_markup() {
    let plain = shape(&parsed(&page("word").html()));
    for text in HOSTILE {
        let html = page(text).html();
        let document = parsed(&html);
        // A long text gets its own span.
        let own: Vec<String> = shape(&document).into_iter().filter(|name| name != "span class").collect();
        let known: Vec<String> = plain.iter().filter(|name| *name != "span class").cloned().collect();
        assert_eq!(own, known, "{text}");
        assert_eq!(all(&document, "script").len(), 1, "{text}");
        let shown: String = all(&document, "h1")[0].text().collect();
        assert!(
            !shown.chars().any(|c| c.is_control() && c != '\n' && c != '\t' || c == '\u{202e}'),
            "{shown:?}"
        );
    }
}

#[test]
fn ids_are_unique_and_links_lead_somewhere() {
    let document = parsed(&page("word").html());
    let ids: Vec<&str> = all(&document, "[id]").iter().filter_map(|one| one.attr("id")).collect();
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), unique.len(), "{ids:?}");
    for attribute in ["aria-labelledby", "aria-describedby", "for"] {
        for one in all(&document, &format!("[{attribute}]")) {
            let wanted = one.attr(attribute).unwrap_or_default();
            assert!(unique.contains(wanted), "{attribute} of nothing: {wanted}");
        }
    }
    for link in all(&document, "a[href]") {
        let target = link.attr("href").unwrap_or_default();
        match target.strip_prefix('#') {
            Some(id) => assert!(unique.contains(id), "a link to nothing: {target}"),
            None => assert_eq!(target, "https://doi.org/10.7554/eLife.76096"),
        }
    }
}

#[test]
fn nothing_is_loaded() {
    let html = page("word").html();
    let document = parsed(&html);
    for (selector, attribute) in [("[src]", "src"), ("link[href]", "href"), ("use[href]", "href")] {
        for one in all(&document, selector) {
            let source = one.attr(attribute).unwrap_or_default();
            assert!(source.starts_with("data:"), "{source}");
        }
    }
    for word in ["@import", "url(", "http://", "//cdn"] {
        assert!(!html.contains(word), "{word}");
    }
    let policy = all(&document, "meta[http-equiv]")[0].attr("content").unwrap_or_default();
    assert!(policy.starts_with("default-src 'none'") && policy.contains("script-src 'sha256-"), "{policy}");
}

#[test]
fn what_a_reader_without_eyes_needs_is_there() {
    let document = parsed(&page("word").html());
    assert_eq!(all(&document, "html")[0].attr("lang"), Some("en"));
    for landmark in ["header", "nav[aria-label]", "main#content", "footer", "a.skip[href='#content']"] {
        assert_eq!(all(&document, landmark).len(), 1, "{landmark}");
    }
    let levels: Vec<usize> = all(&document, "h1, h2, h3, h4")
        .iter()
        .map(|heading| usize::from(heading.value().name().as_bytes()[1] - b'0'))
        .collect();
    assert_eq!(levels.iter().map(|level| u32::from(*level == 1)).sum::<u32>(), 1);
    assert!(levels.windows(2).all(|two| two[1] <= two[0] + 1), "{levels:?}");
    for table in all(&document, "table") {
        let has =
            |selector: &str| table.select(&Selector::parse(selector).expect("a selector")).next().is_some();
        assert!(has("caption") && has("thead th[scope=col]") && has("tbody th[scope=row]"));
    }
    for drawing in all(&document, "[role=img], img") {
        let words = drawing.attr("aria-label").or(drawing.attr("alt")).unwrap_or_default();
        assert_eq!(words, "word");
    }
    for scrolls in all(&document, ".scroll") {
        assert!(scrolls.attr("tabindex").is_some() && scrolls.attr("aria-label").is_some());
    }
}

#[test]
fn the_same_page_has_the_same_bytes() {
    assert_eq!(page("word").html(), page("word").html());
    let later = Page { written: "Written on 2027-01-01T00:00:00Z".into(), ..page("word") };
    let (now, later) = (page("word").html(), later.html());
    let differing: Vec<&str> =
        now.lines().zip(later.lines()).filter(|(one, other)| one != other).map(|(one, _)| one).collect();
    assert_eq!(differing, ["<p class=\"written\">Written on 2026-01-01T00:00:00Z</p>"]);
}

#[test]
fn the_whole_of_a_small_page() {
    let html = page("word").html();
    let (_, body) = html.split_once("<body>").expect("a body");
    let (body, _) = body.split_once("<script>").expect("a script");
    insta::assert_snapshot!(body);
}

#[test]
fn a_mistake_would_be_noticed() {
    for wrong in ["<p>a<b></p>", "<p class=a class=b>", "a\u{0}", "<!doctype html><title>x</title></section>"]
    {
        assert!(!Html::parse_document(wrong).errors.is_empty(), "{wrong}");
    }
}

#[test]
fn the_policy_allows_the_script_that_is_there() {
    use base64::Engine;
    use sha2::Digest;
    let document = parsed(&page("word").html());
    let script: String = all(&document, "script")[0].text().collect();
    let own = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(script.as_bytes()));
    let policy = all(&document, "meta[http-equiv]")[0].attr("content").unwrap_or_default();
    assert!(policy.contains(&format!("'sha256-{own}'")), "{policy}");
}
