//! What to draw when nobody says.

use gainsweep_contract::Value;

use super::{Over, Request, Scale, levels, position};
use crate::results::Results;

/// Points of which violins are still told apart.
const FEW: usize = 16;

/// The metric over the first axis of numbers (else the first axis), one series for each value of the others,
/// logarithmic where the values span a lot; a heat map where two axes have several numbers; the single contexts and the
/// losses, where cells have them; how the cells stand, where some are missing. Without an axis besides the replicates'
/// there is nothing to draw a metric over.
pub fn sensible(results: &Results, metric: usize) -> Vec<Request> {
    let axes = results.point_axes();
    let varied: Vec<usize> = axes.iter().copied().filter(|axis| levels(results, *axis).len() > 1).collect();
    let numeric = |axis: &usize| levels(results, *axis).iter().all(|value| position(value).is_some());
    let over = varied.iter().copied().find(numeric).or(varied.first().copied()).or(axes.first().copied());
    let mut requests = Vec::new();
    if let Some(over) = over {
        let by = varied.iter().copied().find(|axis| *axis != over);
        let axes = Over { over, by, scale: scale(&levels(results, over)) };
        requests.push(Request::Line { metric, axes });
        if results.points().len() <= FEW {
            let column = results.metrics[metric].clone();
            requests.push(Request::Violin { column, axes, references: Vec::new() });
        }
        let numbers: Vec<usize> = varied.iter().copied().filter(numeric).collect();
        if let [over, by, ..] = numbers.as_slice()
            && levels(results, *over).len().min(levels(results, *by).len()) > 2
        {
            requests.push(Request::HeatMap { metric, over: *over, by: *by });
        }
    }
    requests.push(Request::History { column: "loss".into(), by: over, scale: Scale::Log });
    if results.missing() > 0 {
        requests.push(Request::Status);
    }
    requests
}

fn scale(values: &[Value]) -> Scale {
    let numbers: Vec<f64> = values.iter().filter_map(Value::as_number).collect();
    let smallest = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let largest = numbers.iter().copied().fold(0.0, f64::max);
    let wide = numbers.len() > 2 && smallest > 0.0 && largest / smallest >= 30.0;
    if wide { Scale::Log } else { Scale::Linear }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::example;

    #[test]
    fn lines_violins_losses_and_what_is_missing() {
        let axes = Over { over: 0, by: Some(1), scale: Scale::Log };
        assert_eq!(
            sensible(&example(), 0),
            [
                Request::Line { metric: 0, axes },
                Request::Violin { column: "clarity".into(), axes, references: Vec::new() },
                Request::History { column: "loss".into(), by: Some(0), scale: Scale::Log },
                Request::Status,
            ]
        );
    }
}
