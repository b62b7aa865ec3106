//! A figure with its texts, before it is drawn.

use gainsweep_draw::Sheet;

use super::cell_columns::CellColumns;
use super::description;
use super::labels::Labels;
use super::request::{Arranged, Data, FigureError, Request};
use crate::formatting::one_line;
use crate::results::Results;

/// A figure before it is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    pub(super) sheet: Sheet,
    /// What it shows, in a sentence.
    pub caption: String,
    /// The numbers that it shows, as text, for readers who cannot see it.
    pub alternative: String,
    /// Messages about what could not be drawn as requested.
    pub notes: Vec<String>,
}

impl Figure {
    /// The figure as SVG. The same figure gives the same bytes.
    pub fn svg(&self) -> String {
        self.sheet.svg()
    }

    /// The figure as an `<svg>` element of a page, without the title: the page has it. Its ids begin with
    /// `ids`.
    pub fn svg_element(&self, ids: &str) -> String {
        let mut sheet = self.sheet.clone();
        match sheet.panels.as_mut_slice() {
            [panel] => panel.title.clear(),
            _ => sheet.title.clear(),
        }
        sheet.svg_element(ids)
    }

    /// The figure as PNG, with twice the SVG's size in pixels.
    ///
    /// # Errors
    /// [`FigureError::Draw`] if the library fails.
    pub fn png(&self) -> Result<Vec<u8>, FigureError> {
        Ok(self.sheet.png()?)
    }
}

impl Request {
    /// The figure of these results.
    ///
    /// # Errors
    /// There is nothing to draw, or too much of it.
    pub fn figure(
        &self,
        results: &Results,
        columns: &CellColumns,
        labels: &Labels,
    ) -> Result<Figure, FigureError> {
        let data = Data { results, columns, labels };
        let arranged = self.0.arrange(&data)?;
        let caption = description::caption(results, &arranged);
        let Arranged { mut sheet, notes, .. } = arranged;
        let alternative = description::alternative(&caption, &sheet);
        let missing = results.missing();
        let title = one_line(&labels.title);
        if let [panel] = sheet.panels.as_mut_slice() {
            panel.title = title;
            if missing > 0 {
                let absent = format!("; {missing} of {} cells missing", results.rows.len());
                panel.subtitle.push_str(&absent);
            }
        } else {
            let absent = format!(" ({missing} of {} cells missing)", results.rows.len());
            sheet.title = if missing > 0 { title + &absent } else { title };
        }
        Ok(Figure { sheet, caption, alternative, notes })
    }
}
