//! Draws sheets with the library `kuva`. Only the files of this folder know it: another library would change
//! only these.

mod colours;
mod heat_map;
mod layers;
mod layout;
mod legend_room;
mod names;
mod stack;

use kuva::backend::png::PngBackend;
use kuva::backend::svg::SvgBackend;
use kuva::render::figure::Figure;
use kuva::render::render::{Scene, render_multiple};

use self::layout::{SIZE, drawn};
use self::legend_room::beyond;
use self::names::escaped;
use crate::panel::Sheet;
use crate::shortened_text::shortened;

pub use self::colours::gradient;

/// The prefix of the library's ids of clip paths.
const CLIPS: &str = "kuva-clip-";

/// The drawing library failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the figure cannot be drawn: {0}")]
pub struct DrawError(String);

impl Sheet {
    /// Draws as SVG. The same sheet gives the same bytes.
    pub fn svg(&self) -> String {
        renumbered(&SvgBackend::new().render_scene(&scene(self)), CLIPS)
    }

    /// Draws as an `<svg>` element of a page, which scales. Its ids begin with `ids`, so that figures on one
    /// page do not share any.
    pub fn svg_element(&self, ids: &str) -> String {
        let scene = scene(self);
        let svg = renumbered(&SvgBackend::new().render_scene(&scene), ids);
        // With a view box it scales.
        svg.replacen("<svg ", &format!("<svg viewBox=\"0 0 {} {}\" ", scene.width, scene.height), 1)
    }

    /// Draws as PNG, with twice the SVG's size in pixels.
    ///
    /// # Errors
    /// The drawing library fails.
    pub fn png(&self) -> Result<Vec<u8>, DrawError> {
        PngBackend::new().with_scale(2.0).render_scene(&scene(self)).map_err(DrawError)
    }
}

/// Renumbers the ids of clip paths, which come from a counter of the whole process: so the same figure has
/// the same bytes. Each begins with `ids`.
fn renumbered(svg: &str, ids: &str) -> String {
    let mut numbers: Vec<&str> = Vec::new();
    let mut pieces = svg.split(CLIPS);
    let mut text = pieces.next().unwrap_or_default().to_string();
    for piece in pieces {
        let (number, rest) = piece.split_at(piece.find(|c: char| !c.is_ascii_digit()).unwrap_or(piece.len()));
        let at = numbers.iter().position(|known| *known == number).unwrap_or_else(|| {
            numbers.push(number);
            numbers.len() - 1
        });
        text += ids;
        text += &at.to_string();
        text += rest;
    }
    text
}

fn scene(sheet: &Sheet) -> Scene {
    if sheet.stacked {
        return stack::scene(sheet);
    }
    if let [panel] = sheet.panels.as_slice() {
        let (plots, layout) = drawn(panel);
        return render_multiple(plots, layout);
    }
    let columns = sheet.columns.clamp(1, sheet.panels.len().max(1));
    let (mut width, mut height) = (0.0_f64, 0.0_f64);
    let (mut plots, mut layouts) = (Vec::new(), Vec::new());
    for panel in &sheet.panels {
        let (wide, high) = panel.size.unwrap_or(SIZE);
        (width, height) = (width.max(wide + beyond(panel)), height.max(high));
        let (layers, layout) = drawn(panel);
        plots.push(layers);
        layouts.push(layout);
    }
    Figure::new(sheet.panels.len().div_ceil(columns), columns)
        .with_plots(plots)
        .with_layouts(layouts)
        .with_cell_size(width, height)
        .with_title(escaped(&shortened(&sheet.title, 110)))
        .with_title_size(17)
        .with_keep_panel_legends()
        .render()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panel::{Axis, Boxes, Dashes, Heat, Layer, Line, Note, Panel, Reference, Scale};
    use crate::style;

    fn panel() -> Panel {
        Panel {
            title: "<script>alert(1)</script> & $x^2$".into(),
            layers: vec![
                Layer::Line(Line {
                    points: vec![(1.0, 2.0), (2.0, 4.0)],
                    colour: style::colour(0),
                    width: 2.0,
                    dashes: Dashes::Dashed,
                    legend: Some("one".into()),
                }),
                Layer::Reference(Reference {
                    value: 3.0,
                    horizontal: true,
                    label: "three".into(),
                    dashes: Dashes::Dashed,
                }),
                Layer::Note(Note { at: (1.5, 2.5), text: "here".into() }),
            ],
            ..Panel::default()
        }
    }

    #[test]
    fn the_same_sheet_has_the_same_bytes_and_texts_stay_texts() {
        let sheet =
            Sheet { title: "two".into(), panels: vec![panel(), panel()], columns: 2, ..Sheet::default() };
        let svg = sheet.svg();
        assert_eq!(svg, sheet.svg());
        assert!(!svg.contains("<script>") && svg.contains("$x^2$"), "{svg}");
        assert!(svg.contains("three") && svg.contains("here") && svg.contains("one"));
        let element = sheet.svg_element("figure-1-clip-");
        assert!(element.contains("\"figure-1-clip-0\"") && !element.contains("kuva-clip-"), "{element}");
        assert!(element.starts_with("<svg viewBox=\"0 0 "), "{element}");
        assert!(sheet.png().is_ok_and(|bytes| bytes.starts_with(b"\x89PNG")));
    }

    #[test]
    fn groups_without_values_and_heat_without_numbers_are_drawn() {
        let names = Scale::Categories(["a", "b", "c"].map(String::from).to_vec());
        let boxes = Boxes {
            groups: vec![vec![], vec![1.0, 2.0], vec![1.0, 1.0, 1.0, 1.0, 1.0, 1.0]],
            colours: vec![style::colour(0); 3],
        };
        let heat = Heat {
            rows: vec![vec![f64::NAN, 1.0, 2.0], vec![0.5, f64::NAN, 0.1], vec![f64::NAN; 3]],
            label: "clarity".into(),
            marked: Some((1, 0)),
        };
        for (layer, y) in [(Layer::Boxes(boxes), Scale::Linear), (Layer::Heat(heat), names.clone())] {
            let axis = |scale: &Scale| Axis { label: "axis".into(), scale: scale.clone(), ends: None };
            let panel = Panel { x: axis(&names), y: axis(&y), layers: vec![layer], ..Panel::default() };
            let svg = Sheet::of(panel).svg();
            assert!(svg.contains("axis") && !svg.contains("NaN"), "{svg}");
        }
    }
}
