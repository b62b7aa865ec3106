//! Mode `forward`: one pass, every trace, one gradient.

use gainsweep_model::engine::TraceRequest;
use gainsweep_model::{Array, Arrays};

use super::{AnyEngine, Case, Replayed};

pub(super) fn replay(case: &Case, engine: AnyEngine<'_>) -> Replayed {
    let batch = case.batch(
        case.input_of("in.sources", 2)?.clone(),
        case.input_of("in.mixing", 3)?.clone(),
        case.input_of("in.noise", 3)?.clone(),
    )?;
    let state = case.state(batch.trials())?;
    let request = TraceRequest { record: &case.network.traces(), freeze_steps: 0 };
    let trace = engine.trace(&case.weights, &state, &batch, request)?;
    let gradient = engine.gradient(&case.weights, &state, &batch, case.number("lambda_reg")?)?;
    let mut arrays: Arrays =
        trace.traces.into_iter().map(|(name, array)| (format!("out.{name}"), array)).collect();
    arrays.extend(gradient.gradients.into_iter().map(|(name, array)| (format!("grad.{name}"), array)));
    arrays.insert("loss".into(), Array::scalar(gradient.loss as f32));
    arrays.insert("reg".into(), Array::scalar(gradient.regulariser as f32));
    Ok(arrays)
}
