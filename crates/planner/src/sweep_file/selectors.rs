//! Selects cells by the beginning of an id, `tau=100`, or `modulator_input=x,xy`.

use std::collections::{BTreeMap, HashSet};

use gainsweep_contract::schema::{self, nearest};
use gainsweep_contract::{CellState, Value};
use gainsweep_language::{Cell, Sweep};
use rayon::prelude::*;

use crate::screen::failure::Failure;

/// A selection of cells. Values of one parameter are alternatives; different parameters must all match;
/// beginnings of ids are alternatives, too.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    /// The places of the cells that are named by beginnings of their ids; `None` without such words.
    named: Option<HashSet<u64>>,
    /// By parameter or axis: the canonical spellings of its values.
    values: BTreeMap<String, Vec<String>>,
    states: Vec<CellState>,
}

impl Selection {
    /// Reads selectors; without any, all cells are selected.
    ///
    /// # Errors
    /// A beginning of an id that matches no cell or several, a name that no cell has, a state that does not exist.
    pub(crate) fn read(sweep: &Sweep, words: &[String]) -> Result<Selection, Failure> {
        let mut selection = Selection::default();
        let mut beginnings = Vec::new();
        for word in words {
            let Some((name, values)) = word.split_once('=') else {
                beginnings.push(word);
                continue;
            };
            let name = name.trim();
            // Unless the sweep has a parameter of that name.
            if name == "state" && check_name(sweep, name).is_err() {
                for state in values.split(',') {
                    selection.states.push(state_named(state.trim())?);
                }
                continue;
            }
            check_name(sweep, name)?;
            let values = values.split(',').map(|value| read_value(value.trim()).canonical());
            selection.values.entry(name.into()).or_default().extend(values);
        }
        if !beginnings.is_empty() {
            selection.named = Some(named(sweep, &beginnings)?);
        }
        Ok(selection)
    }

    /// Is the cell at that place selected, if its state is?
    pub(crate) fn fits(&self, sweep: &Sweep, index: u64) -> bool {
        let is_named = self.named.as_ref().is_none_or(|named| named.contains(&index));
        is_named && (self.values.is_empty() || self.fits_values(sweep, &sweep.cell(index)))
    }

    fn fits_values(&self, sweep: &Sweep, cell: &Cell) -> bool {
        self.values.iter().all(|(name, wanted)| {
            let on_axis = sweep.axis(name).and_then(|axis| cell.axes[axis].as_ref());
            let value = on_axis.or_else(|| cell.parameters.get(name));
            value.is_some_and(|value| wanted.contains(&value.canonical()))
        })
    }

    /// Of these places those that are selected, in whatever state their cells are.
    pub(crate) fn places(&self, sweep: &Sweep, among: Vec<u64>) -> Vec<u64> {
        among.into_par_iter().filter(|index| self.fits(sweep, *index)).collect()
    }

    /// The parameters and axes that it selects by; `None` if it selects by ids or states.
    pub(crate) fn names(&self) -> Option<impl Iterator<Item = &str>> {
        let by_values = self.named.is_none() && self.states.is_empty();
        by_values.then(|| self.values.keys().map(String::as_str))
    }

    /// Are all cells selected, whatever they are?
    pub(crate) fn is_all(&self) -> bool {
        self.named.is_none() && self.values.is_empty() && self.states.is_empty()
    }

    /// Does it depend on the states of cells?
    pub(crate) fn asks_for_states(&self) -> bool {
        !self.states.is_empty()
    }

    /// Does the selection allow cells in that state?
    pub(crate) fn fits_state(&self, state: CellState) -> bool {
        self.states.is_empty() || self.states.contains(&state)
    }
}

/// The state that a person means: `oom`, `out_of_memory`, `failed`.
///
/// # Errors
/// There is no such state.
pub(crate) fn state_named(typed: &str) -> Result<CellState, Failure> {
    CellState::named(typed).ok_or_else(|| {
        let all = CellState::ALL.map(CellState::key);
        let message = format!("there is no state `{typed}`");
        match nearest(typed, all.iter().map(String::as_str)) {
            Some(near) => Failure::user_hint(message, format!("did you mean `{near}`?")),
            None => Failure::user_hint(message, format!("the states are {}", all.join(", "))),
        }
    })
}

