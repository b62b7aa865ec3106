//! Tidy results: one row a cell.

use gainsweep_contract::{CellState, Value};

use crate::metric_texts::Measured;
use crate::statistics::{Interval, Summary, summarise_with};

/// The results of a sweep so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Results {
    /// The names of the axes.
    pub axes: Vec<String>,
    /// The axis that statistics are taken over, as a position in `axes`.
    pub replicate: Option<usize>,
    /// How the intervals of means are computed.
    pub interval: Interval,
    /// The names of all metrics, in the order in which they are first seen.
    pub metrics: Vec<String>,
    /// One row a cell, in the order of the sweep, the missing ones included.
    pub rows: Vec<Row>,
}

/// One cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The cell's id.
    pub cell: String,
    /// Its values on the axes.
    pub axes: Vec<Value>,
    /// Its state.
    pub state: CellState,
    /// Is it done? Only then its metrics count.
    pub done: bool,
    /// How often it was tried.
    pub attempts: usize,
    /// The metrics as the worker wrote them, parallel to [`Results::metrics`]; may be shorter.
    pub metrics: Measured,
}

/// The cells that differ only on the replicate axis.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Point {
    /// The values on the other axes: parallel to [`Results::point_axes`].
    pub axes: Vec<Value>,
    /// Positions of its cells in [`Results::rows`].
    pub rows: Vec<usize>,
    /// How many of them are not done.
    pub missing: usize,
    /// How many of these ended in a way that a person should look at.
    pub failed: usize,
    /// How many of these were begun and have not ended by themselves: they run, or were interrupted.
    pub unfinished: usize,
}

impl Point {
    fn take(&mut self, position: usize, row: &Row) {
        self.rows.push(position);
        self.missing += usize::from(!row.done);
        self.failed += usize::from(!row.done && row.state.is_failure());
        self.unfinished += usize::from(!row.done && row.state.is_begun());
    }
}

impl Row {
    /// A metric as a number; `None` if the cell is not done or it is not a number.
    pub fn number(&self, metric: usize) -> Option<f64> {
        if self.done { number(self.metrics.get(metric)?) } else { None }
    }
}

/// A field as a number.
fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}

impl Results {
    /// How many cells are not done.
    pub fn missing(&self) -> usize {
        self.rows.iter().filter(|row| !row.done).count()
    }

    /// The position of a metric.
    pub fn metric(&self, name: &str) -> Option<usize> {
        self.metrics.iter().position(|metric| metric == name)
    }

    /// The position of an axis.
    pub fn axis(&self, name: &str) -> Option<usize> {
        self.axes.iter().position(|axis| axis == name)
    }

    /// The metrics with a finite number in some done cell.
    pub fn numeric_metrics(&self) -> Vec<usize> {
        let finite = |metric| self.rows.iter().any(|row| row.number(metric).is_some_and(f64::is_finite));
        (0..self.metrics.len()).filter(|metric| finite(*metric)).collect()
    }

    /// The axes of points: all but the replicate axis, as positions.
    pub fn point_axes(&self) -> Vec<usize> {
        (0..self.axes.len()).filter(|axis| Some(*axis) != self.replicate).collect()
    }

    /// The points, in the order of the sweep.
    pub fn points(&self) -> Vec<Point> {
        let axes = self.point_axes();
        let mut points: Vec<Point> = Vec::new();
        let mut known = std::collections::HashMap::new();
        for (position, row) in self.rows.iter().enumerate() {
            // The cells of a point are neighbours in nearly all sweeps.
            if let Some(last) = points.last_mut()
                && axes.iter().zip(&last.axes).all(|(axis, value)| row.axes[*axis] == *value)
            {
                last.take(position, row);
                continue;
            }
            let key: Vec<String> = axes.iter().map(|axis| row.axes[*axis].canonical()).collect();
            let at = *known.entry(key).or_insert_with(|| {
                let values = axes.iter().map(|axis| row.axes[*axis].clone()).collect();
                points.push(Point { axes: values, ..Point::default() });
                points.len() - 1
            });
            points[at].take(position, row);
        }
        points
    }

