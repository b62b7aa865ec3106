//! A demo's findings as a table, or as JSON.

use std::io::Write;
use std::path::Path;

use gainsweep_model::metrics;

use super::DemoName;
use super::lines::Line;
use crate::failure::Failure;

/// The findings of a demo.
pub(super) struct Report<'a> {
    pub(super) demo: DemoName,
    /// The network's file.
    pub(super) network: &'a Path,
    pub(super) metrics: &'a [(String, f64)],
    /// Names of the figures.
    pub(super) figures: &'a [&'a str],
}

impl Report<'_> {
    pub(super) fn print(&self, json: bool) -> Result<(), Failure> {
        let mut out = std::io::stdout().lock();
        if json {
            writeln!(out, "{}", self.json())?;
        } else {
            write!(out, "{}", self.table())?;
        }
        Ok(())
    }

    fn json(&self) -> serde_json::Value {
        let findings: Vec<serde_json::Value> = self
            .demo
            .lines()
            .iter()
            .map(|line| {
                let known = |text: &str| (!text.is_empty()).then(|| text.to_string());
                serde_json::json!({
                    "metric": line.metric,
                    "words": line.words.trim(),
                    "value": metrics::of(self.metrics, line.metric),
                    "sd": line.spread.map(|name| metrics::of(self.metrics, name)),
                    "published_network": known(line.published),
                    "paper": known(line.paper),
                })
            })
            .collect();
        serde_json::json!({
            "demo": self.demo.words(),
            "network": self.network.display().to_string(),
            "findings": findings,
            "figures": self.figures,
        })
    }

    fn table(&self) -> String {
        let header = ["finding", "here", "published network", "paper"].map(String::from);
        let absent = |text: &str| if text.is_empty() { "-".to_string() } else { text.to_string() };
        let rows = self.demo.lines().iter().map(|line| {
            [line.words.to_string(), self.value(line), absent(line.published), absent(line.paper)]
        });
        let rows: Vec<[String; 4]> = std::iter::once(header).chain(rows).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let [first, second, third] = [0, 1, 2].map(width);
        let lines = rows.iter().map(|[finding, here, published, paper]| {
            format!("{finding:first$}  {here:second$}  {published:third$}  {paper}\n")
        });
        format!(
            "{}\nnetwork: {}\n\n{}\npublished network: the authors' own, measured with their code in other contexts; \
             paper: its text\n",
            self.demo.claim(),
            self.network.display(),
            lines.collect::<String>()
        )
    }

    fn value(&self, line: &Line) -> String {
        let value = metrics::of(self.metrics, line.metric);
        let digits = line.digits;
        if value.is_nan() {
            return "not defined".into();
        }
        // A number that would round to zero.
        if value != 0.0 && value.abs() < 0.5 / 10f64.powf(digits as f64) {
            return format!("{value:.0e}");
        }
        match line.spread.map(|name| metrics::of(self.metrics, name)) {
            Some(spread) if spread.is_finite() => format!("{value:.digits$} (sd {spread:.digits$})"),
            _ => format!("{value:.digits$}"),
        }
    }
}