/// A value as in TOML; anything else is a text.
pub(crate) fn read_value(text: &str) -> Value {
    let table = format!("x = {text}").parse::<toml::Table>().ok().filter(|table| table.len() == 1);
    let value = table.and_then(|table| Value::try_from(&table["x"]).ok());
    value.unwrap_or_else(|| Value::Text(text.into()))
}

fn check_name(sweep: &Sweep, name: &str) -> Result<(), Failure> {
    let built_in = sweep.worker.is_none() && schema::find(name).is_some();
    let known = |name: &str| sweep.count() > 0 && sweep.cell(0).parameters.contains_key(name);
    if built_in || sweep.axis(name).is_some() || known(name) {
        return Ok(());
    }
    let axes = sweep.axes().iter().map(|axis| axis.name.as_str());
    let parameters = schema::PARAMETERS.iter().map(|parameter| parameter.name);
    let near =
        if sweep.worker.is_none() { nearest(name, axes.chain(parameters)) } else { nearest(name, axes) };
    let message = format!("no cell of the sweep has a parameter `{name}`");
    Err(match near {
        Some(near) => Failure::user_hint(message, format!("did you mean `{near}`?")),
        None => Failure::user(message),
    })
}

/// The failure if no cell matches.
pub(crate) fn none(words: &[String]) -> Failure {
    Failure::user_hint(
        format!("no cell of the sweep matches `{}`", words.join(" ")),
        "`gainsweep check FILE` shows the values of each axis",
    )
}

/// The places of the cells whose ids begin so, one for each beginning.
///
/// # Errors
/// No cell's id does, or more than one.
fn named(sweep: &Sweep, beginnings: &[&String]) -> Result<HashSet<u64>, Failure> {
    let mut ids: Vec<_> =
        (0..sweep.count()).into_par_iter().map(|index| (sweep.id(index).digits(), index)).collect();
    ids.par_sort_unstable();
    let place = |beginning: &&String| {
        let wanted = beginning.to_lowercase();
        let first = ids.partition_point(|(id, _)| id.as_slice() < wanted.as_bytes());
        let mut found = ids[first..].iter().take_while(|(id, _)| id.starts_with(wanted.as_bytes()));
        match (found.next(), found.next()) {
            (Some((_, index)), None) => Ok(*index),
            (Some(_), Some(_)) => Err(Failure::user_hint(
                format!("more than one cell's id begins with `{beginning}`"),
                "type more of the id",
            )),
            (None, _) => Err(Failure::user_hint(
                format!("no cell of the sweep has an id that begins with `{beginning}`"),
                "`gainsweep cells FILE` lists the cells with their ids",
            )),
        }
    };
    beginnings.iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_one_parameter_are_alternatives_and_parameters_go_together() {
        let text = "[grid]\ntau = [1, 10, 100]\nmodulator_input = [\"x\", \"xy\"]\n[replicates]\nseed = 2\n";
        let sweep = gainsweep_language::parse(text).expect("a sweep");
        let count = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(ToString::to_string).collect();
            let selection = Selection::read(&sweep, &words).map_err(|failure| format!("{failure:?}"))?;
            Ok::<_, String>(selection.places(&sweep, (0..sweep.count()).collect()).len())
        };
        assert_eq!(count(&[]), Ok(12));
        assert_eq!(count(&["tau=1.0"]), Ok(4));
        assert_eq!(count(&["tau=1,1e2", "modulator_input=x"]), Ok(4));
        assert_eq!(count(&["tau=1", "tau=10", "seed=2", "batches=10000"]), Ok(4));
        let id = sweep.cell(3).id.to_string();
        assert_eq!(count(&[&id]), Ok(1));
        assert_eq!(count(&[&id[..7].to_uppercase(), &sweep.cell(5).id.to_string()]), Ok(2));
        assert_eq!(count(&[&id, "tau=100"]), Ok(0), "cell 3 has tau = 1");
        assert_eq!(count(&["tau=5"]), Ok(0));
        for wrong in ["tua=1", "zzz", "", "state=fialed", &format!("{id}0")] {
            assert!(count(&[wrong]).is_err(), "{wrong}");
        }
        assert_eq!(count(&["state=oom,new", "tau=1"]), Ok(4), "states are another matter");
        let selection = Selection::read(&sweep, &["state=oom,new".to_string()]).expect("right");
        let fitting = [CellState::OutOfMemory, CellState::New, CellState::Done]
            .map(|state| selection.fits_state(state));
        assert_eq!(fitting, [true, true, false]);
    }
}