    /// The finite values of a metric at a point, in the order of its cells.
    pub fn values(&self, point: &Point, metric: usize) -> Vec<f64> {
        let numbers = point.rows.iter().filter_map(|row| self.rows[*row].number(metric));
        numbers.filter(|number| number.is_finite()).collect()
    }

    /// The summary of a metric over the replicates of a point.
    pub fn summary(&self, point: &Point, metric: usize) -> Option<Summary> {
        summarise_with(self.interval, self.values(point, metric))
    }

    /// The same for several metrics; reads each row once.
    pub fn summaries(&self, point: &Point, metrics: &[usize]) -> Vec<Option<Summary>> {
        let mut values: Vec<Vec<f64>> = vec![Vec::with_capacity(point.rows.len()); self.metrics.len()];
        let mut wanted = vec![false; self.metrics.len()];
        for metric in metrics {
            wanted[*metric] = true;
        }
        for row in point.rows.iter().map(|row| &self.rows[*row]).filter(|row| row.done) {
            for ((text, values), _) in
                row.metrics.iter().zip(&mut values).zip(&wanted).filter(|(_, wanted)| **wanted)
            {
                values.extend(text.and_then(number).filter(|number| number.is_finite()));
            }
        }
        // A metric that is requested twice is returned twice.
        metrics.iter().map(|metric| summarise_with(self.interval, values[*metric].iter().copied())).collect()
    }
}

/// Results for tests: `tau` x `input` x `seed`, clarity falling with tau, one cell failed, one not a number.
#[cfg(test)]
pub(crate) fn example() -> Results {
    let mut rows = Vec::new();
    for (t, tau) in [1.0, 10.0, 100.0].into_iter().enumerate() {
        for (i, input) in ["xy", "x"].into_iter().enumerate() {
            for seed in 1..=3_i64 {
                let failed = t == 2 && i == 1 && seed == 2;
                let wobble = [0.004, -0.002, 0.001][(seed - 1) as usize] * (1.0 + t as f64);
                let clarity = 0.97 - 0.03 * t as f64 - 0.02 * i as f64 + wobble;
                let loss =
                    if t == 0 && seed == 3 { "nan".to_string() } else { format!("{:.2}e1", 1.0 + t as f64) };
                rows.push(Row {
                    cell: format!("{:016x}", rows.len()),
                    axes: vec![Value::Float(tau), Value::Text(input.into()), Value::Integer(seed)],
                    state: if failed { CellState::Failed } else { CellState::Done },
                    done: !failed,
                    attempts: if failed { 2 } else { 1 },
                    metrics: if failed {
                        Measured::default()
                    } else {
                        vec![Some(format!("{clarity:.4}")), Some(loss)].into()
                    },
                });
            }
        }
    }
    Results {
        axes: ["tau", "modulator_input", "seed"].map(String::from).to_vec(),
        replicate: Some(2),
        interval: Interval::StudentT,
        metrics: ["clarity", "loss"].map(String::from).to_vec(),
        rows,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_leave_the_replicate_axis_out_and_count_what_is_missing() {
        let results = example();
        let points = results.points();
        assert_eq!(points.len(), 6);
        assert_eq!(points.iter().map(|point| point.missing).collect::<Vec<_>>(), [0, 0, 0, 0, 0, 1]);
        assert_eq!((points[5].failed, points[5].unfinished), (1, 0));
        assert_eq!(results.values(&points[5], 0).len(), 2);
        let each = [1, 0].map(|metric| results.summary(&points[5], metric));
        assert_eq!(results.summaries(&points[5], &[1, 0]), each);
        assert_eq!(results.summary(&points[0], 1).map(|summary| summary.n), Some(2), "nan does not count");
    }

    #[test]
    fn without_a_replicate_axis_every_cell_is_a_point() {
        let results = Results { replicate: None, ..example() };
        assert_eq!(results.points().len(), 18);
    }
}
