//! Failures on a terminal, in the style of rustc.

use std::io::IsTerminal;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use gainsweep_contract::environment;
use gainsweep_language::Diagnostic;

use crate::screen::failure::{self, BadSweep, Failure};

/// Should stderr have colours?
pub(crate) fn colours() -> bool {
    colours_on(&std::io::stderr())
}

/// Should this stream have colours?
pub(crate) fn colours_on(stream: &impl IsTerminal) -> bool {
    let refused = std::env::var_os(environment::NO_COLOR).is_some_and(|value| !value.is_empty());
    stream.is_terminal() && !refused
}

/// The failure as text for stderr; `None` if there is nothing to print.
pub(crate) fn text(failure: &Failure, colours: bool) -> Option<String> {
    let renderer = if colours { Renderer::styled() } else { Renderer::plain() };
    match failure {
        Failure::Sweep(bad) => Some(sweep(bad, &renderer)),
        Failure::User { message, hint } => Some(plain(message, hint.as_deref(), &renderer)),
        Failure::System(error) => {
            let words = failure::words(error);
            Some(plain(&words, failure::about_limits(&words), &renderer))
        }
        Failure::NobodyReads => None,
    }
}

/// The failure in one line, for records.
pub(crate) fn plain_text(failure: &Failure) -> String {
    match failure {
        Failure::Sweep(bad) => format!("{} mistakes in {}", bad.diagnostics.len(), bad.path.display()),
        Failure::User { message, .. } => message.clone(),
        Failure::System(error) => failure::words(error),
        Failure::NobodyReads => String::new(),
    }
}

fn plain(message: &str, hint: Option<&str>, renderer: &Renderer) -> String {
    let mut group = Group::with_title(Level::ERROR.primary_title(message));
    if let Some(hint) = hint {
        group = group.element(Level::NOTE.no_name().message(hint));
    }
    renderer.render(&[group])
}

fn sweep(bad: &BadSweep, renderer: &Renderer) -> String {
    let path = bad.path.to_string_lossy();
    let shown: Vec<String> =
        bad.diagnostics.iter().map(|problem| diagnostic(problem, &path, &bad.text, renderer)).collect();
    let count = bad.diagnostics.len();
    let errors = if count == 1 { "1 error".into() } else { format!("{count} errors") };
    format!("{}\n{errors}; nothing was planned", shown.join("\n\n"))
}

fn diagnostic(problem: &Diagnostic, path: &str, text: &str, renderer: &Renderer) -> String {
    let mut group = Group::with_title(Level::ERROR.primary_title(problem.message.as_str()));
    if let Some(span) = &problem.span {
        let mut main = AnnotationKind::Primary.span(inside(span, text));
        if let Some(label) = &problem.label {
            main = main.label(label.as_str());
        }
        let mut snippet = Snippet::source(text).path(path).line_start(1).annotation(main);
        if let Some(also) = &problem.also {
            snippet = snippet.annotation(
                AnnotationKind::Context.span(inside(&also.span, text)).label(also.label.as_str()),
            );
        }
        group = group.element(snippet);
    } else {
        group = group.element(Origin::path(path));
    }
    if let Some(hint) = &problem.hint {
        group = group.element(Level::NOTE.no_name().message(hint.as_str()));
    }
    renderer.render(&[group])
}

/// A span that surely lies inside the text, so that a bug of ours never hides a user's mistake.
fn inside(span: &Range<usize>, text: &str) -> Range<usize> {
    let start = text.floor_char_boundary(span.start);
    let end = text.ceil_char_boundary(span.end.max(span.start));
    start..end
}
